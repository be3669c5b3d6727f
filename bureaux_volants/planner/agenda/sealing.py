"""Text that only this installation reads back: encrypted with a key of its own, made from the installation's secret.

Fernet (AES-128-CBC with HMAC-SHA256) under HKDF-SHA256 (RFC 5869) of SECRET_KEY. Each person's key is another: what was sealed for one
cannot be put in the place of another's. SECRET_KEY_FALLBACKS still open, never seal.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

#: Says what the key is for and how it is made; another purpose or another way needs another.
_PURPOSE = b"bureaux-volants agenda 1 "


class CannotOpen(Exception):
    """Not sealed for this person, or with none of the secrets that the installation has now."""


def seal(clear: str, person: int) -> str:
    """What to keep instead of the text. `person`: whose it is."""
    return _keys(person)[0].encrypt(clear.encode()).decode()


def opened(sealed: str, person: int) -> str:
    """The text again. Raises CannotOpen."""
    try:
        return MultiFernet(_keys(person)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen from None


def is_current(sealed: str, person: int) -> bool:
    """Whether it opens without any former secret."""
    try:
        _keys(person)[0].decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


def _keys(person: int) -> list[Fernet]:
    return [_key(secret, person) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _key(secret: str, person: int) -> Fernet:
    # No salt: the secret is long and drawn at random.
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE + str(person).encode())
    return Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode())))
