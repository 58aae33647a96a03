"""Other spellings of a name that look the same in print, and names that do not."""

from hypothesis import strategies as st

PADS = ("", "", "", " ", "　", "\u00a0", "\u2003", "\u200b", "\ufeff", "\u2060", "\u00ad")
OF_ONE = {
    "·": "•・‧⋅∙･", "（": "(〔【［", "）": ")〕】］", "一": "1１①", "二": "2２②", "吕": "呂", "温": "溫", "吴": "吳呉",
    "黄": "黃", "内": "內", "马": "⻢",
}  # fmt: skip
TWELVE = ("十二", "12", "１２")
_PAIRS = """
张三=张山 张三=章三 张伟=張偉 张升=张昇 王钰=王玉 李镕=李熔 闫玥=阎玥 陈晨=陈辰
刘洋=刘阳 云书筠=云书君 孔明棠=孔明堂 吕晓棠=吕小棠 窦承泽=窦成泽 柏建宁=柏健宁 查祎=查伟 单昇=单升
欧阳静=欧阳靖 卫东=魏东 萧然=肖然 于谦=余谦 付强=傅强 戴青=代青 第一党支部=第二党支部 第一党支部=第十一党支部
第十二党支部=第一二党支部 第二十党支部=第十二党支部 机关党支部=机关党总支 机关第一党支部=机关党支部
离退休党支部=退休党支部 A区支部=B区支部 东湖党支部=东湖镇党支部 湖管处（一）支部=湖管处（二）支部
阿依·古丽=阿依古丽 张三（男）=张三（女） 马明=马鸣 黄河=皇河 内务=肉务 青湖=清湖 户籍科=户藉科 未央=末央
王士=王土 田由=田甲 李明=李朋 大山=太山 人民=入民 日升=曰升 己亥=已亥 朱千=朱干 凌云=凌雲
"""
DIFFER = [*(pair.split("=") for pair in _PAIRS.split()), ("Li Si", "Li Shi"), ("John Smith", "JohnSmith")]


@st.composite
def spellings(draw, name):
    """The name as somebody else types it: padded, with other points, brackets, digits, forms."""
    signs = name.replace("十二", "\0")  # as one: nobody writes 1 2
    parts = [draw(st.sampled_from(TWELVE if sign == "\0" else [sign, *OF_ONE.get(sign, "")])) for sign in signs]
    return "".join(f"{draw(st.sampled_from(PADS))}{part}" for part in parts) + draw(st.sampled_from(PADS))
