"""Papers for the tests, with everything a paper can hold."""

import datetime as dt

from logbook.documents import charts
from logbook.documents.charts import Series
from logbook.documents.paper import Attachment, Chart, Heading, Paper, Para, Table

RARE = "喆堃珺玥镕"
MARKUP = '<b>甲</b> *乙* #emph[丙] $x^2$ \\ @丁 [戊] "己" _庚_ //辛'
MONTHS = tuple(f"{i}月" for i in range(1, 13))
BARS = charts.bars("各月到支部次数", MONTHS, [Series("2026年", tuple(range(12)))], pattern=True)
PEOPLE = Table(
    ("姓名", "挂点支部", "推动解决的主要问题"),
    tuple((f"张{RARE}{i}", "莲花山公园党支部", MARKUP if i == 0 else "无") for i in range(40)),
    (1, 2, 3),
    title="表1",
    note="注：撤销的记录不计。",
)


def paper(**changes):
    """A summary of several pages with three 附件: a long table, a lying one, a chart."""
    values = {
        "title": "××局党组成员2026年度\n下基层情况汇总",
        "blocks": (
            Heading("一、总体情况", 1),
            Heading("（一）挂点联系", 2),
            Heading("1. 次数", 3),
            Heading("（1）支部", 4),
            Para(f"党组成员{RARE}说：“基层事，马上办。”{MARKUP}"),
            Para("不缩进的一段。", indent=False),
            *(Para("全年党组成员共下基层96人次，12个挂点支部全覆盖，累计78天。" * 8) for _ in range(8)),
        ),
        "receiver": "××市委组织部",
        "signed": "××局党办",
        "dated": dt.date(2027, 1, 8),
        "attachments": (
            Attachment("党组成员下基层情况统计表", (PEOPLE,)),
            Attachment("挂点支部联系情况统计表", (Table(("支部", "次数"), (("甲", "1"),)),), landscape=True),
            Attachment("各月到支部次数", (Chart(BARS, "各月"), Chart(BARS))),
        ),
        "made_from": "汇总第3稿",
    }
    return Paper(**(values | changes))


def full():
    """Nothing but text: its second page is full."""
    return Paper("标题", (Para("国" * 28 * 60, indent=False),), inner=False)


def short(**changes):
    """A paper of one page."""
    return Paper(**({"title": "标题", "blocks": (Para("一页。"),), "inner": False} | changes))
