"""The front of the box as a page: keypad, door, slots, and what may go wrong. Plain forms: it works by keyboard, without scripts."""

from __future__ import annotations

import threading
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .cabinet import Cabinet, Denied
from .clock import Clock
from .weather import Weather

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_LONGEST_BODY = 4096

STYLE = """
:root { color-scheme: light dark; --line: #767b80; --good: #1d6b3a; --bad: #a3241d; }
* { box-sizing: border-box; }
body { font: 1.05rem/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
.said { border-left: .4rem solid var(--line); padding: .5rem .8rem; margin: 1rem 0; }
.said.good { border-color: var(--good); } .said.bad { border-color: var(--bad); }
.typed { font: 1.6rem/1.5 monospace; letter-spacing: .4rem; min-height: 2.4rem; border: 1px solid var(--line); padding: 0 .6rem; }
.keypad { display: grid; grid-template-columns: repeat(3, minmax(3.5rem, 6rem)); gap: .5rem; margin: .5rem 0; }
button, select, input { font: inherit; min-height: 2.8rem; padding: .3rem .8rem; }
ul.slots { list-style: none; padding: 0; display: grid; gap: .5rem; grid-template-columns: repeat(auto-fill, minmax(13rem, 1fr)); }
ul.slots > li { border: 1px solid var(--line); border-radius: .4rem; padding: .6rem; }
form.inline { display: inline-block; margin: .2rem .3rem .2rem 0; }
"""


class Front:
    """What the page shows beside the cabinet: the digits typed so far, and the last thing that was said."""

    def __init__(self, cabinet: Cabinet, clock: Clock, weather: Weather, wake: threading.Event) -> None:
        self.cabinet = cabinet
        self.clock = clock
        self.weather = weather
        self.wake = wake
        self.lock = threading.Lock()
        self.typed = ""
        self.said, self.tone = "Tapez votre code pour ouvrir la porte.", ""

    def act(self, what: str, form: dict[str, str]) -> None:
        """One press of a button. What is refused is said, never raised."""
        with self.lock:
            self.tone = "good"
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
            return _PAGE.format(
                said=escape(self.said),
                tone=self.tone,
                typed="•" * len(self.typed),
                dots=f"{len(self.typed)} chiffres tapés" if self.typed else "aucun chiffre tapé",
                keypad=self._keypad(),
                door=self._door(),
                slots=self._slots(),
                weather=self._weather(),
                clock=self.clock.now().strftime("%d/%m/%Y %H:%M:%S UTC"),
                waiting=len(self.cabinet.unsent()) if self.cabinet.is_enrolled else 0,
            )

    def _keypad(self) -> str:
        keys = [*"123456789", "0"]
        return "".join(f'<button name="chiffre" value="{k}">{k}</button>' for k in keys)

    def _door(self) -> str:
        if self.cabinet.opened is None:
            return "<p>Porte fermée.</p>"
        return f"<p><strong>Porte ouverte.</strong></p>{_button('fermer', 'Fermer la porte')}"

    def _slots(self) -> str:
        store, opened = self.cabinet.store, self.cabinet.opened
        names = {tag: (slot, name) for slot, tag, name in store.rows("SELECT slot, tag, name FROM known_key")}
        inside = dict(store.rows("SELECT slot, tag FROM inside"))
        outside = [tag for (tag,) in store.rows("SELECT tag FROM outside ORDER BY tag")]
        last = max([*inside, *(slot for slot, _ in names.values()), 1])
        lines = []
        # One empty slot more than there are keys: a wrong one can always be tried.
        for slot in range(1, last + 2):
            title = f"<h3>Case {slot}</h3>"
            if slot in inside:
                name = escape(str(names.get(inside[slot], (0, inside[slot]))[1]))
                free = opened is not None and opened.slot == slot
                what = _button("prendre", f"Prendre la clé de la case {slot}", case=str(slot)) if free else ""
                lines.append(f"<li>{title}<p>Clé : {name}{' (libérée)' if free else ''}</p>{what}</li>")
            elif opened is not None and outside:
                options = "".join(
                    f'<option value="{escape(tag)}">{escape(str(names.get(tag, (0, tag))[1]))}</option>'
                    for tag in outside
                )
                lines.append(
                    f'<li>{title}<p>Vide</p><form method="post" action="/rendre"><label>Clé à rendre '
                    f'<select name="cle">{options}</select></label> '
                    f'<button name="case" value="{slot}">Accrocher en case {slot}</button></form></li>'
                )
            else:
                lines.append(f"<li>{title}<p>Vide</p></li>")
        return f'<ul class="slots">{"".join(lines)}</ul>'

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


def _button(action: str, label: str, **fields: str) -> str:
    hidden = "".join(f'<input type="hidden" name="{n}" value="{escape(v)}">' for n, v in fields.items())
    return f'<form class="inline" method="post" action="/{action}">{hidden}<button>{escape(label)}</button></form>'


_PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Boîte à clés (simulateur)</title><link rel="stylesheet" href="/style.css"></head>
<body><main><h1>Boîte à clés (simulateur)</h1>
<p class="said {tone}" role="status">{said}</p>
<h2>Clavier</h2>
<p class="typed" aria-hidden="true">{typed}</p><p>{dots}</p>
<form method="post" action="/chiffre"><div class="keypad">{keypad}</div></form>
<form class="inline" method="post" action="/ouvrir" autocomplete="off"><label>Code entier (facultatif)
<input name="code" inputmode="numeric" maxlength="10" autocomplete="off"></label> <button>Ouvrir</button></form>
<form class="inline" method="post" action="/effacer"><button>Effacer</button></form>
<h2>Porte</h2>{door}
<h2>Cases</h2>{slots}
<h2>Essais</h2>{weather}
<p>Horloge de la boîte : {clock}. Messages en attente d'envoi : {waiting}.</p>
</main></body></html>
"""


def serve(front: Front, port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    """A server for the page, not yet running. Local to this machine unless another host is named."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            match self.path:
                case "/":
                    self._send(front.page(), "text/html; charset=utf-8")
                case "/style.css":
                    self._send(STYLE, "text/css; charset=utf-8")
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
