"""What a signed-in browser is called in the list of one's own devices: two words are kept of what it says of itself."""

from flask_babel import gettext as _

from logbook.db import N_, Word


class Machine(Word):
    PHONE = "phone", N_("手机")
    TABLET = "tablet", N_("平板电脑")
    UOS = "uos", N_("统信UOS")
    KYLIN = "kylin", N_("麒麟")
    WINDOWS = "windows", "Windows"
    MAC = "mac", "macOS"
    LINUX = "linux", "Linux"
    OTHER = "other", N_("其他设备")


class Browser(Word):
    WECHAT = "wechat", N_("微信")
    DINGTALK = "dingtalk", N_("钉钉")
    QQ = "qq", N_("QQ浏览器")
    S360 = "360", N_("360浏览器")
    SOGOU = "sogou", N_("搜狗浏览器")
    UC = "uc", N_("UC浏览器")
    HUAWEI = "huawei", N_("华为浏览器")
    XIAOMI = "xiaomi", N_("小米浏览器")
    EDGE = "edge", "Edge"
    OPERA = "opera", "Opera"
    FIREFOX = "firefox", "Firefox"
    CHROME = "chrome", "Chrome"
    SAFARI = "safari", "Safari"
    OTHER = "other", N_("其他浏览器")


# What stands in the user agent, the more particular first: most browsers also call themselves Chrome and Safari.
_MACHINES = (
    ("iPad", Machine.TABLET), ("Tablet", Machine.TABLET), ("iPhone", Machine.PHONE), ("Mobile", Machine.PHONE),
    ("Android", Machine.TABLET), ("OpenHarmony", Machine.TABLET), ("UOS", Machine.UOS), ("Kylin", Machine.KYLIN),
    ("Windows", Machine.WINDOWS), ("Macintosh", Machine.MAC), ("Linux", Machine.LINUX),
)  # fmt: skip
_BROWSERS = (
    ("MicroMessenger", Browser.WECHAT), ("DingTalk", Browser.DINGTALK), ("QQBrowser", Browser.QQ),
    ("QihooBrowser", Browser.S360), ("360SE", Browser.S360), ("360EE", Browser.S360), ("360Browser", Browser.S360),
    ("MetaSr", Browser.SOGOU), ("UCBrowser", Browser.UC), ("UBrowser", Browser.UC), ("HuaweiBrowser", Browser.HUAWEI),
    ("MiuiBrowser", Browser.XIAOMI), ("Edg", Browser.EDGE), ("OPR/", Browser.OPERA), ("Firefox", Browser.FIREFOX),
    ("FxiOS", Browser.FIREFOX), ("Chrome", Browser.CHROME), ("CriOS", Browser.CHROME), ("Safari", Browser.SAFARI),
)  # fmt: skip


def device(user_agent: str) -> str:
    """Two words for a user agent, to be stored: "phone wechat"."""
    machine = next((found for mark, found in _MACHINES if mark in user_agent), Machine.OTHER)
    browser = next((found for mark, found in _BROWSERS if mark in user_agent), Browser.OTHER)
    return f"{machine.value} {browser.value}"


def shown(stored: str) -> str:
    """The stored words in the reader's language: 手机，微信."""
    machine, _space, browser = stored.partition(" ")
    return f"{_label(Machine, machine)}{_('，')}{_label(Browser, browser)}"


def is_carried(stored: str) -> bool:
    """Whether the stored words are of a phone or a tablet: what is lost on the road."""
    return stored.partition(" ")[0] in {Machine.PHONE.value, Machine.TABLET.value}


def _label(words: type[Word], value: str) -> str:
    return next((one.label for one in words if one.value == value), words["OTHER"].label)
