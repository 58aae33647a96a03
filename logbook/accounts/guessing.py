"""What a password must not be made of: the words around a Party office, with digits, years and signs about them.

Foreign lists of leaked passwords know `password1`; whoever guesses here begins with `dangban2026` or `woaini1314`.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from logbook.accounts.models import Person

_COMMON = """
    woaini woaiwo aini iloveyou loveyou love baobei baobao laopo laogong mama baba yijia xingfu kuaile pingan jiankang
    facai gongxi jixiang ruyi meili zhongguo china beijing woaizhongguo zuguo renmin nihao hello welcome qwerty asdfgh
    admin administrator guanli guanliyuan root test ceshi user yonghu guest demo login denglu password passwd passw pass
    pwd mima kouling xinmima wodemima secret key system xitong computer diannao wangluo internet wifi weixin wechat
    dingding qq sunshine dragon monkey master super abcd abcde abcdef letmein changeme chushi morenmima
"""
_POSTS = """
    dangban dangzu dangwei danggongwei dangyuan dangzong dangzongzhi zhibu dangzhibu dangzuzhi dangjian dang
    gongchandang shuji fushuji dangzushuji zhibushuji weiyuan chengyuan dangzuchengyuan juzhang fujuzhang zhuren
    fuzhuren chuzhang kezhang guzhang zhuxi lingdao ganbu zhiyuan bangongshi zuzhike zuzhi renshi qungong dangqun
    gongzuobu jiguan jiguandangwei jiwei jijian duban mishu gongwei gongwuyuan danwei keshi chushi jingqu fengjingqu
    jingdian gongyuan guanliju guanlichu guanlisuo fengjing lvyou wenlv shizhi shiju
"""
_PRODUCT = """
    xiajiceng jiceng jilu jiluben xiajicengjiluben logbook guadian lianxi bangfu baolian guagou dangan zhengce wenti
    wentiqingdan zhenggai qingdan taizhang pishi shuzhi dianping ceping pingyi cepingbiao huibao huizong niandu zongjie
    huiyi tongbao kaohe gongzuo zuofeng xuexi xuexiqiangguo chuxin shiming buwangchuxin zhuti zhutidangri hongqi
"""
_SURNAMES = """
    wang li zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang song zheng xie han tang
    feng yu dong xiao cheng cao yuan deng fu shen zeng peng lv su lu jiang cai jia ding wei xue ye yan pan du dai xia
    zhong tian ren fan fang shi yao tan liao zou xiong jin hao kong bai cui kang mao qiu qin gu hou shao meng long wan
"""
# Years, 520 (I love you), 1314 (for ever), luck, and what a thumb types: the digits that stand beside a word.
_DIGITS = """
    520 521 1314 5201314 5211314 1314520 168 188 666 888 999 518 918 110 119 120 12306 10086 147 258 369 159 357
    147258 258369 147258369 159357 789456 456789 741852963 112233 123123 123321 147852 7758258 7758521 2580
"""
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "abcdefghijklmnopqrstuvwxyz", "qazwsxedcrfvtgbyhnujm", "poiuytrewq")
_COLUMNS = ("qaz", "wsx", "edc", "rfv", "tgb", "yhn", "ujm", "zaq", "xsw", "cde", "vfr", "bgt", "nhy", "mju")
_DIGIT_ROWS = ("01234567890", "09876543210", "13579", "24680")
SHORTEST_WALK = 3
MOST_LEFT = 3  # letters that hide no word: dangbanx2026
MOST_LEFT_IN_ALL = 4  # letters and digits: of a12345678 the a is all there is to guess
# What stands for a letter; a digit or a sign may also stand for itself.
_LEET = {
    "@": "a", "4": "a", "8": "b", "(": "c", "3": "e", "6": "g", "9": "g", "!": "il", "1": "il", "|": "il", "0": "o",
    "$": "s", "5": "s", "7": "t", "+": "t", "2": "z",
}  # fmt: skip
_PATTERNS = tuple(
    map(
        re.compile,
        (
            r"(?:19|20)\d\d",  # a year, a month of it, a day of it
            r"(?:19|20)\d\d(?:0[1-9]|1[0-2])",
            r"(?:19|20)\d\d(?:0?[1-9]|1[0-2])(?:0?[1-9]|[12]\d|3[01])",
            r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
            r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
            r"1[3-9]\d{9}",  # a mobile number
            r"(.)\1{2,}",
        ),
    )
)
_HAN = re.compile(r"[\u3400-\u9fff]+")
_REPEATED = re.compile(r"(.+?)\1+")


def _runs(rows: Iterable[str], shortest: int) -> Iterator[str]:
    for row in rows:
        for line in (row, row[::-1]):
            for begin in range(len(line)):
                yield from (line[begin:end] for end in range(begin + shortest, len(line) + 1))


WORDS = frozenset(f"{_COMMON} {_POSTS} {_PRODUCT}".split())
_WALKS = frozenset([*_runs(_ROWS, SHORTEST_WALK), *_COLUMNS])
SURNAME_LETTERS = 2  # what a surname counts for: one may be anybody's, and four in a row are luwei-chenwu
# What is guessed everywhere, and how many letters that would take to guess each is worth.
_ALWAYS = dict.fromkeys(_SURNAMES.split(), SURNAME_LETTERS) | dict.fromkeys(WORDS | _WALKS, 0)
_NUMBERS = frozenset([*_DIGITS.split(), *_runs(_DIGIT_ROWS, SHORTEST_WALK)])


# --- the words of this unit and this person -------------------------------------------------------


def words_around(person: Person, names: Iterable[str]) -> list[str]:
    """Return what a colleague would try first: the person's name, post, sign-in name, the unit and its places."""
    own = person.pinyin.split()
    found = {*own, "".join(own), "".join(own[1:]), "".join(own[1:] + own[:1]), "".join(one[:1] for one in own)}
    found |= {part for part in re.split(r"[^a-z]+", (person.sign_in_name or "").lower()) if len(part) > 1}
    for name in (person.post, *names):
        found |= {*_parts(_syllables(name)), *re.findall("[a-z]+", name.lower())}
    both = found | {word.replace("v", "u") for word in found}  # lv is also typed lu
    return sorted(one for one in both if len(one) > 1)


def _parts(syllables: list[str]) -> Iterator[str]:
    """Two syllables or more of a name, in full; three or more by their first letters."""
    for begin in range(len(syllables)):
        for end in range(begin + 2, len(syllables) + 1):
            yield "".join(syllables[begin:end])
            if end - begin > 2:  # noqa: PLR2004 - two letters stand in too many words
                yield "".join(one[0] for one in syllables[begin:end])


def _syllables(name: str) -> list[str]:
    han = "".join(_HAN.findall(name))
    if not han:
        return []
    from pypinyin import lazy_pinyin  # noqa: PLC0415 - 55 MB, needed only when a password is set

    return [one for one in lazy_pinyin(han) if one]


# --- the judgement --------------------------------------------------------------------------------


def is_guessable(password: str, words: Iterable[str]) -> bool:
    """Tell whether a password is one of these words, or a few, with digits, years and signs before, in or behind them.

    Also whether it is nothing but dates, runs of keys and repetitions.
    """
    text = _plain(password)
    repeated = _REPEATED.fullmatch(text)
    if repeated:
        text = repeated[1]
    trie = _trie(_ALWAYS | dict.fromkeys(words, 0))
    letters = sum(one.isalpha() for one in text)
    left = _letters_left(text, trie)
    if left <= MOST_LEFT and left < letters:
        return True
    return _all_left(text, trie) <= MOST_LEFT_IN_ALL


def _plain(password: str) -> str:
    """Lower case, without accents and unseen characters, Chinese as it is spelt."""
    spelt = _HAN.sub(lambda found: "".join(_syllables(found[0])), password)
    letters = unicodedata.normalize("NFKD", spelt.casefold())
    return "".join(one for one in letters if unicodedata.category(one) not in {"Mn", "Cf", "Cc"})


Trie = list[dict[str, int]]  # of each place: by which letter one comes to which
END = ""  # at a place: a word ends here, and what it is worth


def _trie(words: Mapping[str, int]) -> Trie:
    nodes: Trie = [{}]
    for word, worth in words.items():
        at = 0
        for letter in word:
            if letter not in nodes[at]:
                nodes.append({})
                nodes[at][letter] = len(nodes) - 1
            at = nodes[at][letter]
        nodes[at][END] = worth
    return nodes


def _letters_left(text: str, trie: Trie) -> int:
    """How few letters no word covers; digits and signs count for nothing, wherever they stand."""
    ways = {0: 0}  # a place in the trie: the letters left so far
    for character in text:
        following: dict[int, int] = {}
        for at, left in ways.items():
            if not character.isalpha():
                _reach(following, at, left)
            elif at == 0:
                _reach(following, 0, left + 1)
            for letter in _LEET.get(character, character):
                _step(following, trie, at, letter, left)
        ways = following
    return ways.get(0, len(text))


def _step(following: dict[int, int], trie: Trie, at: int, letter: str, left: int) -> None:
    reached = trie[at].get(letter)
    if reached is not None and letter:
        _reach(following, reached, left)
        if END in trie[reached]:
            _reach(following, 0, left + trie[reached][END])


def _reach(ways: dict[int, int], at: int, left: int) -> None:
    ways[at] = min(left, ways.get(at, left))


def _all_left(text: str, trie: Trie) -> int:
    """How few letters and digits neither a word nor a date, a run or a repetition covers; signs count for nothing."""
    bare = "".join(one for one in text if one.isalnum())
    best = [0] + [len(bare)] * len(bare)
    for begin in range(len(bare)):
        left = best[begin]
        best[begin + 1] = min(best[begin + 1], left + 1)
        for end, worth in _ends(bare, begin, trie):
            best[end] = min(best[end], left + worth)
    return best[-1]


def _ends(bare: str, begin: int, trie: Trie) -> Iterator[tuple[int, int]]:
    """Where something guessable that begins here may end, and what it is worth."""
    for pattern in _PATTERNS:
        found = pattern.match(bare, begin)
        if found:
            yield found.end(), 0
    yield from ((begin + len(one), 0) for one in _NUMBERS if bare.startswith(one, begin))
    at: int | None = 0
    for end in range(begin, len(bare)):
        at = trie[at].get(bare[end]) if at is not None else None
        if at is None:
            return
        if END in trie[at]:
            yield end + 1, trie[at][END]
