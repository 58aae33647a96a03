"""What was typed into a ballot's pages is lost by no refusal, no old token, no lock."""

from tests.ballots.test_pages import held, office
from tests.client import filled

__all__ = ["held", "office"]


def own(page, path):
    return filled(page.text, path)["typed_by"][0]


def test_the_keys_of_a_sheet_stay_where_the_token_is_too_old(app, held, office):
    held.back("c", 2)
    path = f"{held.path}/{held.classes['c']}/first"
    page = office.get(path)
    typed = filled(page.text, path) | {"c1_0": ["4"], "csrf_token": ["stale"]}
    app.config["WTF_CSRF_ENABLED"] = True
    again = filled(office.post(path, typed).text, path)
    assert (again["c1_0"], again["bundle"]) == (["4"], typed["bundle"])


def test_a_reason_that_is_refused_is_not_typed_twice(held, office):
    path = f"{held.path}/{held.classes['c']}/mend"
    typed = {
        "what": "numbers",
        "sheets": "x",
        "codes": "3",
        "reason": "迟到一人",
        "typed_by": own(office.get(path), path),
    }
    answer = office.post(path, typed)
    assert answer.status_code == 422
    assert 'value="迟到一人"' in answer.text
