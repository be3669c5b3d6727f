"""The line to the server through an MQTT 5 broker. What the broker took but the server never had is sent again."""

from __future__ import annotations

import json
import time
from typing import Any

import paho.mqtt.client as mqtt

from bureaux_volants.keys.broker import QOS, Broker, client_for, connect, events_topic, grants_topic

from .cabinet import Cabinet
from .rest_line import NoLine
from .weather import Weather

#: Events that the server has not confirmed after this time are sent again, seconds.
_AGAIN_AFTER = 20.0
_PATIENCE_SECONDS = 5.0
_BATCH = 100


class MqttLine:
    def __init__(self, broker: Broker, cabinet: Cabinet, weather: Weather) -> None:
        self.cabinet = cabinet
        self.weather = weather
        self.again_at = 0.0
        self.client = client_for(broker, f"box-{cabinet.public_id}")
        self.client.on_connect = self._on_connect
        self.client.on_message = self._on_message
        connect(self.client, broker)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(grants_topic(self.cabinet.public_id), qos=QOS)
        self.again_at = 0.0

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        if self.weather.is_cut:
            return
        try:
            picture = json.loads(message.payload)
            # What the broker retained may be hours old: good for grants, not for setting a clock.
            self.cabinet.accept_picture(picture, is_fresh=not message.retain)
        except (ValueError, KeyError, TypeError):
            return

    def exchange(self) -> None:
        """Publish the journal. NoLine when the broker does not take it; the box goes on alone."""
        if self.weather.is_cut or not self.client.is_connected():
            raise NoLine("no broker")
        if time.monotonic() >= self.again_at:
            self.cabinet.send_again()
            self.again_at = time.monotonic() + _AGAIN_AFTER
        while events := self.cabinet.unsent(_BATCH):
            payload = json.dumps({"events": self.weather.upon(events)}).encode()
            told = self.client.publish(events_topic(self.cabinet.public_id), payload, qos=QOS)
            try:
                told.wait_for_publish(_PATIENCE_SECONDS)
            except (RuntimeError, ValueError) as error:
                raise NoLine(str(error)) from error
            if not told.is_published():
                raise NoLine("the broker does not answer")
            self.cabinet.mark_sent(events)
