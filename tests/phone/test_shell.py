"""What a phone opens without signal: the same for everybody, with nothing of whoever was signed in when it came."""

import pytest

from tests import factories

PAGES = ("/phone/home", "/phone/form", "/sw.js")


@pytest.mark.parametrize("path", PAGES)
def test_the_shell_is_the_same_for_everybody(client, path):
    readers = [client(), client(factories.member()), client(factories.office()), client(factories.member())]
    texts = {reader.get(path).text for reader in readers}
    assert len(texts) == 1
    assert "csrf_token" not in texts.pop()


@pytest.mark.parametrize("path", PAGES)
def test_the_shell_takes_nobodys_message(client, path):
    member = factories.member()
    browser = client(member)
    visit = factories.visit(member, factories.branch(), entered_by=factories.office())
    browser.post(f"/visits/{visit}/confirm")
    assert "已确认" not in browser.get(path).text
    assert "已确认" in browser.get("/").text


def test_another_word_or_language_is_another_shell(client):
    def version(browser):
        return browser.get("/sw.js").text.splitlines()[0]

    seen = [version(client())]
    factories.setting("office_word", "组织科")
    seen.append(version(client()))
    english = client()
    english.http.set_cookie("language", "en")
    seen.append(version(english))
    assert len(set(seen)) == 3
