"""The front of the box as a page: keypad, door, slots, and what may go wrong. Plain forms: it works by keyboard, without scripts."""

from __future__ import annotations

import threading
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from .cabinet import Cabinet, Denied
from .clock import Clock
from .look import ICON, PAGE, STYLE
from .weather import Weather

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LONGEST_BODY = 4096
_PARIS = ZoneInfo("Europe/Paris")
_TRIALS = ("forcer", "reseau", "doublons", "desordre", "horloge")


class Front:
    """What the page shows beside the cabinet: the digits typed so far, and the last thing that was said."""

    def __init__(
        self, cabinet: Cabinet, clock: Clock, weather: Weather, wake: threading.Event, name: str = "Boîte à clés"
    ) -> None:
        self.name = name
        self.cabinet = cabinet
        self.clock = clock
        self.weather = weather
        self.wake = wake
        self.lock = threading.Lock()
        self.typed = ""
        #: The digit pressed last, which keeps the focus; whether somebody is making things go wrong.
        self.pressed, self.is_trying = "", False
        self.said, self.tone = "Tapez votre code pour ouvrir la porte.", ""

    def act(self, what: str, form: dict[str, str]) -> None:
        """One press of a button. What is refused is said, never raised."""
        with self.lock:
            self.tone = "good"
            self.pressed = form.get("chiffre", "")[:1] if what == "chiffre" else ""
            self.is_trying = what in _TRIALS
            try:
                self._act(what, form)
            except Denied as denied:
                self.said, self.tone = str(denied), "bad"
            except (KeyError, ValueError):
                self.said, self.tone = "Cette commande n'existe pas.", "bad"
        self.wake.set()

    def _act(self, what: str, form: dict[str, str]) -> None:
        match what:
            case "chiffre":
                self.typed = (self.typed + form["chiffre"][:1])[:10] if form["chiffre"].isdigit() else self.typed
                self.said, self.tone = "Code en cours.", ""
            case "effacer":
                self.typed, self.said, self.tone = "", "Code effacé.", ""
            case "ouvrir":
                typed, self.typed = (form.get("code") or self.typed).strip(), ""
                self._open(typed)
            case "prendre":
                self.cabinet.take(int(form["case"]))
                self.said = f"Clé de la case {int(form['case'])} prise, porte refermée. Bonne route !"
            case "rendre":
                self.cabinet.put(int(form["case"]), form["cle"])
                self.said = f"Clé rendue dans la case {int(form['case'])}, porte refermée. Merci !"
            case "fermer":
                self.cabinet.close()
                self.said = "Porte fermée."
            case "forcer":
                self.cabinet.tamper()
                self.said, self.tone = "La boîte a senti qu'on la force.", "bad"
            case "reseau":
                self.weather.is_cut = not self.weather.is_cut
                self.said = "Réseau coupé." if self.weather.is_cut else "Réseau rétabli."
            case "doublons":
                self.weather.duplicates = not self.weather.duplicates
                self.said = "Messages doublés." if self.weather.duplicates else "Messages envoyés une fois."
            case "desordre":
                self.weather.reorders = not self.weather.reorders
                self.said = "Messages mélangés." if self.weather.reorders else "Messages dans l'ordre."
            case "horloge":
                self.clock.offset += float(form["secondes"])
                self.said = f"Horloge décalée de {float(form['secondes']):+.0f} secondes."
            case _:
                raise KeyError(what)

    def _open(self, typed: str) -> None:
        opened = self.cabinet.enter(typed)
        if opened.slot is None:
            self.said = "Porte ouverte : accrochez la clé dans une case vide."
        else:
            self.said = f"Porte ouverte : prenez la clé de la case {opened.slot}."

    # -- what is shown

    def page(self) -> str:
        with self.lock:
            waiting = len(self.cabinet.unsent()) if self.cabinet.is_enrolled else 0
            return PAGE.format(
                name=escape(self.name),
                said=escape(self.said),
                tone=self.tone,
                typed="•" * len(self.typed),
                dots=f"{len(self.typed)} chiffres tapés" if self.typed else "Aucun chiffre tapé",
                keypad=self._keypad(),
                # Whoever types at a keyboard goes on where they were.
                focus="" if self.pressed or self.cabinet.opened else " autofocus",
                door="Porte fermée" if self.cabinet.opened is None else "Porte ouverte",
                slots=self._slots(),
                trials_open=" open" if self.is_trying else "",
                weather_words=self._weather_words(),
                weather=self._weather(),
                clock=self.clock.now().astimezone(_PARIS).strftime("%d/%m/%Y, %H:%M:%S"),
                waiting=f"Messages à transmettre : {waiting}." if waiting else "Tout est transmis.",
            )

    def _keypad(self) -> str:
        keys = "".join(_digit(k, is_focused=self.pressed == k) for k in "123456789")
        erase = '<button class="word" formaction="/effacer">Effacer</button>'
        enter = '<button class="word main" formaction="/ouvrir">Ouvrir</button>'
        return keys + erase + _digit("0", is_focused=self.pressed == "0") + enter

    def _slots(self) -> str:
        store, opened = self.cabinet.store, self.cabinet.opened
        names = {tag: (slot, str(name)) for slot, tag, name in store.rows("SELECT slot, tag, name FROM known_key")}
        inside = dict(store.rows("SELECT slot, tag FROM inside"))
        outside = store.rows("SELECT tag, holder FROM outside ORDER BY tag")
        last = max([*inside, *(slot for slot, _ in names.values()), 1])
        may_return = opened is not None and opened.slot is None and bool(outside)
        lines = []
        # One empty slot more than there are keys: a wrong one can always be tried.
        for slot in range(1, last + 2):
            title = f"<h3>Case {slot}</h3>"
            if slot in inside:
                name = escape(names.get(inside[slot], (0, str(inside[slot])))[1])
                free = opened is not None and opened.slot == slot
                what = ' <button class="main" formaction="/prendre" name="case" value="{0}"{1}>Prendre la clé</button>'
                take = what.format(slot, " autofocus") if free else ""
                state = "free" if free else "full"
                lines.append(f'<li class="{state}">{title}<p>{name}</p>{take}</li>')
            else:
                put = f'<button name="case" value="{slot}">Accrocher ici<span class="away"> en case {slot}</span></button>'
                lines.append(f'<li class="empty">{title}<p class="muted">Vide</p>{put if may_return else ""}</li>')
        hand = ""
        if may_return and opened is not None:
            own = next((tag for tag, holder in outside if holder == opened.holder), None)
            options = "".join(
                f'<option value="{escape(tag)}"{" selected" if tag == own else ""}>'
                f"{escape(names.get(tag, (0, str(tag)))[1])}</option>"
                for tag, _ in outside
            )
            hand = f'<label class="hand">Clé en main <select name="cle">{options}</select></label>'
        shut = _button("fermer", "Refermer la porte") if opened is not None else ""
        return f'<form method="post" action="/rendre">{hand}<ul class="slots">{"".join(lines)}</ul></form>{shut}'

    def _weather_words(self) -> str:
        w = self.weather
        return " ".join(
            (
                "Le réseau est coupé : la boîte décide seule et garde tout." if w.is_cut else "Le réseau marche.",
                "Des messages partent en double." if w.duplicates else "",
                "Les messages partent dans le désordre." if w.reorders else "",
            )
        ).strip()

    def _weather(self) -> str:
        w = self.weather
        return "".join(
            (
                _button("reseau", "Rétablir le réseau" if w.is_cut else "Couper le réseau"),
                _button("doublons", "Ne plus doubler" if w.duplicates else "Doubler les messages"),
                _button("desordre", "Remettre en ordre" if w.reorders else "Mélanger les messages"),
                _button("horloge", "Avancer l'horloge de 5 minutes", secondes="300"),
                _button("horloge", "Reculer l'horloge de 5 minutes", secondes="-300"),
                _button("forcer", "Forcer la porte"),
            )
        )


def _digit(digit: str, *, is_focused: bool) -> str:
    return f'<button name="chiffre" value="{digit}"{" autofocus" if is_focused else ""}>{digit}</button>'


def _button(action: str, label: str, **fields: str) -> str:
    hidden = "".join(f'<input type="hidden" name="{n}" value="{escape(v)}">' for n, v in fields.items())
    return f'<form method="post" action="/{action}">{hidden}<button>{escape(label)}</button></form>'


def serve(front: Front, port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """A server for the page, not yet running. Local to this machine unless another host is named."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/":
                    self._send(front.page(), "text/html; charset=utf-8")
                case "/style.css":
                    self._send(STYLE, "text/css; charset=utf-8")
                case "/icon.svg":
                    self._send(ICON, "image/svg+xml")
                case _:
                    self.send_error(HTTPStatus.NOT_FOUND)

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            origin = self.headers.get("Origin")
            # No page elsewhere presses the buttons of this box.
            if length > _LONGEST_BODY or (origin and urlsplit(origin).netloc != self.headers.get("Host")):
                self.send_error(HTTPStatus.FORBIDDEN)
                return
            form = {n: v[-1] for n, v in parse_qs(self.rfile.read(length).decode("utf-8", "replace")).items()}
            front.act(self.path.strip("/"), form)
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _send(self, text: str, kind: str) -> None:
            content = text.encode()
            self.send_response(HTTPStatus.OK)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", _CSP)
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Referrer-Policy", "same-origin")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what somebody types at a keypad is in no log."""

    return ThreadingHTTPServer((host, port), Handler)
