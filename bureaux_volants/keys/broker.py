"""Where an MQTT broker is, and how its topics are called. No Django: boxes use it too.

`bv/{box}/grants`: the signed picture for a box, retained, so that a box which comes back has it at once.
`bv/{box}/events`: `{"events": [...]}`, what a box tells, each event signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

#: At least once: what is doubled on the way changes nothing.
QOS = 1
#: The broker keeps what a client missed for this long.
SESSION_SECONDS = 7 * 24 * 3600
EVENTS_OF_ALL = "bv/+/events"


def grants_topic(box: str) -> str:
    return f"bv/{box}/grants"


def events_topic(box: str) -> str:
    return f"bv/{box}/events"


@dataclass(frozen=True, slots=True)
class Broker:
    """`mqtt://user:password@host:port`, or `mqtts://` for TLS."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    is_tls: bool = False

    def __repr__(self) -> str:
        return f"Broker({self.host}:{self.port})"


def broker_of(url: str) -> Broker:
    """ValueError when it is no address of a broker."""
    parts = urlsplit(url)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
        raise ValueError("l'adresse d'un courtier MQTT s'écrit mqtt://machine:1883 ou mqtts://machine:8883")
    is_tls = parts.scheme == "mqtts"
    return Broker(
        parts.hostname,
        parts.port or (8883 if is_tls else 1883),
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        is_tls,
    )


def client_for(broker: Broker, name: str, *, manual_ack: bool = False) -> mqtt.Client:
    """An MQTT 5 client with a session that outlives its connection, not connected yet."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, manual_ack=manual_ack)
    if broker.user:
        client.username_pw_set(broker.user, broker.password)
    if broker.is_tls:
        client.tls_set()
    client.reconnect_delay_set(min_delay=1, max_delay=30)
    return client


def connect(client: mqtt.Client, broker: Broker) -> None:
    """Connect in the background and stay connected; a broker that is not there yet is waited for."""
    properties: Any = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = SESSION_SECONDS
    client.connect_async(broker.host, broker.port, keepalive=30, clean_start=False, properties=properties)
    client.loop_start()
