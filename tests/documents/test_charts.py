"""Charts as they are parsed: every value to be read, every word escaped, nothing a strict policy would drop."""

import re
import xml.etree.ElementTree as ET

import pytest
from markupsafe import Markup

from logbook.documents import charts
from logbook.documents.charts import Series

SVG = "{http://www.w3.org/2000/svg}"
MONTHS = [f"{i}月" for i in range(1, 13)]
BEFORE, NOW = Series("2025年", (8, 13) + (0,) * 10), Series("2026年", (10, 11) + (5,) * 10)


def texts(svg):
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314 - our own file


def rects(svg):
    return [one.attrib for one in ET.fromstring(svg).findall(f"{SVG}rect")]  # noqa: S314 - our own file


def test_every_value_stands_above_its_bar():
    svg = charts.bars("各月到支部次数", MONTHS, [BEFORE, NOW])
    assert [one for one in texts(svg) if one.isdigit()] == ["8", "10", "13", "11"] + ["5"] * 10
    assert texts(svg)[-2:] == ["2025年", "2026年"]
    assert set(MONTHS) <= set(texts(svg))


def test_a_bar_is_as_high_as_its_value():
    heights = {
        (one["fill"], float(one["height"])) for one in rects(charts.bars("图", ["甲", "乙"], [Series("", (5, 10))]))
    }
    assert heights == {("#3f6580", 75.0), ("#3f6580", 150.0)}


def test_the_present_year_is_told_from_the_year_before():
    assert [one["fill"] for one in rects(charts.bars("图", ["甲"], [BEFORE, NOW]))][:2] == ["#d3d7dc", "#3f6580"]


def test_nothing_reaches_out_of_the_picture():
    svg = charts.bars("图", MONTHS, [BEFORE, NOW])
    width, height = (float(n) for n in ET.fromstring(svg).attrib["viewBox"].split()[2:])  # noqa: S314 - our own file
    for one in rects(svg):
        assert 0 <= float(one["x"]) <= float(one["x"]) + float(one["width"]) <= width
        assert 0 <= float(one["y"]) <= float(one["y"]) + float(one["height"]) <= height


def test_a_pattern_survives_black_and_white_print():
    svg = charts.bars("图", ["甲"], [BEFORE, NOW], pattern=True)
    drawn = rects(svg)
    assert 'id="hatch"' in svg
    assert (drawn[1]["fill"], drawn[1]["stroke"]) == ("url(#hatch)", "#1d2126")
    assert drawn[-1]["fill"] == "url(#hatch)"  # the legend shows the same


@pytest.mark.parametrize("series", [[Series("", (0, 0))], []], ids=["zeros", "none"])
def test_a_year_of_nothing_still_has_its_axis(series):
    svg = charts.bars("图", ["甲", "乙"], series)
    assert len(ET.fromstring(svg).findall(f"{SVG}line")) == 1  # noqa: S314 - our own file
    assert texts(svg) == ["甲", "乙"]


def test_lying_bars_name_and_count_each_category():
    svg = charts.rows("意见分布", ["设施设备", "经营服务", "职工待遇"], [16, 8, 0])
    assert texts(svg) == ["设施设备", "16", "经营服务", "8", "职工待遇", "0"]
    assert [float(one["width"]) for one in rects(svg)] == [300, 150, 0]
    assert ET.fromstring(charts.rows("空", [], [])).attrib["aria-label"] == "空"  # noqa: S314 - our own file


@pytest.mark.parametrize(
    "svg",
    [
        charts.bars("图<script>", ['"甲"&<b>'], [Series("<i>", (1,)), Series("&", (2,))], pattern=True),
        charts.rows("图<script>", ['"甲"&<b>'], [1]),
    ],
    ids=["bars", "rows"],
)
def test_words_are_escaped_and_nothing_stands_inline(svg):
    root = ET.fromstring(svg)  # noqa: S314 - our own file
    assert isinstance(svg, Markup)
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", "图<script>")
    assert '"甲"&<b>' in texts(svg)
    assert not re.search(r"\s(style|class|on\w+)=|<(script|style|b|i)\b", svg)


def test_many_labels_are_smaller():
    sizes = {one.attrib["font-size"] for one in ET.fromstring(charts.bars("图", ["甲"] * 13, [])).iter(f"{SVG}text")}  # noqa: S314 - our own file
    assert sizes == {"9"}
