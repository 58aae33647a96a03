"""The numbers that Word prints before paragraphs, and what styles say of them and of hidden text."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

MOST_LEVELS = 9
_DIGITS = "零一二三四五六七八九"
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_STEMS, _BRANCHES = "甲乙丙丁戊己庚辛壬癸", "子丑寅卯辰巳午未申酉戌亥"
_OFF = {"0", "false", "off"}
_FORMAL = str.maketrans("零一二三四五六七八九十百千", "零壹贰叁肆伍陆柒捌玖拾佰仟")


def value(element: Element | None, path: str, default: str = "") -> str:
    """The w-val of what lies there."""
    found = None if element is None else element.find(path)
    return default if found is None else found.get("val", default)


def switch(element: Element | None, path: str) -> bool | None:
    """A switch that is on, off, or not there."""
    found = None if element is None else element.find(path)
    return None if found is None else found.get("val", "1").lower() not in _OFF


def whole(text: str, default: int = 0) -> int:
    """A whole number as files write it, within what counters can be."""
    return min(int(text), 99_999) if re.fullmatch(r"[0-9]{1,9}", text) else default


@dataclass(slots=True)
class Styles:
    """Each style by its id, and the preset one of paragraphs."""

    by_id: dict[str, Element] = field(default_factory=dict)
    preset: str = ""

    @classmethod
    def of(cls, root: Element | None) -> "Styles":
        """Those of a styles part."""
        found = [] if root is None else root.findall("w-style")
        presets = [one.get("styleId", "") for one in found if one.get("type") == "paragraph" and one.get("default")]
        return cls({one.get("styleId", ""): one for one in found}, presets[0] if presets else "")

    def chain(self, name: str) -> list[Element]:
        """The style and those it is based on."""
        found: list[Element] = []
        while name in self.by_id and self.by_id[name] not in found and len(found) < 20:  # noqa: PLR2004
            found.append(self.by_id[name])
            name = value(found[-1], "w-basedOn")
        return found

    def hides(self, name: str) -> bool:
        """Whether text in it is hidden."""
        said = (switch(one, "w-rPr/w-vanish") for one in self.chain(name))
        return bool(next((one for one in said if one is not None), False))


@dataclass(slots=True)
class Numbers:
    """Counts paragraphs as Word does: lists of one pattern go on with one another unless they start anew."""

    styles: Styles
    patterns: dict[str, Element] = field(default_factory=dict)
    lists: dict[str, Element] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=dict)
    begun: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def of(cls, root: Element | None, styles: Styles) -> "Numbers":
        """Those of a numbering part."""
        if root is None:
            return cls(styles)
        patterns = {one.get("abstractNumId", ""): one for one in root.findall("w-abstractNum")}
        return cls(styles, patterns, {one.get("numId", ""): one for one in root.findall("w-num")})

    def next(self, properties: Element | None) -> str:
        """What is printed before the paragraph, and what divides it from the text; empty where it has no number."""
        name, level = self._place(properties)
        chosen = self.lists.get(name)
        key = self._pattern(chosen)
        if chosen is None or key not in self.patterns:
            return ""
        at = self._level(chosen, key, level)
        if at is None:
            return ""
        self._count(chosen, key, level)
        return self._printed(chosen, key, at)

    def _place(self, properties: Element | None) -> tuple[str, int]:
        """Number and level of the list the paragraph is in, by itself or by its style."""
        style = value(properties, "w-pStyle") or self.styles.preset
        own = None if properties is None else properties.find("w-numPr")
        sources = [*([] if own is None else [own]), *(
            found for one in self.styles.chain(style) if (found := one.find("w-pPr/w-numPr")) is not None
        )]  # fmt: skip
        name = next((said for one in sources if (said := value(one, "w-numId"))), "")
        said = next((said for one in sources if (said := value(one, "w-ilvl"))), "")
        level = whole(said) if said else self._level_of(name, style)
        return name, min(level, MOST_LEVELS - 1)

    def _level_of(self, name: str, style: str) -> int:
        pattern = self.patterns.get(self._pattern(self.lists.get(name)))
        levels = [] if pattern is None else pattern.findall("w-lvl")
        return next((whole(one.get("ilvl", "")) for one in levels if value(one, "w-pStyle") == style), 0)

    def _pattern(self, chosen: Element | None) -> str:
        """The pattern of a list; one that is only a link to a style is followed once."""
        key = value(chosen, "w-abstractNumId")
        link = value(self.patterns.get(key), "w-numStyleLink")
        if link:
            names = (value(one, "w-pPr/w-numPr/w-numId") for one in self.styles.chain(link))
            key = value(self.lists.get(next(filter(None, names), "")), "w-abstractNumId")
        return key

    def _level(self, chosen: Element, key: str, level: int) -> Element | None:
        own = (one.find("w-lvl") for one in chosen.findall("w-lvlOverride") if whole(one.get("ilvl", "")) == level)
        found = next((one for one in own if one is not None), None)
        usual = (one for one in self.patterns[key].findall("w-lvl") if whole(one.get("ilvl", "")) == level)
        return found if found is not None else next(usual, None)

    def _start(self, chosen: Element, key: str, level: int) -> int:
        return whole(value(self._level(chosen, key, level), "w-start", "1"), 1)

    def _count(self, chosen: Element, key: str, level: int) -> None:
        counts, place = self.counts.setdefault(key, {}), (chosen.get("numId", ""), level)
        for one in chosen.findall("w-lvlOverride"):
            anew = value(one, "w-startOverride")
            if anew and whole(one.get("ilvl", "")) == level and place not in self.begun:
                counts[level] = whole(anew) - 1
        self.begun.add(place)
        counts[level] = counts[level] + 1 if level in counts else self._start(chosen, key, level)
        for deeper in [one for one in counts if one > level]:
            restart = value(self._level(chosen, key, deeper), "w-lvlRestart")
            if not restart or (restart != "0" and level < whole(restart)):
                del counts[deeper]

    def _printed(self, chosen: Element, key: str, at: Element) -> str:
        kind, text = value(at, "w-numFmt", "decimal"), value(at, "w-lvlText")
        legal = switch(at, "w-isLgl")
        if kind == "bullet":
            text = "•" if not text or "\ue000" <= text[0] <= "\uf8ff" else text
        else:

            def said(found: re.Match[str]) -> str:
                n = int(found[1]) - 1
                here = self._level(chosen, key, n)
                count = self.counts[key].get(n, self._start(chosen, key, n))
                return numeral(count, "decimal" if legal else value(here, "w-numFmt", "decimal"))

            text = re.sub(r"%([1-9])", said, text)
        tight = not text or value(at, "w-suff") == "nothing" or text[-1] in "、。．）】］：，"
        return text if tight else text + " "


def numeral(n: int, kind: str) -> str:
    """A number in one of Word's formats; one that isn't known here prints as digits."""
    maker = _KINDS.get(kind)
    return maker(n) if maker and n > 0 else ("" if kind == "none" else str(n))


def _chinese(n: int) -> str:
    if n >= 10_000:  # noqa: PLR2004
        return str(n)
    said, blank = "", False
    for unit, size in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit, n = divmod(n, size)
        if digit:
            said += ("零" if blank and said else "") + _DIGITS[digit] + unit
        blank = not digit
    return said[1:] if said.startswith("一十") else said


def _roman(n: int) -> str:
    said = ""
    for size, sign in _ROMAN:
        times, n = divmod(n, size)
        said += sign * min(times, 20)
    return said


def _letter(n: int) -> str:
    return chr(ord("a") + (n - 1) % 26) * min(1 + (n - 1) // 26, 30)


def _ring(n: int) -> str:
    return chr(0x2460 + n - 1) if n <= 20 else str(n)  # noqa: PLR2004


def _formal(n: int) -> str:
    said = _chinese(n)
    return ("一" + said if said.startswith("十") else said).translate(_FORMAL)


_KINDS: dict[str, Callable[[int], str]] = {
    "chineseCounting": _chinese, "chineseCountingThousand": _chinese, "japaneseCounting": _chinese,
    "taiwaneseCounting": _chinese, "taiwaneseCountingThousand": _chinese, "ideographDigital": lambda n: "".join(
        "〇一二三四五六七八九"[int(one)] for one in str(n)),
    "chineseLegalSimplified": _formal, "ideographLegalTraditional": _formal,
    "ideographTraditional": lambda n: _STEMS[(n - 1) % 10], "ideographZodiac": lambda n: _BRANCHES[(n - 1) % 12],
    "lowerLetter": _letter, "upperLetter": lambda n: _letter(n).upper(), "lowerRoman": _roman,
    "upperRoman": lambda n: _roman(n).upper(), "decimalZero": lambda n: f"{n:02}",
    "decimalEnclosedCircle": _ring, "decimalEnclosedCircleChinese": _ring,
    "decimalFullWidth": lambda n: "".join(chr(ord(one) + 0xFEE0) for one in str(n)),
    "decimalEnclosedParen": lambda n: f"({n})", "decimalEnclosedFullstop": lambda n: f"{n}.",
    "numberInDash": lambda n: f"- {n} -",
}  # fmt: skip
