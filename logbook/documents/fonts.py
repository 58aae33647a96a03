"""Where fonts are looked for, and which stand in for which. Commercial fonts are named, never shipped."""

import sys
from importlib.util import find_spec
from pathlib import Path

# Tried glyph by glyph, in this order. The Noto fonts have every character a name can need, 喆堃珺玥镕 among them.
FAMILIES = {
    "body": ("FangSong_GB2312", "FangSong", "STFangsong", "FandolFang R", "Noto Serif SC", "Noto Serif CJK SC"),
    "kai": ("KaiTi_GB2312", "KaiTi", "STKaiti", "FandolKai", "Noto Serif SC", "Noto Serif CJK SC"),
    "hei": ("SimHei", "STHeiti", "FandolHei", "Noto Sans SC", "Noto Sans CJK SC"),
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "Noto Serif SC", "Noto Serif CJK SC"),
    "song": ("SimSun", "STSong", "FandolSong", "Noto Serif SC", "Noto Serif CJK SC"),
}


def folders(own: Path | None = None) -> list[Path]:
    """Where fonts are besides the system's own places, which the typesetter knows: a site's folder, and ours."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    ours = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    return [folder for folder in (*([own] if own else []), *ours) if folder.is_dir()]


def found(own: Path | None = None) -> dict[str, list[str]]:
    """Of each face the families that are there, the one that sets the text first; loads the typesetter."""
    import typst  # noqa: PLC0415 - it would stay in memory: only the command asks

    there = set(typst.Fonts(font_paths=[str(one) for one in folders(own)]).families())
    return {face: [family for family in wanted if family in there] for face, wanted in FAMILIES.items()}


FACES = {"title": "小标宋", "body": "仿宋", "kai": "楷体", "hei": "黑体", "song": "宋体"}


def main(own: Path) -> None:
    """Print what a paper is set in: a face a line."""
    for face, families in found(own).items():
        print(FACES[face], "、".join(families) or "无 none", sep="\t")  # noqa: T201 - the command's own answer


if __name__ == "__main__":
    main(Path(sys.argv[1]))
