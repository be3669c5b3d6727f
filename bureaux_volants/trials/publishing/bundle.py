"""Files in one archive: the same files give the same bytes. Pure."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

#: The earliest moment that the format knows: an archive says nothing of when it was made.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def as_json(value: Any) -> bytes:
    """JSON to read: French letters as they are, in the order given."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip of the files in the order of their names. Stored, not compressed: zlib's bytes change from a version to the next."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _NO_TIME)
            # Unix, rw-r--r--: whatever machine wrote it.
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, files[name])
    return out.getvalue()
