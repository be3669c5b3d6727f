"""Small charts as inline SVG. Pure: texts and shares in, markup out.

Written here rather than drawn by a plotting library, because a figure inside a page must follow its colours (light, dark,
high contrast), its font and its width: positions are shares of the width, texts are texts. Styles are in fleet.css: the
policy of the pages allows no inline style. Each chart has a title and a description for those who do not see it; the table
beside it has the figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_ROW, _BAR = 44, 12
_COLUMNS = 150


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: `share` of the longest that could be, `said` in words; `low` and `high` bound its interval."""

    label: str
    share: float
    said: str
    low: float | None = None
    high: float | None = None


def _percent(share: float) -> str:
    return f"{100 * max(0.0, min(1.0, share)):.2f}%"


def _figure(name: str, title: str, told: str, height: int, kind: str, inside: SafeString) -> SafeString:
    return format_html(
        '<svg class="chart {}" width="100%" height="{}" role="img" aria-labelledby="{name}-title {name}-told">'
        '<title id="{name}-title">{}</title><desc id="{name}-told">{}</desc>{}</svg>',
        kind,
        height,
        title,
        told,
        inside,
        name=name,
    )


def bars(name: str, title: str, rows: Sequence[Bar]) -> SafeString:
    """Horizontal bars, one under the other, each under its label and its figure. `name` is unique on the page."""
    told = " ; ".join(f"{row.label} : {row.said}" for row in rows)
    drawn = format_html_join("", "{}", ((_bar(n * _ROW, row),) for n, row in enumerate(rows)))
    return _figure(name, title, told, _ROW * len(rows), "bars", drawn)


def _bar(top: int, row: Bar) -> SafeString:
    return format_html(
        '<text x="0" y="{}">{}</text><text class="said" x="100%" y="{}">{}</text>'
        '<rect class="ground" x="0" y="{y}" width="100%" height="{h}" rx="3"/>'
        '<rect class="bar" x="0" y="{y}" width="{}" height="{h}" rx="3"/>{}',
        top + 16,
        row.label,
        top + 16,
        row.said,
        _percent(row.share),
        _whisker(row, top + 24 + _BAR // 2),
        y=top + 24,
        h=_BAR,
    )


def _whisker(row: Bar, middle: int) -> SafeString:
    if row.low is None or row.high is None:
        return SafeString("")
    return format_html(
        '<line class="whisker under" x1="{a}" x2="{b}" y1="{y}" y2="{y}"/><line class="whisker" x1="{a}" x2="{b}" y1="{y}" y2="{y}"/>',
        a=_percent(row.low),
        b=_percent(row.high),
        y=middle,
    )


def columns(name: str, title: str, rows: Sequence[Bar], *, labelled: bool = True) -> SafeString:
    """Columns side by side: hours of a day, or many units (then without labels: the table names them)."""
    told = " ; ".join(f"{row.label} : {row.said}" for row in rows) if labelled else ""
    count = max(1, len(rows))
    drawn = format_html_join("", "{}", ((_column(n, count, row, labelled),) for n, row in enumerate(rows)))
    foot = format_html('<line class="foot" x1="0" x2="100%" y1="{y}" y2="{y}"/>', y=_COLUMNS)
    return _figure(name, title, told or title, _COLUMNS + (24 if labelled else 4), "columns-chart", drawn + foot)


def _column(place: int, count: int, row: Bar, labelled: bool) -> SafeString:
    height = max(1.0, (_COLUMNS - 22) * max(0.0, min(1.0, row.share)))
    gap = 0.22 if labelled else 0.1
    shape = format_html(
        '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"/>',
        _percent((place + gap / 2) / count),
        f"{_COLUMNS - height:.1f}",
        _percent((1 - gap) / count),
        f"{height:.1f}",
    )
    if not labelled:
        return shape
    middle = _percent((place + 0.5) / count)
    return shape + format_html(
        '<text class="middle" x="{x}" y="{}">{}</text><text class="middle said" x="{x}" y="{}">{}</text>',
        _COLUMNS + 18,
        row.label,
        f"{_COLUMNS - height - 6:.1f}",
        row.said,
        x=middle,
    )
