"""Where fonts are looked for, and which stand in for which. Commercial fonts are named, never shipped."""

from importlib.util import find_spec
from pathlib import Path

SYSTEM = ("/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "C:/Windows/Fonts")
# Tried glyph by glyph, in this order. The Noto fonts have every character a name can need, 喆堃珺玥镕 among them.
FAMILIES = {
    "body": ("FangSong_GB2312", "FangSong", "STFangsong", "FandolFang R", "Noto Serif SC", "Noto Serif CJK SC"),
    "kai": ("KaiTi_GB2312", "KaiTi", "STKaiti", "FandolKai", "Noto Serif SC", "Noto Serif CJK SC"),
    "hei": ("SimHei", "STHeiti", "FandolHei", "Noto Sans SC", "Noto Sans CJK SC"),
    "title": ("FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "方正小标宋简体", "Noto Serif SC", "Noto Serif CJK SC"),
    "song": ("SimSun", "STSong", "FandolSong", "Noto Serif SC", "Noto Serif CJK SC"),
}


def folders(own: Path | None = None) -> list[Path]:
    """The folders fonts are read from: the site's own first, then the system's, then the ones we depend on."""
    spec = find_spec("pylopdf_fonts_zh_cn")
    ours = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    wanted = [*([own] if own else []), *map(Path, SYSTEM), *ours]
    return [folder for folder in wanted if folder.is_dir()]
