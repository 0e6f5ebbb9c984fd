"""Charts as SVG, by hand: rows of bars with marks, in light and dark, readable without colours.

A row is a label, bars one beneath the other, and the goal's line across them. Lengths are shares of the row's own
scale, so that a row can be read alone; numbers stand at its right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP = 900, 240, 180, 62
BAR, GAP, ROW_GAP, LABEL = 13, 4, 18, 30

_STYLE = """
text { font: 13px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2328 }
.page { fill: #ffffff } .title { font-weight: 600; font-size: 15px }
.number { font-weight: 600; font-size: 12px } .quiet { fill: #59636e; font-size: 12px }
.ours { fill: #1f6feb } .other { fill: #c4ccd6 } .track { fill: #f1f3f6 } .goal { stroke: #bc4c00; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .page { fill: #0d1117 } .quiet { fill: #9198a1 }
  .ours { fill: #4c8dff } .other { fill: #4a5361 } .track { fill: #171d26 } .goal { stroke: #f0883e }
}"""


@dataclass(frozen=True)
class Bar:
    """`share` of the row's scale, and the number that is written beside it. `start`: where it begins."""

    name: str
    share: float
    text: str
    ours: bool = False
    start: float = 0.0


@dataclass(frozen=True)
class Row:
    """`goal`: where on the scale it is, or None. `scale` says what the whole width is."""

    label: str
    scale: str
    bars: Sequence[Bar]
    goal: float | None = None

    @property
    def height(self) -> int:
        """Room for the bars, and for the label's two lines."""
        return max(self.bars_height, LABEL if self.scale else 0)

    @property
    def bars_height(self) -> int:
        return len(self.bars) * (BAR + GAP) - GAP


def chart(title: str, explained: str, rows: Sequence[Row]) -> str:
    """The picture as text. `explained` is its second line: what the width is, what the marks are."""
    height = TOP + sum(row.height + ROW_GAP for row in rows) + 4
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        f'role="img" aria-label="{escape(title, quote=True)}">',
        f"<style>{_STYLE}\n</style>",
        f'<rect class="page" width="{WIDTH}" height="{height}" rx="8"/>',
        _text(16, 24, title, "title"),
        _text(16, 44, explained, "quiet"),
    ]
    y = TOP
    for row in rows:
        lines += _row(row, y)
        y += row.height + ROW_GAP
    return "\n".join([*lines, "</svg>", ""])


def _row(row: Row, y: int) -> Iterator[str]:
    wide = WIDTH - LEFT - RIGHT
    yield _text(16, y + 11, row.label, "")
    if row.scale:
        yield _text(16, y + 26, row.scale, "quiet")
    yield f'<rect class="track" x="{LEFT}" y="{y - 3}" width="{wide}" height="{row.bars_height + 6}" rx="3"/>'
    for number, bar in enumerate(row.bars):
        top = y + number * (BAR + GAP)
        start, end = (LEFT + wide * min(1.0, max(0.0, share)) for share in (bar.start, bar.share))
        kind = "ours" if bar.ours else "other"
        length = max(2.0, end - start)
        yield f'<rect class="{kind}" x="{start:.1f}" y="{top}" width="{length:.1f}" height="{BAR}" rx="2"/>'
        yield _text(LEFT + wide + 10, top + 11, f"{bar.text}  {bar.name}".rstrip(), "number" if bar.ours else "quiet")
    if row.goal is not None:
        x = LEFT + wide * min(1.0, row.goal)
        yield f'<line class="goal" x1="{x:.1f}" x2="{x:.1f}" y1="{y - 5}" y2="{y + row.bars_height + 5}"/>'


def _text(x: float, y: float, text: str, kind: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text x="{x:g}" y="{y:g}"{named}>{escape(text)}</text>'
