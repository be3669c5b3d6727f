"""What a box decides alone: which code opens, which slot lets its key go, what goes into the journal."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bureaux_volants.keys import signing
from bureaux_volants.keys.codes import Credential, Known, Window, matching
from bureaux_volants.keys.lockout import Attempts

from .clock import Clock
from .store import Store


@dataclass(frozen=True, slots=True)
class Opened:
    """The door is open. `slot`: the one that lets its key go; None when it was opened to bring a key back."""

    grant: str
    holder: str
    slot: int | None


class Denied(Exception):
    """The code does not open. `why` is a stable code; the message is for the person."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(message)
        self.why = why


class Cabinet:
    """One box with one door and numbered slots. Everything but the open door survives a power cut."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock
        self.opened: Opened | None = None
        if self.is_enrolled:
            self._write("power", data={"what": "on"})

    # -- what it is

    @property
    def is_enrolled(self) -> bool:
        return bool(self.store.setting("box"))

    @property
    def public_id(self) -> str:
        return str(self.store.setting("box", ""))

    def accept_enrolment(self, given: Mapping[str, Any]) -> None:
        """Become the box that the server says: identifier, secret, where to go on counting."""
        with self.store.step():
            self.store.do("DELETE FROM secret")
            self.store.do("DELETE FROM known_grant")
            self.store.do("DELETE FROM journal WHERE sequence <= ?", given["sequence"])
            self.store.do("INSERT INTO secret VALUES (?, ?)", given["epoch"], given["secret"])
            self.store.set("box", given["box"])
            self.store.set("epoch", given["epoch"])
            self.store.set("sequence", max(given["sequence"], self.store.setting("sequence", 0)))
            self.store.set("request", max(given["request"], self.store.setting("request", 0)))
            self.store.set("pin_length", given["pin_length"])
            self.store.set("picture_at", "")

    def secrets(self) -> dict[int, bytes]:
        return {epoch: bytes.fromhex(text) for epoch, text in self.store.rows("SELECT epoch, secret FROM secret")}

    @property
    def signing_secret(self) -> bytes:
        return self.secrets()[self.store.setting("epoch")]

    def next_request(self) -> int:
        """The number of the next request to the server, never used before, not even by a life before a power cut."""
        with self.store.step():
            number = int(self.store.setting("request", 0)) + 1
            self.store.set("request", number)
        return number

    # -- what the server tells

    def accept_picture(self, picture: Mapping[str, Any], *, is_fresh: bool = True) -> bool:
        """Take in what the server says; False for a forged or an old one, which changes nothing.

        `is_fresh`: it was written just now, so that its time is the time.
        """
        if picture.get("box") != self.public_id:
            return False
        if signing.signer(self.secrets().items(), signing.COMMAND, picture) is None:
            return False
        with self.store.step():
            if picture["now"] <= self.store.setting("picture_at", ""):
                return False
            is_first = not self.store.setting("picture_at", "")
            is_news = picture["serial"] != self.store.setting("serial", 0)
            if is_fresh:
                self.clock.hear(signing.as_instant(picture["now"]))
            self.store.set("picture_at", picture["now"])
            self.store.set("serial", picture["serial"])
            self.store.do("DELETE FROM known_grant")
            for grant in picture["grants"]:
                self.store.do("INSERT INTO known_grant VALUES (?, ?)", grant["id"], json.dumps(grant))
            self._install(picture["keys"])
            self._rotate(picture)
            self.store.do("DELETE FROM journal WHERE sequence <= ?", picture["received"])
            if is_first or is_news:
                self.heartbeat()
        return True

    def _install(self, keys: list[dict[str, Any]]) -> None:
        """A key that this box never saw hangs where the server says: whoever installed it has put it there, or has it."""
        before = {tag for (tag,) in self.store.rows("SELECT tag FROM known_key")}
        self.store.do("DELETE FROM known_key")
        for key in keys:
            tag = key["key"] or f"case-{key['slot']}"
            self.store.do("INSERT INTO known_key VALUES (?, ?, ?)", key["slot"], tag, key["name"])
            if tag in before or self.store.rows("SELECT 1 FROM inside WHERE tag = ?", tag):
                continue
            if "out" in key:
                out = key["out"]
                self.store.do("INSERT OR IGNORE INTO outside VALUES (?, ?, ?)", tag, out["grant"], out["holder"])
            else:
                self.store.do("INSERT OR IGNORE INTO inside VALUES (?, ?)", key.get("at", key["slot"]), tag)

    def _rotate(self, picture: Mapping[str, Any]) -> None:
        epoch = self.store.setting("epoch")
        offered = picture.get("rotation")
        if offered and offered["epoch"] == epoch + 1:
            secret = signing.next_secret(self.secrets()[epoch], offered["nonce"])
            self.store.do("INSERT OR REPLACE INTO secret VALUES (?, ?)", offered["epoch"], secret.hex())
            self.store.set("epoch", offered["epoch"])
            self.heartbeat()  # its signature is the confirmation
        elif picture["epoch"] == epoch:
            # The server has heard it. Older secrets are for the codes of grants made then.
            used = {g["credential"]["epoch"] for g in self.grants()} | {epoch}
            for old in set(self.secrets()) - used:
                self.store.do("DELETE FROM secret WHERE epoch = ?", old)

    def grants(self) -> list[dict[str, Any]]:
        return [json.loads(content) for (content,) in self.store.rows("SELECT content FROM known_grant ORDER BY id")]

    # -- at the keypad

    def enter(self, typed: str) -> Opened:
        """Somebody types a code. Opens the door, or raises Denied. The code itself is written nowhere."""
        now = self.clock.now()
        with self.store.step():
            attempts = self._attempts()
            if attempts.is_locked(now):
                raise Denied("locked", "Trop de codes faux : attendez quelques minutes.")
            try:
                self.opened = self._opening(typed, now)
            except Denied as denied:
                data: dict[str, Any] = {"why": denied.why}
                if denied.why == "unknown-code":
                    attempts = attempts.after_failure(now)
                    self._remember(attempts)
                    if attempts.is_locked(now) and attempts.locked_until is not None:
                        data["locked_until"] = signing.as_text(attempts.locked_until)
                self._write("denied", data=data)
                refused = denied
            else:
                self._remember(attempts.after_success())
                self._write("door_open", grant=self.opened.grant, slot=self.opened.slot)
                return self.opened
        raise refused

    def _opening(self, typed: str, now: dt.datetime) -> Opened:
        secrets = self.secrets()
        grants = {g["id"]: g for g in self.grants() if g["credential"]["epoch"] in secrets}
        known = [Known(_credential(g), secrets[g["credential"]["epoch"]]) for g in grants.values()]
        found = matching(typed, known, self.store.setting("pin_length", 6))
        if not found:
            raise Denied("unknown-code", "Ce code n'ouvre rien ici.")
        # Codes of one moment are all different; an old one may be like a new one, then the one that may do something counts.
        denied = Denied("not-now", "Ce code n'ouvre pas à cette heure.")
        for credential in found:
            try:
                return self._for(grants[credential.grant], credential.window, now)
            except Denied as reason:
                denied = reason
        raise denied

    def _for(self, grant: dict[str, Any], window: Window, now: dt.datetime) -> Opened:
        tag = grant["key"] or f"case-{grant['slot']}"
        out = self.store.rows("SELECT holder FROM outside WHERE tag = ?", tag)
        # A booking that moved has another grant: the key goes back with either.
        if out and out[0][0] == grant["holder"] and window.may_return(now):
            return Opened(grant["id"], grant["holder"], None)
        if grant["revoked"]:
            raise Denied("revoked", "Ce code a été retiré.")
        if not window.may_take(now):
            raise Denied("not-now", "Ce code n'ouvre pas à cette heure.")
        inside = self.store.rows("SELECT slot FROM inside WHERE tag = ?", tag)
        if not inside:
            raise Denied("key-not-there", "Cette clé n'est pas encore revenue : voyez votre réservation.")
        return Opened(grant["id"], grant["holder"], inside[0][0])

    def _attempts(self) -> Attempts:
        kept = self.store.setting("attempts", [0, None])
        return Attempts(kept[0], signing.as_instant(kept[1]) if kept[1] else None)

    def _remember(self, attempts: Attempts) -> None:
        until = attempts.locked_until
        self.store.set("attempts", [attempts.failures, signing.as_text(until) if until else None])

    # -- hands

    def take(self, slot: int) -> str:
        """Take the key out of the slot that lets it go. Denied for any other slot."""
        opened = self.opened
        if opened is None or opened.slot != slot:
            raise Denied("slot-locked", "Cette case retient sa clé.")
        with self.store.step():
            ((tag,),) = self.store.rows("SELECT tag FROM inside WHERE slot = ?", slot)
            self.store.do("DELETE FROM inside WHERE slot = ?", slot)
            self.store.do("INSERT OR REPLACE INTO outside VALUES (?, ?, ?)", tag, opened.grant, opened.holder)
            self._write("key_out", slot=slot, key=tag, grant=opened.grant)
        self.opened = None
        return str(tag)

    def put(self, slot: int, tag: str) -> None:
        """Hang a key in an empty slot, its own or another, while the door is open."""
        opened = self.opened
        if opened is None:
            raise Denied("door-closed", "La porte est fermée : tapez votre code.")
        if self.store.rows("SELECT 1 FROM inside WHERE slot = ?", slot):
            raise Denied("slot-full", "Cette case est occupée.")
        if not self.store.rows("SELECT 1 FROM outside WHERE tag = ?", tag):
            raise Denied("key-not-there", "Cette clé n'est pas dehors.")
        with self.store.step():
            self.store.do("DELETE FROM outside WHERE tag = ?", tag)
            self.store.do("INSERT INTO inside VALUES (?, ?)", slot, tag)
            self._write("key_in", slot=slot, key=tag, grant=opened.grant)
        self.opened = None

    def close(self) -> None:
        self.opened = None

    def tamper(self) -> None:
        """Somebody forces the door."""
        self._write("tamper")

    def heartbeat(self) -> None:
        """I am here, and this is what I know."""
        self._write("heartbeat", data={"acknowledges": self.store.setting("serial", 0)})

    # -- the journal

    def _write(self, kind: str, **fields: Any) -> None:
        with self.store.step():
            sequence = int(self.store.setting("sequence", 0)) + 1
            self.store.set("sequence", sequence)
            message = {"sequence": sequence, "kind": kind, "clock": signing.as_text(self.clock.now())}
            message |= {name: value for name, value in fields.items() if value is not None}
            self.store.do("INSERT INTO journal (sequence, content) VALUES (?, ?)", sequence, json.dumps(message))

    def unsent(self, limit: int = 500) -> list[dict[str, Any]]:
        """The next events to send, signed with the secret of the moment."""
        secret, box = self.signing_secret, self.public_id
        rows = self.store.rows("SELECT content FROM journal WHERE sent = 0 ORDER BY sequence LIMIT ?", limit)
        return [signing.signed(secret, signing.EVENT, {"box": box, **json.loads(content)}) for (content,) in rows]

    def mark_sent(self, events: list[dict[str, Any]]) -> None:
        with self.store.step():
            for event in events:
                self.store.do("UPDATE journal SET sent = 1 WHERE sequence = ?", event["sequence"])

    def forget_until(self, received: int) -> None:
        """The server has everything up to this number; what it never got after it was sent is sent again."""
        with self.store.step():
            self.store.do("DELETE FROM journal WHERE sequence <= ?", received)

    def send_again(self) -> None:
        """Whatever the server has not confirmed: send all of it once more."""
        self.store.do("UPDATE journal SET sent = 0")


def _credential(grant: Mapping[str, Any]) -> Credential:
    window = Window(*(signing.as_instant(grant[name]) for name in ("from", "until", "late_until")))
    return Credential(grant["id"], grant["credential"]["generation"], window)
