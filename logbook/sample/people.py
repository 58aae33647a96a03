"""The sample bureau's people: generated names, posts, roles, passphrases. None of them is real."""

from dataclasses import dataclass
from random import Random, SystemRandom

from logbook.access import Role

SURNAMES = "赵钱孙李周吴郑冯陈褚卫蒋沈韩杨朱秦许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛范彭郎"
GIVEN = (
    "明远",
    "建宁",
    "晓棠",
    "文澜",
    "志衡",
    "雨桐",
    "国栋",
    "若溪",
    "振川",
    "海棣",
    "静岚",
    "承泽",
    "书筠",
    "永锐",
    "思齐",
)
RARE = ("喆安", "堃石", "珺宁", "玥岚", "镕川")
WORDS = (
    "matou",
    "humian",
    "chenwu",
    "songtao",
    "shiqiao",
    "duchuan",
    "dengta",
    "shandao",
    "muwu",
    "luwei",
    "bailu",
    "yunshan",
    "zhandao",
    "quanyan",
    "fengling",
    "zhufa",
    "tongluo",
    "zhiyuan",
    "chalong",
    "yupeng",
)
MEMBER_POSTS = (
    "党组书记、局长",
    "党组成员、副局长",
    "党组成员、副局长",
    "党组成员、副局长",
    "党组成员、派驻纪检监察组组长",
    "党组成员、总工程师",
    "党组成员、机关党委书记",
)


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """Someone to be added; without roles there is no account."""

    name: str
    post: str
    order: int
    sign_in_name: str = ""
    password: str = ""
    roles: frozenset[Role] = frozenset()


def names(random: Random, count: int) -> list[str]:
    """Different names, the rare characters among the first."""
    surnames = random.sample(SURNAMES, len(SURNAMES))
    given = [*RARE, *random.sample(GIVEN, len(GIVEN)), *(a[0] + b[1] for a in GIVEN for b in GIVEN if a != b)]
    return [surnames[i % len(surnames)] + given[i] for i in range(count)]


def passphrase() -> str:
    """Four words of Latin letters and a number: a password field takes no Chinese input. Never the same twice:
    people try a demonstration with real notes.
    """
    chance = SystemRandom()
    return "-".join(chance.sample(WORDS, 4)) + f"-{chance.randint(100, 999)}"


def cast(random: Random, secretaries: int) -> list[SamplePerson]:
    """Seven members (the first leads), two of the office, a sysadmin, then secretaries without an account."""
    found = names(random, 10 + secretaries)
    people = []
    for i, post in enumerate(MEMBER_POSTS):
        roles = frozenset({Role.LEADER, Role.MEMBER} if i == 0 else {Role.MEMBER})
        people.append(SamplePerson(found[i], post, i + 1, f"chengyuan{i + 1}", passphrase(), roles))
    office, admin = frozenset({Role.OFFICE}), frozenset({Role.SYSADMIN})
    people.append(SamplePerson(found[7], "党办主任", 20, "dangban1", passphrase(), office))
    people.append(SamplePerson(found[8], "党办干部", 21, "dangban2", passphrase(), office))
    people.append(SamplePerson(found[9], "信息中心工程师", 40, "guanli", passphrase(), admin))
    people += [SamplePerson(name, "党支部书记", 60 + i) for i, name in enumerate(found[10:])]
    return people
