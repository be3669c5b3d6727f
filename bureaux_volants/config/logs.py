"""One line a record on stderr, without what a URL may say of a person."""

from __future__ import annotations

import logging
import re

_QUERY = re.compile(r"(?<=[^\s?])\?[^\s\"']*=[^\s\"']*")


class LineFormatter(logging.Formatter):
    """`2026-03-02T09:15:00+0100 INFO django.request Not Found: /sites/x/`, traces folded into the line."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def format(self, record: logging.LogRecord) -> str:
        # What follows "?" in an address holds searches, tokens of password resets, e-mails.
        text = _QUERY.sub("?…", super().format(record))
        return text.replace("\r", "").replace("\n", " ⏎ ")
