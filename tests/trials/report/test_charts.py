"""Charts say what they show, follow the page's policy, and are the same bytes for the same figures."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from bureaux_volants.trials.estimating.results import Estimate, Point
from bureaux_volants.trials.report import charts

EFFECT = Estimate("did", "", -9.1, 2.0, -13.0, -5.2, 0.001, 1000, 90, 8)
POINTS = [Point(w, -1.0 * max(w, 0), 1.0, -w - 2.0, -w + 2.0, -w - 3.0, -w + 3.0) for w in range(-4, 8)]


def drawn() -> list[str]:
    return [
        charts.interval(EFFECT, 10.0, decrease=True, unit="km par agent et par semaine", title="L'effet & le seuil"),
        charts.event_study(POINTS, unit="km par agent et par semaine", title="Semaine après semaine"),
        charts.event_study(
            POINTS,
            unit="km par agent et par semaine",
            title="Semaine après semaine",
            key="study-narrow",
            is_narrow=True,
        ),
    ]


def test_the_same_figures_are_the_same_bytes() -> None:
    assert drawn() == drawn()


@pytest.mark.parametrize("svg", drawn())
def test_a_chart_has_a_title_a_description_and_one_name_each(svg: str) -> None:
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    names = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(names) == len(set(names))
    assert set((root.get("aria-labelledby") or "").split()) <= set(names)
    assert set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", svg)) <= set(names)


@pytest.mark.parametrize("svg", drawn())
def test_a_chart_follows_the_pages_policy_and_its_colours(svg: str) -> None:
    assert "style=" not in svg
    assert "<style" not in svg
    assert "currentColor" in svg
    assert "<text" in svg


def test_on_a_telephone_words_keep_their_size_and_the_drawing_is_narrower() -> None:
    wide, narrow = (ET.fromstring(svg) for svg in drawn()[1:])

    def width(root: ET.Element) -> float:
        return float((root.get("viewBox") or "").split()[2])

    def sizes(root: ET.Element) -> set[str | None]:
        return {e.get("font-size") for e in root.iter() if e.tag.endswith("}text")}

    assert width(narrow) < 300 < width(wide)
    assert sizes(narrow) == sizes(wide)


def test_a_page_that_shows_both_has_one_name_each() -> None:
    names = [e.get("id") for svg in drawn() for e in ET.fromstring(svg).iter() if e.get("id")]
    assert len(names) == len(set(names))


def test_a_chart_tells_its_figures_in_words() -> None:
    assert "Effet −9,1, intervalle à 95 % de −13,0 à −5,2, seuil −10,0." in drawn()[0]
