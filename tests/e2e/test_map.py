"""The map says names as they are written: a name is text, whatever it looks like."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.factories import TUESDAY

from .conftest import SignIn, World

pytestmark = pytest.mark.browser

NAME = """<img src=x onerror="document.title='lu'"> & <b>Fils</b> d'"Hier\""""


def test_a_site_named_like_markup_is_shown_as_it_is_written(as_persona: SignIn, world: World) -> None:
    world.marly.name = NAME
    world.marly.save()
    page = as_persona("agent@metz.example")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(f"/bureaux/?date={TUESDAY}&part=day")
    assert page.locator("#map-data").count() == 1
    pin = page.locator(".leaflet-marker-icon", has=page.locator("xpath=self::*[contains(@aria-label, '<img')]"))
    expect(pin).to_have_count(1)
    # A map that is still moving under the pointer loses it.
    pin.element_handle().wait_for_element_state("stable")
    pin.hover(force=True)
    tip = page.locator(".leaflet-tooltip")
    if not tip.count():
        page.mouse.move(0, 0)
        pin.hover(force=True)
    expect(tip).to_contain_text(NAME)
    assert page.locator(".leaflet-container :is(img, b)").count() == 0
    assert page.locator("img[src='x']").count() == 0
    # The list says the same, in the same words.
    expect(page.locator("#site-mairie-marly")).to_contain_text(NAME)
    assert page.title() != "lu"
