"""Pictures for the welcome sheets of the demonstration, drawn by program: a quiet house front, a quiet desk. No photograph.

The same name draws the same picture on every machine.
"""

from __future__ import annotations

import io
from random import Random

from PIL import Image, ImageDraw

#: Drawn twice as large and made smaller: edges are smooth.
WIDTH, HEIGHT, TWICE = 720, 540, 2

WALLS = ("#d9c7a8", "#cfd3cf", "#e2d5c3", "#c9b7a4", "#d8d2c4")
ROOFS = ("#7a5a52", "#5f666b", "#86645a")
DOORS = ("#662a6d", "#2f5d62", "#7b4b2a")
SKY, GROUND, PATH, GLASS, FRAME, LEAF, TRUNK = (
    "#dfe9ee",
    "#b9c7a0",
    "#d6cfbf",
    "#8fb0bd",
    "#f4efe6",
    "#7f9a6b",
    "#7a6450",
)


class Sheet:
    """A picture in thousandths of its width and of its height."""

    def __init__(self, colour: str) -> None:
        self.image = Image.new("RGB", (WIDTH * TWICE, HEIGHT * TWICE), colour)
        self.pen = ImageDraw.Draw(self.image)

    def at(self, x: float, y: float) -> tuple[int, int]:
        return round(x * WIDTH * TWICE / 1000), round(y * HEIGHT * TWICE / 1000)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self.pen.rectangle((self.at(left, top), self.at(right, bottom)), fill=colour)

    def round(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        self.pen.ellipse((self.at(left, top), self.at(right, bottom)), fill=colour)

    def shape(self, *points: tuple[float, float], colour: str) -> None:
        self.pen.polygon([self.at(x, y) for x, y in points], fill=colour)

    def jpeg(self) -> bytes:
        out = io.BytesIO()
        self.image.reduce(TWICE).save(out, "JPEG", quality=82)
        return out.getvalue()


def front(name: str) -> bytes:
    """The front of a building: a wall with windows, a door in the middle, a roof, a tree."""
    rng, sheet = Random(f"front/{name}"), Sheet(SKY)
    wall, roof, door = rng.choice(WALLS), rng.choice(ROOFS), rng.choice(DOORS)
    columns, floors = rng.choice((5, 7)), rng.choice((2, 3))
    left, right = 170.0, 830.0
    top = 330.0 - 60 * floors
    sheet.box(0, 760, 1000, 1000, GROUND)
    sheet.shape((455, 800), (545, 800), (640, 1000), (360, 1000), colour=PATH)
    sheet.shape((left - 25, top), (right + 25, top), (right - 60, top - 110), (left + 60, top - 110), colour=roof)
    sheet.box(left, top, right, 800, wall)
    step, tall = (right - left) / columns, (800 - top) / (floors + 0.4)
    for floor in range(floors):
        for column in range(columns):
            x, y = left + column * step + step * 0.25, top + floor * tall + tall * 0.25
            if floor == floors - 1 and column == columns // 2:
                sheet.box(x - 18, y - 10, x + step * 0.5 + 18, 800, FRAME)
                sheet.box(x - 8, y, x + step * 0.5 + 8, 800, door)
            else:
                sheet.box(x - 6, y - 8, x + step * 0.5 + 6, y + tall * 0.5 + 8, FRAME)
                sheet.box(x, y, x + step * 0.5, y + tall * 0.5, GLASS)
    tree = rng.choice((70, 900))
    sheet.box(tree - 8, 640, tree + 8, 810, TRUNK)
    sheet.round(tree - 75, 470, tree + 75, 690, LEAF)
    return sheet.jpeg()


def desk(name: str) -> bytes:
    """A desk by a window: a table, a screen, a chair, a lamp."""
    rng, sheet = Random(f"desk/{name}"), Sheet(wall_of(name))
    wood, chair = rng.choice(("#b98a5e", "#a67c52", "#c79a6b")), rng.choice(DOORS)
    sheet.box(0, 800, 1000, 1000, "#a99a86")
    x = rng.choice((90, 600))
    sheet.box(x - 12, 110, x + 312, 500, FRAME)
    sheet.box(x, 126, x + 146, 484, GLASS)
    sheet.box(x + 154, 126, x + 300, 484, GLASS)
    sheet.box(180, 600, 840, 630, wood)
    for leg in (205, 795):
        sheet.box(leg - 10, 630, leg + 10, 880, wood)
    sheet.box(420, 410, 650, 570, "#2b2b33")
    sheet.box(430, 422, 640, 558, "#c7d6dc")
    sheet.box(525, 570, 545, 600, "#2b2b33")
    sheet.box(470, 700, 600, 740, chair)
    sheet.box(480, 640, 590, 700, chair)
    sheet.box(527, 740, 543, 900, "#55505c")
    sheet.box(255, 470, 265, 600, "#55505c")
    sheet.shape((225, 470), (295, 470), (280, 420), (240, 420), colour="#e3b04b")
    return sheet.jpeg()


def wall_of(name: str) -> str:
    """The colour of a room's wall."""
    return Random(f"wall/{name}").choice(("#ece4d6", "#e3e8e4", "#efe7df"))
