"""What was typed into a ballot's pages is lost by no refusal, no old token, no lock."""

from tests.ballots.holding import Held
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


def test_numbers_that_cannot_be_are_put_right_and_not_typed_again(office):
    """11 were to come and 12 came: all fifteen boxes stand there."""
    held = Held(office)
    path, one = f"{held.path}/numbers", held.classes["c"]
    typed = filled(office.get(held.path).text, path)
    typed |= {f"due{one}": ["11"], f"present{one}": ["12"], f"printed{one}": ["20"], f"sheets{one}": ["12"]}
    answer = office.post(path, typed)
    assert answer.status_code == 422
    again = filled(answer.text, path)
    assert all(again[name] == texts for name, texts in typed.items() if name not in {"csrf_token", "typed_by"})


def test_a_name_of_two_characters_that_is_refused_stands_there_again(held, office):
    path = f"{held.path}/witness-new"
    typed = filled(office.get(path).text, path) | {"witness_id": [""], "witness_name": ["闻溪"], "reason": [""]}
    answer = office.post(path, typed)
    assert (answer.status_code, filled(answer.text, path)["witness_name"]) == (422, ["闻溪"])
