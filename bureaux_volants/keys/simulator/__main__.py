"""`python -m bureaux_volants.keys.simulator`: one key box, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from bureaux_volants.keys.broker import broker_of

from .cabinet import Cabinet
from .clock import Clock
from .mqtt_line import MqttLine
from .page import Front, serve
from .rest_line import NoLine, RestLine
from .store import Store
from .weather import Weather

_HEARTBEAT_SECONDS = 60.0
_PARTING_SECONDS = 2.0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bv keybox simulate", description="Une boîte à clés, en programme.")
    parser.add_argument("--server", default="http://127.0.0.1:8000", help="adresse de Bureaux volants")
    parser.add_argument(
        "--broker", default="", help="courtier MQTT 5 (mqtt://machine:1883) ; vide : la boîte parle REST"
    )
    parser.add_argument("--store", type=Path, required=True, help="fichier où la boîte garde tout")
    parser.add_argument("--enrol", default="", metavar="CODE", help="code de mise en liaison, la première fois")
    parser.add_argument("--port", type=int, default=8100, help="port de la page de la boîte (8100 par défaut)")
    parser.add_argument("--host", default="127.0.0.1", help="adresse d'écoute de la page")
    parser.add_argument("--name", default="Boîte à clés", help="nom affiché en haut de la page")
    parser.add_argument("--every", type=float, default=5.0, help="secondes entre deux échanges avec le serveur")
    parser.add_argument("--offset", type=float, default=0.0, help="secondes d'erreur de l'horloge")
    parser.add_argument("--drift", type=float, default=0.0, help="secondes de dérive par heure")
    parser.add_argument("--wrong-clock", action="store_true", help="n'écoute pas l'heure du serveur")
    parser.add_argument("--cut", action="store_true", help="commence sans réseau")
    parser.add_argument("--duplicate", action="store_true", help="envoie des messages en double")
    parser.add_argument("--reorder", action="store_true", help="envoie les messages dans le désordre")
    parser.add_argument("--pin-length", type=int, default=6, help="chiffres d'un code (4 à 10)")
    parser.add_argument("--seed", type=int, default=None, help="tirage des pannes, pour les rejouer")
    return parser


def main(arguments: list[str] | None = None) -> None:
    given = _arguments().parse_args(arguments)
    stop, wake = threading.Event(), threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        wake.set()
        # A server that does not answer any more keeps nobody waiting: what matters is on the disk already.
        last = threading.Timer(_PARTING_SECONDS, os._exit, (0,))
        last.daemon = True
        last.start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    clock = Clock(given.offset, given.drift, is_corrected=not given.wrong_clock)
    cabinet = Cabinet(Store(given.store), clock)
    weather = Weather(given.cut, given.duplicate, given.reorder, random.Random(given.seed))  # noqa: S311 -- no secret
    line = RestLine(given.server, cabinet, weather)
    if not cabinet.is_enrolled:
        try:
            line.enrol(given.enrol, {"pin_length": given.pin_length, "slot_sensing": True, "return_detection": True})
        except NoLine as error:
            sys.exit(f"bv : la mise en liaison a échoué ({error}). Demandez un code et donnez-le avec --enrol.")
    talk = MqttLine(broker_of(given.broker), cabinet, weather) if given.broker else line
    server = serve(Front(cabinet, clock, weather, wake, given.name), given.port, given.host)
    threading.Thread(target=server.serve_forever, name="page", daemon=True).start()
    print(f"Boîte à clés prête : http://{given.host}:{server.server_address[1]}", flush=True)
    _live(cabinet, talk, given.every, stop, wake)
    server.shutdown()
    cabinet.store.close()


def _live(
    cabinet: Cabinet, line: RestLine | MqttLine, every: float, stop: threading.Event, wake: threading.Event
) -> None:
    """Talk with the server now and then, at once when something happened; go on alone when it does not answer."""
    cabinet.send_again()
    beaten = 0.0
    was_reached = None
    while not stop.is_set():
        if time.monotonic() - beaten > _HEARTBEAT_SECONDS:
            cabinet.heartbeat()
            beaten = time.monotonic()
        try:
            line.exchange()
            is_reached = True
        except NoLine:
            is_reached = False
        if is_reached != was_reached:
            print("serveur joint" if is_reached else "serveur injoignable : la boîte continue seule", flush=True)
            was_reached = is_reached
        wake.wait(every)
        wake.clear()


if __name__ == "__main__":
    main()
