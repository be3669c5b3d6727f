"""Whose answer is whose, for the one who holds the key of the trial.

A pseudonym is HMAC-SHA256 of the agent's number under 32 random bytes of the trial. Drawn, not made from the installation's
secret: a new secret must not orphan what was answered, and a key that can be worked out again cannot be destroyed. The bytes lie
in a file of the installation's own directory (`pseudonyms/`), sealed under its secret (Fernet under HKDF-SHA256, as calendars
are, planner/agenda/sealing.py): neither the database nor a copy of it, nor the file alone, tells whose an answer is. Apart from
the database also because its backups would bring a destroyed key back. Sealed under a former secret, it is sealed anew when read.

Destroying the key makes every answer of the trial anonymous for good; the row that stays says that it happened, so that no new key
is drawn in its place. The directory must be on storage that every process of the installation shares, like the photos.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
import uuid
from collections.abc import Iterable
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from bureaux_volants.trials.models import PseudonymKey

_PURPOSE = b"bureaux-volants pseudonyms 1 "


class NoKey(Exception):
    """The key was destroyed, or its file is not where it was, or no secret that the installation has opens it."""


#: Two kinds of rows under one key have two pseudonyms: whoever finds out whose the weeks at a desk are (bookings have names for a
#: while) has not found whose answers are whose.
ANSWERS, WEEKS = "", "weeks "


def pseudonym(trial_id: int, agent_id: int, kind: str = ANSWERS) -> str:
    """What stands for an agent in a trial: 64 hexadecimal digits. Another trial has another. Raises NoKey."""
    return _made(_key(trial_id), trial_id, agent_id, kind)


def known(trial_id: int, agents: Iterable[int], kind: str = ANSWERS) -> dict[str, int]:
    """Pseudonym -> agent, in memory only: for estimating, never stored nor shown. Raises NoKey."""
    key = _key(trial_id)
    return {_made(key, trial_id, agent_id, kind): agent_id for agent_id in agents}


def mark(trial_id: int, said: Iterable[str]) -> list[str]:
    """One mark for each text, in an order of their own: whether a text is the same, and nothing else. None without a key, or once it is destroyed.

    Under the trial's key and not the installation's secret, which may change any day.
    """
    if not PseudonymKey.objects.filter(trial_id=trial_id, destroyed_at=None).exists():
        return []
    try:
        key = _key(trial_id)
    except NoKey:
        return []
    return sorted(hmac.digest(key, f"mark {trial_id} {one}".encode(), "sha256").hex()[:16] for one in said)


def destroy(trial_id: int) -> None:
    """From now on nobody can tell whose answers are whose, nor withdraw them. Without a key yet, none can be made any more."""
    with transaction.atomic():
        row, _new = PseudonymKey.objects.select_for_update().get_or_create(
            trial_id=trial_id, defaults={"file": uuid.uuid4(), "made_at": timezone.now()}
        )
        row.destroyed_at = row.destroyed_at or timezone.now()
        row.save(update_fields=["destroyed_at"])
        transaction.on_commit(lambda: _path(row).unlink(missing_ok=True))


def is_destroyed(trial_id: int) -> bool:
    return PseudonymKey.objects.filter(trial_id=trial_id, destroyed_at__isnull=False).exists()


def is_readable(trial_id: int) -> bool:
    """Whether the trial has a key that opens, now."""
    try:
        _key(trial_id)
    except NoKey:
        return False
    return True


def _made(key: bytes, trial_id: int, agent_id: int, kind: str) -> str:
    return hmac.digest(key, f"{kind}{trial_id} {agent_id}".encode(), "sha256").hex()


def _key(trial_id: int) -> bytes:
    row = PseudonymKey.objects.filter(trial_id=trial_id).first() or _new(trial_id)
    if row.destroyed_at is not None:
        raise NoKey
    path = _path(row)
    try:
        sealed = path.read_bytes()
        key = MultiFernet(_seals(row)).decrypt(sealed)
    except (OSError, InvalidToken):
        raise NoKey from None
    try:
        _seals(row)[0].decrypt(sealed)
    except InvalidToken:
        _write(path, _seals(row)[0].encrypt(key))
    return key


def _new(trial_id: int) -> PseudonymKey:
    """The file comes before the row: a row that others see always has its file."""
    row = PseudonymKey(trial_id=trial_id, file=uuid.uuid4(), made_at=timezone.now())
    _write(_path(row), _seals(row)[0].encrypt(secrets.token_bytes(32)))
    found, is_mine = PseudonymKey.objects.get_or_create(
        trial_id=trial_id, defaults={"file": row.file, "made_at": row.made_at}
    )
    if not is_mine:
        _path(row).unlink(missing_ok=True)
    return found


def _path(row: PseudonymKey) -> Path:
    return Path(settings.BV_DATA_DIR) / "pseudonyms" / row.file.hex


def _write(path: Path, sealed: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(sealed)
    draft.replace(path)


def _seals(row: PseudonymKey) -> list[Fernet]:
    made = []
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE + row.file.hex.encode())
        made.append(Fernet(base64.urlsafe_b64encode(derived.derive(secret.encode()))))
    return made
