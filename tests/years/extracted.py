"""Every figure a form of the year shows, as (label, figure): read by its words out of the file, as a person would."""

import datetime as dt
import io
import re
from collections import Counter

import html5lib
import openpyxl
from docx import Document
from pypdf import PdfReader

from logbook.problems.models import Category, Side, State, UndertakingState
from logbook.visits.models import Content, Kind

TOTALS = {
    r"下基层(\d+)人次": "人次", r"（上年(?:同期)?(\d+)人次）": "上年人次", r"累计([\d.]+)天": "天",
    r"(\d+)个挂点支部全覆盖": "挂点支部 到过", r"到过(\d+)个挂点支部中的(\d+)个": "挂点支部 到过",
    r"意见建议(\d+)条": "呼声", r"收集问题(\d+)个": "问题", r"结转(\d+)个": "结转",
    r"，办结(\d+)个": "办结", r"部分解决、继续跟进(\d+)个": "部分解决", r"正在办理(\d+)个": "在办",
    r"尚未办理(\d+)个": "未办", r"需长期推进(\d+)个": "长期推进", r"办结的(\d+)个，经回访反映人均认可": "办结 认可",
    r"办结的(\d+)个中": "办结", r"认可(\d+)个": "认可", r"其余(\d+)个正在回访": "未回访",
    r"领办事项(\d+)项": "领办", r"办成(\d+)项": "办成", r"正在办理(\d+)项": "办理中", r"说明(\d+)项": "已说明",
    r"超期未办结的问题(\d+)个": "超期", r"(\d+)个支部在应联系": "按安排", r"应联系的(\d+)个支部": "按安排",
    **{f"{one.chinese}(\\d+)次": f"方式：{one.chinese}" for one in Kind},
    **{f"{one.chinese}（(\\d+)条）": f"呼声：{one.chinese}" for one in Category},
}  # fmt: skip
CONTENTS = {
    "指导支部建设": Content.GUIDE_PARTY_WORK, "了解党员干部思想动向": Content.LEARN_THINKING,
    "帮助解决实际困难": Content.SOLVE_DIFFICULTIES, "谋划党建与重点任务融合发展": Content.PLAN_TOGETHER,
}  # fmt: skip
TOTALS |= {f"{said}（?(\\d+)次）?": f"内容：{one.chinese}" for said, one in CONTENTS.items()}
NOUGHT = {
    "没有党组成员下基层的记录": "人次", "没有收集到意见建议的记录": "呼声", "没有收集到问题的记录": "问题",
    "没有党组成员领办事项的记录": "领办",
}  # fmt: skip
ONE = {
    "部分解决、继续跟进。": "部分解决", "个，正在办理。": "在办", "结转），正在办理。": "在办", "尚未办理。": "未办",
    "需长期推进。": "长期推进", "项，正在办理。": "办理中", "说明。": "已说明", "（上年结转）": "结转",
    "（此前结转）": "结转", "。经回访反映人认可。": "认可", "，已办结。": "办结", "已办成。": "办成",
}  # fmt: skip
ALL = {"全部办结": ("办结", "问题"), "全部办成": ("办成", "领办")}
DATES = re.compile(r"\d{4}年(?:度|上半年)?(?:（?\d+月\d+日)?(?:至(?:\d{4}年)?\d+月\d+日）?)?")
STATES = {
    State.DONE.chinese: "办结", State.PARTLY.chinese: "部分解决", State.UNDERWAY.chinese: "在办",
    State.OPEN.chinese: "未办", State.LONG_TERM.chinese: "长期推进", UndertakingState.DONE.chinese: "办成",
    UndertakingState.UNDERWAY.chinese: "办理中", UndertakingState.EXPLAINED.chinese: "已说明",
}  # fmt: skip
RECORD = r"\d{4}-\d+/\d+"  # the number of a record's line
DAY = r"\d{4}年\d{1,2}月\d{1,2}日"


def sentences(text):
    """The figures of the text; a number left over, which none of the labels has taken, is a failure."""
    text = re.sub(r"\s", "", text)
    text, found = re.sub("附件：1?.*", "", text), []
    for said in TOTALS:
        for one in re.finditer(said, text):
            labels = TOTALS[said].split()
            numbers = one.groups() if len(one.groups()) == len(labels) else one.groups() * len(labels)
            found += [(label, float(number)) for label, number in zip(labels, numbers, strict=True)]
    found += [(label, 0) for said, label in NOUGHT.items() if said in text]
    found += [(label, 1) for said, label in ONE.items() if said in text]
    only = re.search(r"方式为([^。]+)。", text)
    found += [(f"方式：{kind}", 1) for kind in only[1].split("、")] if only else []
    values = dict(found)
    found += [(part, values[whole]) for said, (part, whole) in ALL.items() if said in text]
    for names, later in re.findall(
        r"([^；，。]+?)(?:第.|各季度|上半年|下半年|全年|本年度)[^；，。]*未按安排到支部，此后已各?前往(\d+)次", text
    ):
        found += [(f"{name}：此后", int(later)) for name in names.split("、")]
    left = text
    for said in (*TOTALS, r"此后已各?前往\d+次", r"^.*下基层情况(?:汇总|的报告)(?=根据)", DATES):
        left = re.sub(said, "", left)
    assert not re.search(r"\d", left), f"figures with no label: {left}"
    return found


def _day(text):
    return dt.date(*map(int, re.findall(r"\d+", text)))


def _branch(name, trips, last_on, problems):
    yield f"{name}：次", int(trips)
    if last_on != "无":
        yield f"{name}：最近", _day(last_on)
    raised, closed = re.findall(r"\d+", problems) or (0, 0)
    yield from ((f"{name}：问题", int(raised)), (f"{name}：办结", int(closed)))


def _items(rows):
    """Of (kind, state): how many there are, and in each state."""
    kinds = Counter({"问题": 0, "领办": 0}) + Counter()
    kinds.update(kind[:2] for kind, _state in rows)
    yield from (("问题", kinds["问题"]), ("领办", kinds["领办"]))
    yield from Counter(STATES[state] for _kind, state in rows).items()


def _month(year, name):
    month = re.search(r"(\d+)月?$", name)[1]
    return f"{year}-{int(month):02}"


# --- Word -----------------------------------------------------------------------------------------


def of_docx(content, year):
    document = Document(io.BytesIO(content))
    yield from sentences("".join(one.text for one in document.paragraphs).split("附件1")[0].removesuffix("附件"))
    items = []
    for table in document.tables:
        head, *rows = [[cell.text for cell in row.cells] for row in table.rows]
        if head[0] == "姓名":
            yield from (pair for row in rows for pair in _member(row[0], *row[-2:]))
        elif head[0] == "党组织":
            yield from (pair for row in rows for pair in _branch(row[0], *row[4:]))
        elif head[0] == "编号":
            items = [(row[1], row[-1].split("。")[0]) for row in rows]
        else:
            yield from _chart_table(head, rows, year)
    yield from _items(items)


def _member(name, records, days):
    return (f"{name}：人次", int(records)), (f"{name}：天", float(days))


def _chart_table(head, rows, year):
    for unit, *figures in rows:
        for name, n in zip(head[1:], figures, strict=True):
            if head[0] == "月份":
                yield f"{_month(year, name)}：{unit.removesuffix('数')}", int(n)
            else:
                yield f"类别{'' if unit == '问题' else unit}：{name}", int(n)


# --- PDF ------------------------------------------------------------------------------------------


def of_pdf(content, year):
    pages = [one.extract_text() for one in PdfReader(io.BytesIO(content)).pages]
    pages = [re.sub(r"\n?— \d+ —$", "", one) for one in pages]
    parts = re.split(r"(?m)^附件\d?$", "\n".join(pages))
    yield from sentences(parts[0])
    items = []
    for part in parts[1:]:
        if "下基层情况统计表" in part:
            yield from _pdf_members(part)
        elif "联系情况统计表" in part:
            yield from _pdf_branches(part)
        elif "事项清单" in part:
            items = _pdf_items(part)
        else:
            yield from _pdf_charts(part, year)
    yield from _items(items)


def _pdf_members(part):
    """A row begins with a name on a line, and ends with its two figures."""
    for row in re.findall(r"(?ms)^(\S+)\s[^\d]+?\s(\d+)\s([\d.]+)$", part.split("天 数\n")[-1].split("天数\n")[-1]):
        yield from _member(*row)


def _pdf_branches(part):
    for row in re.findall(rf"(?m)^(\S+) .*? (\d+) ({DAY}|无) (\d+（办结\d+）|无)$", part):
        yield from _branch(*row)


def _pdf_items(part):
    rows = re.split(f"(?m)^{RECORD}", re.sub(r"\s", "", re.sub(rf"(?m)^({RECORD})", "\n@\\1", part)).replace("@", "\n"))
    said = "|".join(map(re.escape, STATES))
    return [(row[:2], re.search(f"(?:{DAY}|长期推进)({said})", row)[1]) for row in rows[1:]]


def _pdf_charts(part, year):
    lines = [one.split(" ") for one in part.splitlines()]
    for i, line in enumerate(lines):
        if line[0] in {"月份", "类别"}:
            yield from _chart_table(line, lines[i + 1 : i + 3], year)


# --- the page -------------------------------------------------------------------------------------

CARDS = {"问题": "问题", "领办事项": "领办"}
ROWS = {
    "合计": "问题", "其中上年结转": "结转", "其中此前结转": "结转", "已办结": "办结", "部分解决、继续跟进": "部分解决",
    "正在办理": "在办", "尚未办理": "未办", "长期推进": "长期推进", "超期未办结": "超期",
}  # fmt: skip


def of_page(text, year):
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    written = next(one for one in tree.iter("div") if "paper-text" in one.get("class", ""))
    plain = [one for one in written if "soft" not in one.get("class", "")]
    yield from sentences("".join("".join(one.itertext()) for one in plain))
    yield from _cards(next(one for one in tree.iter("div") if "groups" in one.get("class", "").split()))
    for table in tree.iter("table"):
        head, *rows = [["".join(cell.itertext()).strip() for cell in row] for row in table.iter("tr")]
        yield from _table(head, rows, year)


def _cards(groups):
    text = re.sub(r"\s", "", "|".join("".join(one.itertext()) for one in groups))
    cards = re.fullmatch(
        r"(\d+)人次(?:上年同期(\d+))?\|(\d+)次(?:上年同期\d+)?\|(\d+)/(\d+)到过的挂点支部"
        r"\|(\d+)问题已办结(\d+)\|(\d+)领办事项办成(\d+)", text,
    )  # fmt: skip
    labels = ("人次", "上年人次", "次", "到过", "挂点支部", "问题", "办结", "领办", "办成")
    yield from ((label, int(n)) for label, n in zip(labels, cards.groups(), strict=True) if n)


def _table(head, rows, year):
    if head == ["党组织", "挂点领导", *head[2:-2], "次", "问题"]:
        yield from _page_branches(head, rows, year)
    elif head[-1] == "此后次数":
        yield from ((f"{row[0]}：此后", int(row[-1])) for row in rows if row[-1] != "0")
    elif head[0] == "合计":
        yield from ((ROWS.get(name, name), int(n)) for name, n in (head, *rows))
    elif head[0] in {"月份", "姓名"}:
        yield from _page_lines(head, rows, year)
    else:
        label = {"方式": "方式", "内容": "内容", "类别": "呼声"}[head[0]]
        rows = [row for row in rows if len(row) == 2]
        yield from ((label if name == "合计" else f"{label}：{name}", int(n)) for name, n in rows)


def _page_branches(head, rows, year):
    for name, _who, *months, trips, problems in rows:
        yield from ((f"{name}：{_month(year, m)}", int(n or 0)) for m, n in zip(head[2:-2], months, strict=True))
        yield from ((f"{name}：次", int(trips)), (f"{name}：问题", int(problems)))


def _page_lines(head, rows, year):
    for name, *rest in rows:
        if head[0] == "月份":
            yield from ((f"{_month(year, m)}：{name}", int(n or 0)) for m, n in zip(head[1:], rest, strict=True))
        else:
            figures = zip(("人次", "问题", "办结"), rest[-3:], strict=True)
            yield from ((f"{name}：{label}", int(n)) for label, n in figures)


# --- the workbook ---------------------------------------------------------------------------------


def of_xlsx(path, year):
    book = openpyxl.load_workbook(path, data_only=True)
    rows = {page.title: [row for row in page.iter_rows(values_only=True) if row[1] is not None] for page in book}
    for name, n in rows["总体"][1:]:
        yield _workbook_label(name), n
    for name, counted, said, apart in rows["核对"][1:]:
        assert (counted, apart) == (said, 0), f"核对: {name}"
        yield _workbook_label(name), counted
    for month, trips, records in rows["各月"][1:]:
        if month != "合计":
            yield from ((f"{_month(year, month)}：次", trips), (f"{_month(year, month)}：人次", records))
    for one in rows["党组成员"][1:]:
        figures = zip(("人次", "天", "问题", "办结"), one[5:], strict=True)
        yield from ((f"{one[0]}：{label}", n) for label, n in figures)
    yield from _workbook_branches(rows["党组织"], year)
    items = [(row[1], row[7]) for row in rows["问题和领办事项"][1:]]
    yield from _items(items)


def _workbook_label(name):
    plain = {"下基层人次": "人次", "下基层次数": "次", "其中以前提出的": "结转", "已办结的，反映人认为已解决": "认可",
             "领办事项": "领办"}  # fmt: skip
    head, _colon, tail = name.partition("：")
    if tail in {one.chinese for one in Category}:
        return f"类别：{tail}"
    side = tail.removeprefix("责任方是")
    return f"责任方：{side}" if side in {one.chinese for one in Side} else plain.get(name) or STATES.get(tail, head)


def _workbook_branches(rows, year):
    head, *rows = rows
    for name, *figures in rows:
        for title, n in list(zip(head[1:], figures, strict=True))[3:]:
            if title.endswith("月"):
                yield f"{name}：{_month(year, title)}", n
            elif title != "最近一次":
                yield f"{name}：{title.removesuffix('数')}", n
        if figures[-1]:
            yield f"{name}：最近", figures[-1].date()
