"""Problems and undertakings in dictated text: one table, for the page as well (tests/browser/test_lines.py)."""

import random

import pytest

from logbook.visits.lines import ledger_lines, without_lines

P, U = "problem", "undertaking"
A, B, C = "候船区没有遮阳", "联系规划科", "厕所太少"
CASES = [
    ("今天到码头看了看。问题：候船区没有遮阳。我来办：联系规划科。", [(P, A), (U, B)]),
    (f"问题：{A}", [(P, A)]),
    (f"问题:{A}", [(P, A)]),
    (f"问题： {A}", [(P, A)]),
    (f"　　问题：{A}", [(P, A)]),
    (f"  问题：{A}", [(P, A)]),
    (f"到码头。\n　　问题：{A}\n　　我来办：{B}", [(P, A), (U, B)]),
    (f"存在问题：{A}", [(P, A)]),
    (f"存在的问题：{A}", [(P, A)]),
    (f"主要问题：{A}", [(P, A)]),
    (f"存在的主要问题：{A}", [(P, A)]),
    (f"目前主要存在的问题：{A}", [(P, A)]),
    (f"反映问题：{A}", [(P, A)]),
    (f"反映的问题：{A}", [(P, A)]),
    (f"职工反映的问题：{A}", [(P, A)]),
    (f"发现的问题是{A}", [(P, A)]),
    (f"需要解决的问题：{A}", [(P, A)]),
    (f"困难和问题：{A}", [(P, A)]),
    (f"主要困难是{A}", [(P, A)]),
    (f"突出问题，{A}", [(P, A)]),
    (f"1.问题：{A}", [(P, A)]),
    (f"1、问题：{A}", [(P, A)]),
    (f"２．问题：{A}", [(P, A)]),
    (f"（一）问题：{A}", [(P, A)]),
    (f"(2)问题：{A}", [(P, A)]),
    (f"一、存在问题：{A}", [(P, A)]),
    (f"①问题：{A}", [(P, A)]),
    (f"① 问题：{A}", [(P, A)]),
    (f"一是存在问题：{A}", [(P, A)]),
    (f"第一，问题：{A}", [(P, A)]),
    (f"- 问题：{A}", [(P, A)]),
    (f"问题一：{A}。问题二：{C}", [(P, A), (P, C)]),
    (f"问题1：{A}；问题2：{C}。", [(P, A), (P, C)]),
    (f"问题（一）：{A}", [(P, A)]),
    (f"问题，{A}", [(P, A)]),
    (f"问题是{A}", [(P, A)]),
    (f"问题是：{A}", [(P, A)]),
    (f"问题在于{A}", [(P, A)]),
    (f"问题如下：{A}", [(P, A)]),
    (f"问题——{A}", [(P, A)]),
    (f"【问题】{A}", [(P, A)]),
    (f"看了码头！问题：{A}", [(P, A)]),
    (f"看了码头？问题：{A}", [(P, A)]),
    (f"看了码头；问题：{A}", [(P, A)]),
    (f"看了码头，问题：{A}，我来办：{B}", [(P, A), (U, B)]),
    (f"看了码头 问题：{A} 我来办：{B}", [(P, A), (U, B)]),
    (f"看了码头 问题，{A} 我来办，{B}", [(P, A), (U, B)]),
    (f"看了码头，主要问题是{A}，由我协调，{B}", [(P, A), (U, B)]),
    (f"他说“快建吧。”问题：{A}", [(P, A)]),
    (f"存在问题：\n1.{A}\n2.{C}\n下午返回", [(P, A), (P, C)]),
    (f"存在问题：一是{A}；二是{C}。我来办：{B}", [(P, A), (P, C), (U, B)]),
    (f"主要问题一是{A}，二是{C}。", [(P, A), (P, C)]),
    (f"问题有两个，一是{A}，二是{C}。", [(P, A), (P, C)]),
    ("问题：1.5米护栏松动", [(P, "1.5米护栏松动")]),
    ("问题：3个卫生间漏水", [(P, "3个卫生间漏水")]),
    ("问题：一名职工工资晚发", [(P, "一名职工工资晚发")]),
    ("问题：没有遮阳棚", [(P, "没有遮阳棚")]),
    ("问题：什么时候建棚？问了三次。", [(P, "什么时候建棚？问了三次")]),
    (f"我答应：{B}", [(U, B)]),
    (f"我答应的事：{B}", [(U, B)]),
    (f"我来协调：{B}", [(U, B)]),
    (f"由我协调，{B}", [(U, B)]),
    (f"由我来协调解决：{B}", [(U, B)]),
    (f"我负责：{B}", [(U, B)]),
    (f"我承诺：{B}", [(U, B)]),
    (f"领办：{B}", [(U, B)]),
    (f"领办事项：{B}", [(U, B)]),
    (f"2、我来办，{B}", [(U, B)]),
    (f"这个问题由我来办：{B}", [(U, B)]),
    (f"我来办：{B}。领办：{A}", [(U, B), (U, A)]),
    # What looks like one, and is none.
    ("", []),
    ("无问题", []),
    ("没有问题。", []),
    ("没有问题，都好", []),
    ("今天没有 问题，都好", []),
    ("目前没有存在问题：都好", []),
    ("问题不大，能解决", []),
    ("问题不大：能解决", []),
    ("解决了问题，群众满意", []),
    ("解决问题：修好路灯", []),
    ("发现问题，及时整改", []),
    ("问题：无", []),
    ("问题：无。我来办：无。", []),
    ("存在问题：没有。", []),
    ("问题：暂无", []),
    ("问题，没有什么大问题", []),
    ("问题：", []),
    ("问题", []),
    ("问题是不是已经说过了", []),
    ("问题是什么，大家不清楚", []),
    ("关于历史遗留问题：已经说明", []),
    ("带着问题：下去看", []),
    ("问题导向，务求实效", []),
    ("问题台账：12条", []),
    ("不用我来办：他们自己办", []),
    ("我来办公室谈了谈", []),
    ("他答应：下周来", []),
    ("领办事项：无", []),
]


@pytest.mark.parametrize(("text", "found"), CASES)
def test_what_a_text_tells_the_ledger(text, found):
    assert [(line.kind, line.text) for line in ledger_lines(text)] == found


SAID = ("码头无遮阳棚", "售票系统卡顿", "护栏松动，有3处", "工资晚发了两个月", "没有活动室", "路灯不亮", "1号泵站漏水")
HEADS = {
    P: ("问题：", "存在问题：", "主要问题是", "1.问题：", "　　问题，", "反映的问题："),
    U: ("我来办：", "领办：", "由我协调，"),
}
PLAIN = ("今天到码头看了看。", "天气很热。", "与职工座谈，气氛好！", "看了台账\n", "总体平稳；")


def dictated(luck):
    """(text, lines put in): plain sentences and lines in any order, as one says them."""
    said, put = [], []
    for _n in range(luck.randint(1, 8)):
        if luck.random() < 0.4:
            said.append(luck.choice(PLAIN))
            continue
        kind, text = luck.choice((P, U)), luck.choice(SAID)
        said.append(f"{luck.choice(HEADS[kind])}{text}{luck.choice('。；') if luck.random() < 0.8 else chr(10)}")
        put.append((kind, text))
    return "".join(said), put


@pytest.mark.parametrize("seed", range(200))
def test_the_lines_found_are_the_lines_put_in(seed):
    text, put = dictated(random.Random(seed))  # noqa: S311 - not for secrets
    assert [(line.kind, line.text) for line in ledger_lines(text)] == put


@pytest.mark.parametrize("seed", range(100))
def test_nothing_but_the_lines_goes_with_them(seed):
    text, _put = dictated(random.Random(seed))  # noqa: S311 - not for secrets
    left = without_lines(text)
    assert ledger_lines(left) == []
    plain = [one for one in PLAIN if one in text]
    assert all(one.strip() in left for one in plain)


def test_a_heading_goes_with_the_last_of_its_lines():
    assert without_lines(f"到码头。\n存在问题：\n1.{A}\n2.{C}\n下午返回") == "到码头。\n下午返回"


def test_a_text_of_any_letters_is_read_in_no_time():
    luck = random.Random(14)  # noqa: S311 - not for secrets
    for letters in (
        "问题存在的主要反映我来由办协调：，。 1.一是",
        "问题一是，",
        "我由来去办的事：",
        " 　\n。",
        "无没有了的问题",
    ):
        ledger_lines("".join(luck.choices(letters, k=20_000)))
