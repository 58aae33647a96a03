"""How a year reads, what its pages and papers say, and what closing it means."""

import datetime as dt
import io
from dataclasses import replace

import openpyxl
import pytest
from docx import Document
from pypdf import PdfReader

from logbook.db import db
from logbook.errors import NotThere, RuleBroken
from logbook.formats import full_date, today
from logbook.organization.models import Period
from logbook.problems.models import Answer, Side, State, UndertakingState
from logbook.settings.queries import Settings, Words
from logbook.visits.models import Kind, Level, Visit
from logbook.years import actions, coverage, frames, papers, queries, summary, wording
from logbook.years.coverage import Standing
from logbook.years.frames import Span
from logbook.years.models import SummaryText
from logbook.years.summary import Count
from tests import factories

pytestmark = pytest.mark.usefixtures("app")
UNIT = Settings(unit_name="青湖风景区管理局")
YEAR = today().year


def figures(first=dt.date(2025, 1, 1), last=dt.date(2025, 12, 31), on=dt.date(2026, 2, 1)):
    return frames.summarise(Span(first, last, on))


@pytest.fixture
def year():
    """2025: two members, three branches, one of them missed."""
    one, two = factories.member(name="王珺", post="党组成员"), factories.member(name="李堃")
    woods, lake, far = (factories.branch(name) for name in ("森林党支部", "环湖党支部", "远山党支部"))
    for member, branch in ((one, woods), (one, lake), (two, far)):
        factories.liaison(member, branch, year=2025)
    for month in (1, 4, 8, 11):
        factories.visit(one, woods, dt.date(2025, month, 5), kinds=(Kind.RESEARCH, Kind.TALK), half_days=1)
        factories.visit(one, lake, dt.date(2025, month, 6))
    factories.visit(one, woods, dt.date(2024, 5, 5))
    return one, woods, lake, far


# --- coverage, literally --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "first", "last", "due"),
    [
        (1, "01-01", "12-31", 1),
        (1, "02-15", "12-31", 1),  # 45 of 90 days: half, rounded up
        (1, "02-16", "12-31", 0),
        (2, "02-16", "12-31", 1),
        (3, "01-01", "01-30", 1),
        (1, "04-01", "12-31", 0),
    ],
)
def test_what_is_due_in_the_first_quarter(target, first, last, due):
    span = coverage.spans(2025, Period.QUARTER)[0]
    days = tuple(dt.date.fromisoformat(f"2025-{one}") for one in (first, last))
    assert coverage.due(target, days, span) == due


@pytest.mark.parametrize(
    ("months", "on", "standing", "word"),
    [
        ((), "2025-01-10", Standing.DUE, "本季度待安排"),
        ((1,), "2025-02-10", Standing.DONE, "本季度已到"),
        ((), "2025-04-01", Standing.MISSED, "第一季度未到"),
        ((4,), "2025-04-20", Standing.DONE, "本季度已到"),
        ((1,), "2025-05-01", Standing.DUE, "本季度待安排"),
        ((1, 4, 7), "2026-01-01", Standing.MISSED, "第四季度未到"),
        ((1, 4, 7, 10), "2026-01-01", Standing.DONE, "本季度已到"),
    ],
)
def test_how_a_liaison_stands(months, on, standing, word):
    factories.liaison(factories.member(), factories.branch(), year=2025)
    (liaison,) = coverage_liaisons(2025)
    by_month = [int(month in months) for month in range(1, 13)]
    state = coverage.liaison_state(liaison, by_month, dt.date.fromisoformat(on))
    assert (state.standing, state.word) == (standing, word)


def coverage_liaisons(year):
    from logbook.organization.queries import liaisons

    return liaisons(year)


def test_a_half_year_and_a_year_have_words_of_their_own():
    member = factories.member()
    factories.liaison(member, factories.branch(), year=2025, period=Period.HALF)
    factories.liaison(member, factories.branch(), year=2025, period=Period.YEAR)
    factories.liaison(member, factories.branch(), year=2025, from_on=dt.date(2025, 12, 30))
    none = [0] * 12
    words = {coverage.liaison_state(one, none, dt.date(2025, 8, 1)).word for one in coverage_liaisons(2025)}
    assert words == {"上半年未到", "本年度待安排", "本季度不需安排"}


# --- how it reads ---------------------------------------------------------------------------------


def test_the_text_says_what_the_figures_say(year):
    text = wording.written(figures(), figures(dt.date(2024, 1, 1), dt.date(2024, 12, 31)), UNIT)
    assert "全年党组成员共下基层8人次（上年1人次），到过3个挂点支部中的2个，累计2天。" in text
    assert "其中，调研走访8次、谈心谈话4次（一次采用多种方式的分别计算）。" in text
    assert "2个支部在应联系的各期均有挂点领导到支部；远山党支部各季度未按安排到支部。" in text
    assert "没有到过的支部：远山党支部。" in text
    assert "没有收集到问题的记录。" in text
    assert wording.title(figures(), UNIT) == "青湖风景区管理局党组成员\n2025年度下基层情况汇总"


def test_the_units_own_words_stand_in_text_and_title(year):
    other = Settings(unit_name="某局", words=Words("党委", "组织科", "包联", "评分表"))
    text = wording.written(figures(), None, other)
    assert "党委委员共下基层" in text
    assert "党组成员" not in text
    assert "挂点" not in text
    assert "党委委员" in wording.title(figures(), other)


def test_an_empty_year_reads_as_an_empty_year():
    text = wording.written(figures(), None, UNIT)
    assert "全年没有党组成员下基层的记录。" in text
    assert "尚未安排挂点联系。" in text
    assert "（上年" not in text
    assert "没有需要列出的事项。" in text
    for nonsense in ("None", "0次", "0人次", "（）"):
        assert nonsense not in text


def test_some_days_of_a_running_year_name_their_days(year):
    half = figures(dt.date(2025, 1, 1), dt.date(2025, 6, 30))
    assert wording.span_name(half) == "2025年上半年"
    assert wording.span_name(figures(dt.date(2024, 11, 1), dt.date(2025, 2, 3))) == "2024年11月1日至2025年2月3日"
    running = figures(on=dt.date(2025, 8, 20))
    text = wording.written(running, half, UNIT)
    assert "2025年1月1日至8月20日" in text
    assert "期间党组成员共下基层" in text
    assert "（上年同期4人次）" in text


def stated(**values):
    base = figures()
    return replace(base, problems=replace(base.problems, **values))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"total": 5, "done": 5, "accepted": 5}, "共收集问题5个，全部办结。办结的5个，经回访反映人均认可。"),
        ({"total": 5, "carried": 2, "done": 3, "accepted": 1, "partly": 1, "long_term": 1},
         "共收集问题5个（含上年结转2个），办结3个，部分解决、继续跟进1个，需长期推进1个。办结的3个中，经回访反映人认可1个，其余2个正在回访。"),
        ({"total": 1, "done": 1, "accepted": 1}, "\n收集问题1个，已办结。经回访反映人认可。"),
        ({"total": 1, "carried": 1, "long_term": 1}, "\n收集问题1个（上年结转），需长期推进。"),
        ({"total": 9, "done": 9, "accepted": 6, "doubted": 3},
         "办结的9个中，经回访反映人认可6个、认为还需改进3个。"),
        ({"total": 2, "underway": 1, "not_begun": 1, "overdue": 1}, "共收集问题2个，正在办理1个，尚未办理1个。"),
    ],
)  # fmt: skip
def test_problems_are_told_by_their_state(values, said):
    assert said in wording.written(stated(**values), None, UNIT)


def test_voices_and_undertakings_have_one_and_many():
    base = figures()
    one = replace(base, voices=(Count("staff", 1),), undertakings=replace(base.undertakings, total=2, done=2))
    text = wording.written(one, None, UNIT)
    assert "收集意见建议1条，属职工待遇方面。" in text
    assert "党组成员领办事项2项，全部办成。" in text
    single = replace(one, undertakings=replace(base.undertakings, total=1, done=1))
    assert "党组成员领办事项1项，已办成。" in wording.written(single, None, UNIT)
    waits = replace(one, undertakings=replace(base.undertakings, total=1, explained=1))
    assert "党组成员领办事项1项，暂不能办理、已向支部说明。" in wording.written(waits, None, UNIT)
    many = replace(
        base, voices=(Count("staff", 5), Count("safety", 2)),
        undertakings=replace(base.undertakings, total=3, done=1, underway=1, explained=1),
    )  # fmt: skip
    text = wording.written(many, None, UNIT)
    assert "共收集意见建议7条，集中在职工待遇（5条）、安全（2条）方面。" in text
    more = replace(many, voices=(*many.voices, Count("service", 1), Count("team", 1)))
    assert "主要集中在职工待遇（5条）、安全（2条）、经营服务（1条）等方面。" in wording.written(more, None, UNIT)
    assert "党组成员领办事项3项，办成1项，正在办理1项，暂不能办理、已向支部说明1项。" in text


def test_what_is_not_due_yet_is_neither_kept_nor_missed(year):
    early = wording.written(figures(on=dt.date(2025, 2, 1)), None, UNIT)
    assert "\n挂点联系安排中，尚无已满一个联系周期的。" in early
    assert "没有需要列出的事项。" in early
    late = factories.branch("新设党支部")
    factories.liaison(year[1], late, year=2025, from_on=dt.date(2025, 12, 30))
    assert "2个支部在应联系的各期均有挂点领导到支部；远山党支部" in wording.written(figures(), None, UNIT)


def test_one_branch_that_was_due_and_all_of_them():
    member, woods = factories.member(), factories.branch()
    factories.liaison(member, woods, year=2025)
    for month in (1, 4, 8, 11):
        factories.visit(member, woods, dt.date(2025, month, 5))
    assert "按照挂点联系安排，应联系的1个支部有挂点领导按安排到支部。" in wording.written(figures(), None, UNIT)
    lake = factories.branch()
    factories.liaison(member, lake, year=2025, period=Period.YEAR)
    factories.visit(member, lake, dt.date(2025, 8, 6))
    assert "按照挂点联系安排，全年各支部均按安排有挂点领导到支部。" in wording.written(figures(), None, UNIT)
    assert "没有未到的支部。" in wording.written(figures(), None, UNIT)


def test_a_unit_named_like_a_word_of_ours_keeps_its_name():
    member, branch = factories.member(), factories.branch("党办党支部")
    factories.liaison(member, branch, year=2025)
    other = Settings(unit_name="某党组办公室", words=Words("党委", "组织科", "包联", "评分表"))
    text = wording.written(figures(), None, other)
    assert "党办党支部各季度未按安排到支部" in text
    assert "没有到过的支部：党办党支部。" in text
    assert "由组织科撰写" in text
    paper = papers.paper(figures(), text, [], other, today(), counts=False)
    assert "由组织科撰写" not in str(paper)
    assert (paper.signed, paper.title) == ("某党组办公室组织科", "某党组办公室党委委员\n2025年度下基层情况汇总")


def test_days_across_years_name_their_years(year):
    found = figures(dt.date(2024, 7, 1), dt.date(2025, 6, 30))
    text = wording.written(found, None, UNIT)
    assert "远山党支部2025年第一、第二季度未按安排到支部" in text
    labels = papers.paper(found, text, [], UNIT, today(), counts=False).attachments[-1].blocks[1].rows
    assert (labels[0][0], labels[-1][0]) == ("2024年7月", "2025年6月")
    one_day = figures(dt.date(2025, 1, 5), dt.date(2025, 1, 5))
    assert wording.span_name(one_day) == "2025年1月5日"
    assert "现将2025年1月5日党组成员" in wording.written(one_day, None, UNIT)


def test_what_was_carried_in_is_of_last_year_only_from_new_year_on(year):
    factories.problem(branch_id=year[1], raised_on=dt.date(2024, 12, 1))
    assert "问题1个（上年结转）" in wording.written(figures(), None, UNIT)
    assert "问题1个（此前结转）" in wording.written(figures(first=dt.date(2025, 2, 1)), None, UNIT)


def test_contents_are_noted_to_overlap_only_where_they_do():
    base = replace(figures(), records=20, contents=(Count("guide_party_work", 12), Count("plan_together", 1)))
    text = wording.written(base, None, UNIT)
    assert "（二）主要内容。指导支部建设12次、谋划党建与重点任务融合发展1次。" in text
    few = "了解党员干部思想动向（没有）、帮助解决实际困难（没有）、谋划党建与重点任务融合发展（1次）"
    assert f"记录较少的内容：{few}。" in text
    many = replace(base, records=12)
    assert "1次（一次涉及多项的分别计算）。" in wording.written(many, None, UNIT)
    assert "记录较少" not in wording.written(replace(base, records=9), None, UNIT)


def test_a_missed_half_is_not_called_a_quarter():
    member, branch = factories.member(), factories.branch("远山党支部")
    factories.liaison(member, branch, year=2025, period=Period.HALF)
    factories.visit(member, branch, dt.date(2025, 9, 1))
    text = wording.written(figures(), None, UNIT)
    assert "远山党支部上半年未按安排到支部，此后已前往1次" in text


def test_one_liaison_branch_has_its_own_sentence():
    member, branch = factories.member(), factories.branch()
    factories.liaison(member, branch, year=2025)
    assert "全年没有党组成员下基层的记录" in wording.written(figures(), None, UNIT)
    factories.visit(member, branch, dt.date(2025, 9, 1))
    assert "全年党组成员下基层1人次，到了挂点支部，方式为调研走访。" in wording.written(figures(), None, UNIT)
    elsewhere = replace(figures(), covered=0)
    assert "还没有到过挂点支部" in wording.written(elsewhere, None, UNIT)
    around = replace(figures(), covered=2, liaison_branches=12)  # a branch, and the general branch it stands in
    assert "下基层1人次，到了挂点支部，" in wording.written(around, None, UNIT)
    nowhere = replace(figures(), covered=0, liaison_branches=12, records=7)
    assert "共下基层7人次，还没有到过挂点支部。" in wording.written(nowhere, None, UNIT)


def test_the_chart_ends_with_the_month_that_has_come(year):
    now = figures(on=dt.date(2025, 8, 20))
    chart = papers.paper(now, "", (), UNIT, dt.date(2025, 8, 20), counts=False).attachments[-1]
    assert chart.blocks[1].head == ("月份", *(f"{n}月" for n in range(1, 9)))


# --- figures of items as they stood ---------------------------------------------------------------


def test_what_was_closed_later_was_still_under_way_then(year):
    _one, woods, *_rest = year
    later = factories.problem(branch_id=woods, raised_on=dt.date(2024, 12, 1), state=State.DONE,
                              closed_on=dt.date(2026, 1, 20), side=Side.BRANCH, result="修好")  # fmt: skip
    for state, month in ((State.PARTLY, 5), (State.UNDERWAY, 12)):
        factories.progress(year[0], problem_id=later, state=state, at=dt.datetime(2025, month, 31, 1, tzinfo=dt.UTC))
    factories.progress(year[0], problem_id=later, state=State.DONE, at=dt.datetime(2026, 1, 20, 1, tzinfo=dt.UTC))
    factories.problem(branch_id=woods, raised_on=dt.date(2025, 3, 1), state=State.DONE, closed_on=dt.date(2025, 4, 1),
                      answer=Answer.SOLVED, result="办好")  # fmt: skip
    factories.problem(branch_id=woods, raised_on=dt.date(2025, 3, 1), state=State.DONE, closed_on=dt.date(2025, 4, 1),
                      answer=Answer.PARTLY, result="办了一半")  # fmt: skip
    factories.undertaking(member_id=year[0], raised_on=dt.date(2025, 3, 1), state=UndertakingState.DONE,
                          closed_on=dt.date(2026, 1, 1))  # fmt: skip
    found = figures()
    assert (found.problems.total, found.problems.carried, found.problems.done, found.problems.underway) == (3, 1, 2, 1)
    assert (found.problems.accepted, found.problems.doubted) == (1, 1)
    assert (found.undertakings.total, found.undertakings.underway) == (1, 1)
    assert [one.result for one in found.items] == ["", "办好", "办了一半"]
    half = figures(dt.date(2025, 1, 1), dt.date(2025, 6, 30)).problems
    assert (half.partly, half.underway, half.done) == (1, 0, 2)


def test_a_summary_is_stored_and_read_again_unchanged(year):
    found = figures()
    assert summary.load(summary.dump(found)) == found


# --- pages and papers -----------------------------------------------------------------------------


def test_the_page_shows_figures_that_open_their_records(client, year):
    browser = client(factories.office())
    page = browser.get("/years?from=2025-01-01&to=2025-12-31").text
    assert ">8</a></strong>" in page
    opened = browser.get("/visits?state=counted&from=2025-01-01&to=2025-12-31").text
    assert "共8条" in opened
    assert client(factories.member()).get("/years").status_code == 403


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("x", "2025-01-01", "请选择日期"), ("2025-01-01", "", "请选择日期"), ("2025-05-05", "2025-01-01", "不能早于"),
        ("1900-01-01", "1900-02-01", "2000年"), ("2019-01-01", "2025-12-31", "五年"),
        ("2999-01-01", "2999-12-31", "不能晚于今天"),
    ],
)  # fmt: skip
def test_days_that_cannot_be_summed_up_are_shown_again_with_what_is_wrong(client, first, last, said):
    browser = client(factories.office())
    for path in ("/years", "/years/paper.docx", "/years/paper.xlsx", "/years/text", "/years/items"):
        answer = browser.get(f"{path}?from={first}&to={last}")
        assert (answer.status_code, said in answer.text) == (422, True), path
        assert f'value="{first}"' in answer.text
        assert f'value="{last}"' in answer.text


def test_a_leap_day_can_be_summed_up(client):
    assert "2024年2月29日汇总" in client(factories.office()).get("/years?from=2024-02-29&to=2024-02-29").text


def test_the_offices_text_stays_and_changed_figures_are_pointed_out(client, year):
    browser, days = client(factories.office(name="钱玥")), "from=2025-01-01&to=2025-12-31"
    assert "累计2天" in browser.get(f"/years/text?{days}").text
    assert browser.post(f"/years/text?{days}", {"text": "一、总体情况\n党办写的话。"}).status_code == 303
    factories.visit(year[0], year[1], dt.date(2025, 12, 1))
    page = browser.get(f"/years?{days}").text
    assert "党办写的话。" in page
    assert "人次 8 → 9" in page
    assert "人次 8 → 9" in page.partition("生成Word")[0]  # before the buttons: the text would print the old figure
    assert "看程序现在生成的文字" in browser.get(f"/years/text?{days}").text
    long = browser.post(f"/years/text?{days}", {"text": "字" * 50_001})
    assert (long.status_code, "超过50000字" in long.text) == (422, True)
    browser.post(f"/years/text?{days}", {"text": " "})
    browser.post(f"/years/text?{days}", {"text": " "})
    assert "党办写的话。" not in browser.get(f"/years?{days}").text


def test_the_papers_hold_the_same_figures(client, year):
    factories.problem(
        branch_id=year[1], raised_on=dt.date(2025, 3, 1), text="=1+1", owner_unit="办公室", raised_by_id=year[0]
    )
    browser, days = client(factories.office()), "from=2025-01-01&to=2025-12-31"
    document = Document(io.BytesIO(browser.get(f"/years/paper.docx?{days}&counts=1").data))
    text = "\n".join(one.text for one in document.paragraphs)
    assert "8人次" in text
    assert "由党办撰写" not in text, "hints are for the office, not for the paper"
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert all(cells)
    assert "人次" in cells
    plain = Document(io.BytesIO(browser.get(f"/years/paper.docx?{days}").data))
    assert "人次" not in [cell.text for cell in plain.tables[0].rows[0].cells]
    book = openpyxl.load_workbook(io.BytesIO(browser.get(f"/years/paper.xlsx?{days}").data))
    assert [sheet.title for sheet in book] == ["总体", "党组成员", "党组织", "各月", "问题和领办事项", "核对"]
    assert book["问题和领办事项"]["D2"].data_type == "s"
    assert browser.get(f"/years/paper.pdf?{days}").data.startswith(b"%PDF")


def test_papers_print_no_word_of_lateness(year):
    paper = papers.paper(figures(), wording.written(figures(), None, UNIT), [], UNIT, today(), counts=True)
    for word in ("补记", "代录", "作废", "登记较晚"):
        assert word not in str(paper)


# --- closing --------------------------------------------------------------------------------------


def close(by, year=2025, **values):
    done = actions.close_year(year, **({"early": False} | values), by=factories.actor(by), at=factories.AT)
    db.session.commit()
    return done


def test_a_closed_year_keeps_its_figures_and_refuses_everything(client, year):
    clerk = factories.office()
    frozen = close(clerk)
    member, woods, *_rest = year
    factories.visit(member, woods, dt.date(2025, 12, 2))  # past the actions, as nothing else could
    browser = client(clerk)
    page = browser.get("/years?from=2025-01-01&to=2025-12-31").text
    assert f">{frozen.records}</a></strong>" in page
    assert "归档" in page
    assert "年度归档…" not in page
    late = {"visited_on": "2025-12-05", "branch_id": str(woods), "kinds": ["research"], "level": "group"}
    late["findings"] = "晚来的。"
    refused = client(member).post("/visits/new", late)
    assert (refused.status_code, "2025年已归档" in refused.text) == (422, True)
    record = db.session.query(Visit).filter_by(year=2025).first().id
    assert "2025年已归档" in client(member).get(f"/visits/{record}").text
    for act in ("correct", "withdraw"):
        client(member).post(f"/visits/{record}/{act}", {"reason": "x"})
    assert db.session.get(Visit, record).version == 1
    assert db.session.get(Visit, record).withdrawn_at is None
    assert "已于" in browser.get("/years/2025/close").text


def test_a_closed_years_text_is_closed_with_it(client, year):
    clerk = factories.office()
    browser, path = client(clerk), "/years/text?from=2025-01-01&to=2025-12-31"
    browser.post(path, {"text": "党办写的话。"})
    close(clerk)
    assert "修改文字" not in browser.get("/years?from=2025-01-01&to=2025-12-31").text
    assert "党办写的话。" in browser.get("/years?from=2025-01-01&to=2025-12-31").text
    assert "已经归档，汇总文字不再改动" in browser.get(path, follow_redirects=True).text
    browser.post(path, {"text": "后来的话。"})
    assert db.session.query(SummaryText).one().text == "党办写的话。"
    with pytest.raises(RuleBroken):
        actions.edit_text(figures(), "后来的话。", by=factories.actor(clerk), at=factories.AT)
    assert browser.post("/years/text?from=2025-01-01&to=2025-06-30", {"text": "半年的话。"}).status_code == 303


def test_counts_of_people_stand_in_the_workbook_only_where_the_office_chose(client, year):
    browser, days = client(factories.office()), "from=2025-01-01&to=2025-12-31"
    heads = []
    for counts in ("", "&counts=1"):
        book = openpyxl.load_workbook(io.BytesIO(browser.get(f"/years/paper.xlsx?{days}{counts}").data))
        heads.append([cell.value for cell in book["党组成员"][1]])
    assert heads[0] == ["姓名", "职务", "挂点支部", "主要方式", "推动解决的主要问题"]
    assert heads[1][5:] == ["人次", "天数", "问题", "办结"]


def test_the_same_problem_is_named_once_beside_a_member(year):
    for _n in range(3):
        factories.problem(year[0], year[1], raised_on=dt.date(2025, 3, 1), state=State.DONE, text="缺遮阳棚",
                          closed_on=dt.date(2025, 4, 1))  # fmt: skip
    assert figures().members[0].solved == ("缺遮阳棚",)
    assert figures().members[0].closed == 3


def test_a_records_addendum_is_printed_only_when_the_group_may_read_the_record(client, year):
    clerk = factories.office()
    for level in (Level.GROUP, Level.OFFICE):
        factories.visit(year[0], year[1], dt.date(2025, 6, 6), level=level, findings=level.value)
    close(clerk)
    for one in db.session.query(Visit).filter(Visit.findings.in_(["group", "office"])):
        actions.add_addendum(2025, one.id, f"补充{one.level.value}", "漏写", by=factories.actor(clerk), at=factories.AT)
    db.session.commit()
    document = Document(io.BytesIO(client(clerk).get("/years/paper.docx?from=2025-01-01&to=2025-12-31").data))
    added = [one.text for one in document.paragraphs if one.text.startswith("归档后补充")]
    assert [("补充group" in one, one.endswith("。")) for one in added] == [(True, True)]


def test_a_directive_shows_who_went_since_to_which_of_their_branches(client, year):
    member = year[0]
    woods, lake = factories.branch("新林党支部"), factories.branch("新湖党支部")
    factories.liaison(member, woods, year=YEAR)
    factories.liaison(member, lake, year=YEAR)
    clerk = factories.office()
    directive = factories.directive(clerk, issued_on=today() - dt.timedelta(days=3))
    factories.visit(member, woods, today() - dt.timedelta(days=9))
    seen = factories.visit(member, lake, today() - dt.timedelta(days=1), level=Level.SELF)
    page = client(clerk).get(f"/directives/{directive}").text
    assert page.index("新林党支部") < page.index("还没有到") < page.index("新湖党支部") < page.index("已到")
    assert f'href="/visits/{seen}"' not in page
    assert f'href="/visits/{seen}"' in client(member).get(f"/directives/{directive}").text
    assert client(clerk).get("/directives/999").status_code == 404
    others = client(factories.member()).get(f"/directives/{directive}").text
    assert ("已到" in others, "还没有到" in others) == (
        True,
        False,
    )  # who has not gone yet is not a colleague's business


def test_closing_asks_and_happens_once(client):
    clerk = factories.office()
    browser = client(clerk)
    assert "待本人确认" in browser.get("/years/2025/close").text
    assert browser.post("/years/2025/close", {}).status_code == 422
    assert browser.post("/years/2025/close", {"sure": "y"}).status_code == 303
    assert browser.post("/years/2025/close", {"sure": "y"}).status_code == 422
    early = browser.post(f"/years/{YEAR}/close", {"sure": "y"})
    assert (early.status_code, "还没有结束" in early.text) == (422, True)
    assert browser.post(f"/years/{YEAR + 1}/close", {"sure": "y"}).status_code == 422
    assert client(factories.leader()).post("/years/2024/close", {"sure": "y"}).status_code == 403


def test_an_addendum_is_shown_and_changes_no_figure(client, year):
    clerk = factories.office(name="钱玥")
    before = close(clerk).records
    record = db.session.query(Visit).filter_by(year=2025).first().id
    browser = client(clerk)
    assert (
        browser.post("/years/2025/addendum", {"text": "12月还去过一次。", "reason": "当时没有登记"}).status_code == 303
    )
    path = f"/years/2025/addendum?record={record}"
    assert "补充的内容" in browser.get(path).text
    assert browser.post(path, {"text": "日期应为6日。", "reason": "写错"}).status_code == 303
    assert "日期应为6日。" in browser.get(f"/visits/{record}").text
    page = browser.get("/years?from=2025-01-01&to=2025-12-31").text
    assert "12月还去过一次。" in page
    assert f">{before}</a></strong>" in page
    document = Document(io.BytesIO(browser.get("/years/paper.docx?from=2025-01-01&to=2025-12-31").data))
    added = [one.text for one in document.paragraphs if one.text.startswith("归档后补充")]
    day = full_date(today())
    assert added == [
        f"归档后补充：12月还去过一次（当时没有登记；钱玥，{day}）。",
        f"归档后补充（记录2025-001）：日期应为6日（写错；钱玥，{day}）。",
    ]
    book = openpyxl.load_workbook(io.BytesIO(browser.get("/years/paper.xlsx?from=2025-01-01&to=2025-12-31").data))
    assert [row[1].value for row in book["归档后补充"].iter_rows(min_row=2)][-2:] == [
        "12月还去过一次。",
        "日期应为6日。",
    ]
    assert browser.post("/years/2025/addendum", {"text": "", "reason": "x"}).status_code == 422
    assert browser.post("/years/2024/addendum", {"text": "x", "reason": "x"}).status_code == 422
    assert browser.post("/years/2025/addendum?record=99999", {"text": "x", "reason": "x"}).status_code == 404


def test_secrecy_marks_in_text_and_addendum_take_a_tick(client, year):
    clerk = factories.office()
    close(clerk)
    browser, days = client(clerk), "from=2024-01-01&to=2024-12-31"
    for path, typed in (
        (f"/years/text?{days}", {"text": "一、总体情况\n按机密文件办。"}),
        ("/years/2025/addendum", {"text": "按机密文件办。", "reason": "漏写"}),
        ("/years/2025/addendum", {"text": "还去过一次。", "reason": "原件属机密"}),
    ):
        page = browser.post(path, typed).text
        assert ("还没有保存" in page, 'name="no_secrets"' in page) == (True, True), typed
        assert browser.post(path, typed | {"no_secrets": "y"}).status_code == 303
    again = browser.post(f"/years/text?{days}", {"text": "一、总体情况\n按机密文件办。"})
    assert again.status_code == 303  # looked at before, and unchanged


def test_no_addendum_to_what_one_may_not_read(year):
    clerk = factories.office()
    hidden = factories.visit(year[0], year[1], dt.date(2025, 5, 5), level=Level.SELF)
    close(clerk)
    with pytest.raises(NotThere):
        actions.add_addendum(2025, hidden, "x", "y", by=factories.actor(clerk), at=factories.AT)
    with pytest.raises(RuleBroken):
        actions.add_addendum(2024, None, "x", "y", by=factories.actor(clerk), at=factories.AT)
    assert queries.closing(2024) is None


def test_the_day_a_year_before_the_29th_of_february():
    assert actions._earlier(dt.date(2024, 2, 29)) == dt.date(2023, 2, 28)


def test_a_date_stands_on_one_line_of_a_papers_tables(client, year):
    factories.problem(year[0], year[1], raised_on=dt.date(2025, 10, 10), due_on=dt.date(2025, 12, 31))
    answer = client(factories.office()).get("/years/paper.pdf?from=2025-01-01&to=2025-12-31")
    lines = [line for page in PdfReader(io.BytesIO(answer.data)).pages for line in page.extract_text().splitlines()]
    assert any("2025年12月31日" in line for line in lines)
    assert any("2025年11月6日" in line for line in lines)
