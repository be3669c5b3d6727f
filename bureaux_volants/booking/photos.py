"""Photos that people send: small, upright, and without what a camera writes into them (where, when, which one)."""

from __future__ import annotations

import io
from typing import IO

from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import BookingError

#: What is accepted, bytes and pixels; and what is kept, pixels on the longer side.
MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 60_000_000
LONGEST_SIDE = 1600


class BadPhoto(BookingError):
    """What was sent cannot be read as a photo."""

    code = "bad-photo"


def clean(sent: IO[bytes]) -> bytes:
    """A JPEG of the picture alone, LONGEST_SIDE at most: drawn anew, so that no metadata is left. BadPhoto when it cannot be."""
    raw = sent.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise BadPhoto("Cette photo est trop lourde : 15 Mo au plus.")
    try:
        with Image.open(io.BytesIO(raw), formats=("JPEG", "PNG", "WEBP")) as picture:
            # The size is read before the pixels: a small file may unfold into a huge picture.
            if picture.width * picture.height > MOST_PIXELS:
                raise BadPhoto("Cette photo est trop grande.")
            picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadPhoto("Cette photo ne se lit pas : envoyez une image JPEG, PNG ou WebP.") from None
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGB", upright.size)
    bare.paste(upright)
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=82)
    return out.getvalue()
