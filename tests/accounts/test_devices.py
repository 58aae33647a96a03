"""A signed-in browser is named by two words, and nothing else of what it says is kept."""

import pytest

from logbook.accounts import devices, queries
from tests import factories

LIKE = "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) {}"
CHROME = "Chrome/120.0.0.0 Safari/537.36"
ANDROID = "Linux; Android 14; ALN-AL00"
WINDOWS, LINUX = "Windows NT 10.0; Win64; x64", "X11; Linux x86_64"


@pytest.mark.parametrize(
    ("system", "browser", "said"),
    [
        (ANDROID, "Version/4.0 Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.49", "手机，微信"),
        (ANDROID, "Chrome/114.0 Mobile Safari/537.36", "手机，Chrome"),
        (ANDROID, "Chrome/114.0 HuaweiBrowser/15.0 Mobile Safari/537.36", "手机，华为浏览器"),
        (ANDROID, "Chrome/109.0 Mobile Safari/537.36 XiaoMi/MiuiBrowser/18.5", "手机，小米浏览器"),
        (ANDROID, "Chrome/100.0 UCBrowser/16.3 Mobile Safari/537.36", "手机，UC浏览器"),
        ("iPhone; CPU iPhone OS 17_5 like Mac OS X", "Version/17.5 Mobile/15E148 Safari/604.1", "手机，Safari"),
        ("iPhone; CPU iPhone OS 17_5 like Mac OS X", "CriOS/125.0 Mobile/15E148 Safari/604.1", "手机，Chrome"),
        ("iPad; CPU OS 17_5 like Mac OS X", "Version/17.5 Mobile/15E148 Safari/604.1", "平板电脑，Safari"),
        ("Phone; OpenHarmony 5.0", "Chrome/114.0 Safari/537.36 ArkWeb/4.1 Mobile", "手机，Chrome"),
        (WINDOWS, CHROME, "Windows，Chrome"),
        (WINDOWS, f"{CHROME} Edg/120.0", "Windows，Edge"),
        (WINDOWS, f"{CHROME} QIHU 360SE", "Windows，360浏览器"),
        (WINDOWS, f"{CHROME} QQBrowser/11.9", "Windows，QQ浏览器"),
        (WINDOWS, f"{CHROME} SE 2.X MetaSr 1.0", "Windows，搜狗浏览器"),
        (WINDOWS, "Gecko/20100101 Firefox/125.0", "Windows，Firefox"),
        (WINDOWS, f"{CHROME} OPR/106.0", "Windows，Opera"),
        ("Macintosh; Intel Mac OS X 10_15_7", "Version/17.4 Safari/605.1.15", "macOS，Safari"),
        (LINUX, CHROME, "Linux，Chrome"),
        ("X11; Linux aarch64; UOS", f"{CHROME} UOS/20", "统信UOS，Chrome"),
        ("X11; Linux loongarch64; Kylin", f"{CHROME} QihooBrowser/10", "麒麟，360浏览器"),
        ("", "curl/8.5", "其他设备，其他浏览器"),
    ],
)
def test_a_browser_is_named_by_two_words(app, system, browser, said):
    with app.test_request_context():
        assert devices.shown(devices.device(LIKE.format(system, browser))) == said


def test_nothing_else_is_kept_or_shown(client):
    person = factories.office(sign_in_name="ban")
    body = {"sign_in_name": "ban", "password": factories.PASSWORD}
    browser = client()
    browser.post("/sign-in", body, headers={"User-Agent": LIKE.format(WINDOWS, CHROME)})
    assert [one.device for one in queries.open_sessions(person)] == ["windows chrome"]
    page = browser.get("/me").text
    assert "Windows，Chrome" in page
    assert "AppleWebKit" not in page
