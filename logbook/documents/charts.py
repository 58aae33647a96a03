"""Charts as SVG: attributes only, so that a strict Content-Security-Policy lets them stand in a page."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

NOW, BEFORE, INK, SOFT, AXIS = "#3f6580", "#d3d7dc", "#1d2126", "#59616b", "#9aa1aa"
FONT = "Noto Sans SC, Noto Sans CJK SC, PingFang SC, Microsoft YaHei, sans-serif"
LEFT, TOP, HEIGHT, WIDTH = 30, 30, 150, 624
HATCH = Markup(
    '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<rect width="6" height="6" fill="#ffffff"/><path d="M0 6 L6 0" stroke="#1d2126" stroke-width="1.2"/>'
    "</pattern></defs>"
)


@dataclass(frozen=True, slots=True)
class Series:
    """One value a label."""

    label: str
    values: tuple[int, ...]


def bars(title: str, labels: Sequence[str], series: Sequence[Series], *, pattern: bool = False) -> Markup:
    """Upright bars, the series side by side, the last one the present one; `pattern` survives black-and-white print."""
    top = max((value for one in series for value in one.values), default=0) or 1
    step = WIDTH / max(len(labels), 1)
    wide = step * 0.72 / max(len(series), 1)
    parts = [HATCH] if pattern else []
    for i, label in enumerate(labels):
        left = LEFT + i * step + step * 0.14
        for k, one in enumerate(series):
            newest = k == len(series) - 1
            fill = ("url(#hatch)" if pattern else NOW) if newest else BEFORE
            parts.append(_bar(left + k * wide, wide - 2, one.values[i], top, fill, newest=newest))
        parts.append(_text(left + step * 0.36, TOP + HEIGHT + 20, label, 13 if len(labels) <= 12 else 9, SOFT))  # noqa: PLR2004
    parts.append(Markup('<line x1="24" x2="654" y1="{0}" y2="{0}" stroke="{1}"/>').format(TOP + HEIGHT, AXIS))
    parts += _legend(series, pattern=pattern) if len(series) > 1 else []
    return _svg(title, 660, TOP + HEIGHT + (50 if len(series) > 1 else 30), parts)


def rows(title: str, labels: Sequence[str], values: Sequence[int]) -> Markup:
    """Lying bars, one a category, the value at its end."""
    top = max(values, default=0) or 1
    parts = []
    for i, (label, value) in enumerate(zip(labels, values, strict=True)):
        y = 8 + i * 30
        wide = round(300 * value / top, 1)
        parts.append(_text(110, y + 16, label, 14, INK, anchor="end"))
        parts.append(Markup('<rect x="120" y="{}" width="{}" height="20" fill="{}"/>').format(y, wide, NOW))
        parts.append(_text(128 + wide, y + 16, str(value), 14, INK, anchor="start"))
    return _svg(title, 480, 16 + 30 * len(labels), parts)


def _bar(x: float, wide: float, value: int, top: int, fill: str, *, newest: bool) -> Markup:
    height = round(HEIGHT * value / top, 1)
    y = round(TOP + HEIGHT - height, 1)
    bar = Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}"{}/>').format(
        round(x, 1), y, round(wide, 1), height, fill, Markup(' stroke="#1d2126"') if fill.startswith("url") else ""
    )
    return bar + (
        _text(x + wide / 2, y - 5, str(value), 13 if newest else 11, INK if newest else SOFT) if value else ""
    )


def _text(x: float, y: float, text: str, size: int, fill: str, anchor: str = "middle") -> Markup:
    return Markup('<text x="{}" y="{}" font-size="{}" text-anchor="{}" fill="{}">{}</text>').format(
        round(x, 1), round(y, 1), size, anchor, fill, text
    )


def _legend(series: Sequence[Series], *, pattern: bool) -> list[Markup]:
    parts, x, y = [], LEFT, TOP + HEIGHT + 32
    for k, one in enumerate(series):
        fill = ("url(#hatch)" if pattern else NOW) if k == len(series) - 1 else BEFORE
        parts.append(Markup('<rect x="{}" y="{}" width="12" height="12" fill="{}"/>').format(x, y, fill))
        parts.append(_text(x + 18, y + 11, one.label, 13, SOFT, anchor="start"))
        x += 40 + 14 * len(one.label)
    return parts


def _svg(title: str, width: int, height: int, parts: Sequence[Markup]) -> Markup:
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}" font-family="{}">'
    ).format(width, height, title, FONT)
    return head + Markup("").join(parts) + Markup("</svg>")
