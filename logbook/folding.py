"""Names that look the same in print: one key for both, so that whoever has the other spelling is asked about.

Sameness is of the eye, not of the ear or the sense: 张三 and 张　三, 第1党支部 and 第一党支部, a point of any kind.
What merely sounds alike (钰, 玉), and traditional forms (张, 張; 升, 昇), are other names.
"""

import re
import unicodedata

from logbook.cleaning import clean_line

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_BETWEEN_HAN = re.compile(rf"(?<=[{HAN}]) (?=[{HAN}])")
_BESIDE_HAN = re.compile(rf" (?=[{HAN}()·])|(?<=[{HAN}()·]) ")
_POINT = re.compile("[\u00b7\u0387\u1427\u16eb\u2022\u2024\u2027\u2219\u22c5\u25cf\u2e31\u2e33\u30fb\uff65]")
_FULL_STOP = re.compile(rf"(?<=[{HAN}])\.(?=[{HAN}])")
_OPENING, _CLOSING = re.compile(r"[\[{〔【〖〈《「『﹝]"), re.compile(r"[\]}〕】〗〉》」』﹞]")
_QUOTE = re.compile("[\u2018\u2019\u02bc\u02b9\u2032`\u00b4]")
_DASH = re.compile("[\u2010-\u2015\u2212\u2043\ufe58\u2500\u2501]")
_VARIATION = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# The number of a branch: 第1, 第01, （1）, 1支部; beyond 99 nobody writes them out.
_ORDINAL = re.compile(r"(?<![0-9A-Za-z])0*([1-9][0-9]?)(?![0-9A-Za-z])")
_DIGITS = "零一二三四五六七八九"

# Characters that print alike: forms of before 1965 beside today's (新旧字形), the circle beside the number nought, and
# the radicals that NFKC leaves alone. Only what nobody tells apart without looking twice stands here.
_FORMS = (
    "吕呂 吴吳呉 黄黃 内內 户戶戸 温溫 彦彥 青靑 真眞 强強 没沒 别別 录彔 舍舎 尚尙 奂奐 即卽 既旣 郎郞 教敎 清淸 静靜 "
    "悦悅 税稅 脱脫 俞兪 册冊 删刪 姗姍 黑黒 步歩 涉渉 宫宮 侣侶 值値 每毎 〇○◯⭘"
)
_RADICALS = (
    "民⺠ 西⻄ 见⻅ 角⻆ 贝⻉ 车⻋ 长⻓ 长⻑ 门⻔ 韦⻙ 页⻚ 风⻛ 飞⻜ 食⻝ 饣⻠ 首⻡ 鬼⻤ 马⻢ 鱼⻥ 鸟⻦ "
    "卤⻧ 麦⻨ 黄⻩ 齐⻬ 齿⻮ 竜⻯ 龙⻰ 龟⻳ 兀⺎ 小⺌ 已⺒ 川⺈ 日⺜ 月⺝ 水⺡ 火⺣ 王⺩ 玉⺩ 目⺫ 羊⺶ "
    "老⺹ 肉⺼ 西⻃ 辶⻌ 邑⻏ 青⻘ 斤⺁ 丶⺀"
)
# Greek and Cyrillic letters that print as Latin ones: АБ工程, А区.
_LATIN = str.maketrans(
    "АВЕЅІЈКМНОРСТХаеорсухѕіјΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABESIJKMHOPCTXaeopcyxsijABEZHIKMNOPTYXo"
)  # fmt: skip


def _table(groups: str) -> dict[int, str]:
    return {ord(other): group[0] for group in groups.split() for other in group[1:] if other != group[0]}


_ALIKE = _table(_RADICALS) | _table(_FORMS) | _LATIN


def clean_name(text: str | None) -> str:
    """Return a name as it is kept: 张　三 is 张三, padded at print only; between Latin words stays one blank."""
    return _BETWEEN_HAN.sub("", clean_line(text))


def key(text: str | None) -> str:
    """Return what two names share that look the same in print."""
    plain = _VARIATION.sub("", unicodedata.normalize("NFKC", clean_line(text).translate(_ALIKE))).translate(_ALIKE)
    plain = _CLOSING.sub(")", _OPENING.sub("(", plain))
    plain = _DASH.sub("-", _QUOTE.sub("'", _POINT.sub("·", plain)))
    plain = _ORDINAL.sub(lambda found: _numeral(int(found[1])), " ".join(plain.split()))
    return _FULL_STOP.sub("·", _BESIDE_HAN.sub("", plain))


def _numeral(n: int) -> str:
    tens, ones = divmod(n, 10)
    ten = f"{_DIGITS[tens] if tens > 1 else ''}十" if tens else ""
    return f"{ten}{_DIGITS[ones] if ones or not tens else ''}"
