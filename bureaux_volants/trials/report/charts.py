"""Charts of a trial as accessible SVG: the same figures give the same bytes. Pure.

matplotlib is imported when a chart is drawn, so that a web process does not pay for it at its start; its object interface is used,
never pyplot, whose state is shared between threads. Lines and words are `currentColor`: legible on a light page and on a dark one.
"""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from bureaux_volants.trials.estimating.conclusion import number
from bureaux_volants.trials.estimating.results import Estimate, Point

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: What matplotlib draws in this colour becomes `currentColor`: no other mark of a chart has it.
INK = "#123456"
#: Told apart on white and on black, in shade too.
ACCENT = "#2f80c8"
#: Inches, at 72 points each: on a page, and in a telephone's hand, where a chart as wide would have words too small to read.
_WIDE, _NARROW = 6.4, 3.9
_HEIGHT = 3.4
#: matplotlib's settings are the process's: one chart is written at a time.
_WRITING = threading.Lock()


def _figure(height: float = _HEIGHT, *, is_narrow: bool = False) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_NARROW if is_narrow else _WIDE, height), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color(INK)
    axes.tick_params(colors=INK)
    return figure, axes


def _svg(figure: Figure, key: str, title: str, description: str) -> str:
    from matplotlib import rc_context

    out = io.StringIO()
    with _WRITING, rc_context({"svg.hashsalt": key, "svg.fonttype": "none", "font.family": "sans-serif"}):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = out.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    # The style sheet inside and the inline styles are attributes of presentation: a page's policy forbids them otherwise.
    drawn = re.sub(r"<defs>\s*<style[^>]*>.*?</style>\s*</defs>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r'style="([^"]*)"', lambda found: _attributes(found[1]), drawn)
    drawn = drawn.replace(INK, "currentColor")
    # Names are of this chart: a page inlines several.
    drawn = re.sub(r'\bid="', f'id="{key}-', drawn)
    drawn = re.sub(r'(href="#|url\(#)', rf"\g<1>{key}-", drawn)
    head = (
        f'<svg role="img" class="chart" aria-labelledby="{key}-title {key}-desc" '
        f'fill="none" stroke-linejoin="round" stroke-linecap="butt" '
    )
    drawn = re.sub(r' (?:width|height)="[\d.]+pt"', "", drawn, count=2)
    drawn = drawn.replace("<svg ", head, 1)
    words = f'<title id="{key}-title">{escape(title)}</title><desc id="{key}-desc">{escape(description)}</desc>'
    at = drawn.index(">") + 1
    return drawn[:at] + words + drawn[at:]


def _attributes(style: str) -> str:
    found = []
    for part in filter(None, (p.strip() for p in style.split(";"))):
        name, _colon, value = part.partition(":")
        if name.strip() == "font":
            size = re.search(r"([\d.]+)px", value)
            found.append(f'font-size="{size[1] if size else 10}" font-family="sans-serif"')
        else:
            found.append(f'{name.strip()}="{value.strip()}"')
    # A chart's words are not painted by the rule that leaves its lines unfilled.
    if any(a.startswith("font-size") for a in found) and not any(a.startswith("fill=") for a in found):
        found.append('fill="currentColor"')
    return " ".join(found)


def interval(
    estimate: Estimate,
    threshold: float,
    *,
    decrease: bool,
    unit: str,
    title: str,
    key: str = "effect",
    is_narrow: bool = False,
) -> str:
    """The effect with its 95 % interval, against zero and against the threshold of the protocol."""
    figure, axes = _figure(1.9, is_narrow=is_narrow)
    at = -threshold if decrease else threshold
    axes.axvline(0, color=INK, linewidth=1)
    axes.axvline(at, color=INK, linewidth=1.5, linestyle="--")
    axes.plot([estimate.low, estimate.high], [0, 0], color=ACCENT, linewidth=4, solid_capstyle="butt")
    axes.plot([estimate.value], [0], "o", color=ACCENT, markersize=10)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_ylim(-1, 1)
    axes.text(0, 1.02, "aucun effet", color=INK, ha="center", va="bottom")
    axes.text(at, 1.02, "seuil", color=INK, ha="center", va="bottom")
    axes.set_xlabel(unit, color=INK)
    description = (
        f"Effet {number(estimate.value)}, intervalle à 95 % de {number(estimate.low)} à {number(estimate.high)}, "
        f"seuil {number(at)}."
    )
    return _svg(figure, key, title, description)


def event_study(points: Sequence[Point], *, unit: str, title: str, key: str = "study", is_narrow: bool = False) -> str:
    """Effects by week since the opening, with pointwise bars and the simultaneous band."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = _figure(is_narrow=is_narrow)
    points = sorted(points, key=lambda p: p.when)
    when = [p.when for p in points]
    axes.axhline(0, color=INK, linewidth=1)
    axes.axvline(-0.5, color=INK, linewidth=1, linestyle="--")
    axes.fill_between(when, [p.band_low for p in points], [p.band_high for p in points], color=ACCENT, alpha=0.25)
    for p in points:
        axes.plot([p.when, p.when], [p.low, p.high], color=ACCENT, linewidth=2)
    axes.plot(when, [p.value for p in points], "o", color=ACCENT, markersize=5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("semaines depuis l'ouverture", color=INK)
    axes.set_ylabel(unit, color=INK)
    before = sum(1 for p in points if p.when < 0)
    description = (
        f"{before} semaines avant l'ouverture et {len(points) - before} après ; les valeurs sont dans le tableau."
    )
    return _svg(figure, key, title, description)


def months(
    points: Sequence[tuple[str, float, float | None, float | None]],
    *,
    unit: str,
    title: str,
    key: str = "months",
    is_narrow: bool = False,
) -> str:
    """One figure by month: (month, value, low, high), with its interval where it has one. Months without a figure are not drawn."""
    figure, axes = _figure(is_narrow=is_narrow)
    places = range(len(points))
    axes.plot(places, [value for _month, value, _low, _high in points], color=ACCENT, linewidth=1.5)
    axes.plot(places, [value for _month, value, _low, _high in points], "o", color=ACCENT, markersize=5)
    for place, (_month, _value, low, high) in zip(places, points, strict=True):
        if low is not None and high is not None:
            axes.plot([place, place], [low, high], color=ACCENT, linewidth=2)
    # At most so many names under the axis: more would be written over each other.
    step = 1 + (len(points) - 1) // (4 if is_narrow else 8)
    axes.set_xticks(list(places)[::step], [month for month, _value, _low, _high in points][::step])
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set_ylabel(unit, color=INK)
    first, last = points[0], points[-1]
    description = (
        f"{len(points)} mois, de {number(first[1])} ({first[0]}) à {number(last[1])} ({last[0]}) ; "
        "les valeurs sont dans le tableau."
    )
    return _svg(figure, key, title, description)
