"""The MQTT adapter: hears what boxes publish, publishes what each must know.

A message is acknowledged to the broker after what it says is durable here: whoever dies on the way, it comes again.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
import time
import uuid
from collections.abc import Sequence
from typing import Any

import paho.mqtt.client as mqtt
from django.db import close_old_connections
from django.db.models import Max
from django.db.utils import InterfaceError, OperationalError

from .broker import EVENTS_OF_ALL, QOS, Broker, client_for, connect, grants_topic
from .ingest import ingest
from .models import Box
from .pushing import picture
from .rest import MOST_EVENTS

logger = logging.getLogger(__name__)

#: How long before boxes are looked at again for something new, seconds.
ROUND = 1.0
#: A picture is published again at least this often: it also says what time it is.
REFRESH = 300.0


class Bridge:
    """One for a whole installation: the broker lets one client of this name in."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.inbox: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
        self.client = client_for(broker, "bureaux-volants", manual_ack=True)
        self.client.on_connect = self._on_connect
        self.client.on_message = lambda _client, _data, message: self.inbox.put(message)
        #: What each box was last told: its serial, epochs, and the number up to which its events are settled; and when.
        self._published: dict[int, tuple[tuple[Any, ...], float]] = {}

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe(EVENTS_OF_ALL, qos=QOS)
        # A broker that lost what it retained is given it again.
        self._published = {}

    def run(self, stop: threading.Event) -> None:
        """Serve until told to stop. A database that goes away is waited for; nothing is acknowledged meanwhile."""
        connect(self.client, self.broker)
        waiting: list[mqtt.MQTTMessage] = []
        while not stop.is_set():
            waiting += self._heard()
            try:
                close_old_connections()
                while waiting:
                    self._take_in(waiting[0])
                    done = waiting.pop(0)
                    self.client.ack(done.mid, done.qos)
                self._publish_news()
            except (OperationalError, InterfaceError) as error:
                logger.warning("the MQTT adapter waits for the database: %s", str(error).strip().splitlines()[0])
                stop.wait(ROUND)
        self.client.disconnect()
        self.client.loop_stop()

    def _heard(self) -> list[mqtt.MQTTMessage]:
        """Wait a moment for messages, then take all that are there."""
        found: list[mqtt.MQTTMessage] = []
        try:
            found.append(self.inbox.get(timeout=ROUND))
            while len(found) < 200:
                found.append(self.inbox.get_nowait())
        except queue.Empty:
            pass
        return found

    def _take_in(self, message: mqtt.MQTTMessage) -> None:
        box = _box_of(message.topic)
        events = _events_of(bytes(message.payload))
        if box is None or events is None:
            return  # nobody we know speaks so
        ingest(box, events)

    def _publish_news(self) -> None:
        if not self.client.is_connected():
            return
        boxes = (
            Box.objects.filter(adapter=Box.Adapter.MQTT, is_active=True, enrolled_at__isnull=False)
            .annotate(serial=Max("deliveries__id"), epoch=Max("secrets__epoch"), confirmed=Max("secrets__confirmed_at"))
            .values_list("pk", "public_id", "serial", "epoch", "confirmed", "settled_sequence")
        )
        now = time.monotonic()
        for pk, public_id, *state in boxes:
            known, since = self._published.get(pk, ((), 0.0))
            if tuple(state) != known or now - since > REFRESH:
                payload = json.dumps(picture(pk)).encode()
                self.client.publish(grants_topic(str(public_id)), payload, qos=QOS, retain=True)
                self._published[pk] = (tuple(state), now)


def _box_of(topic: str) -> Box | None:
    try:
        public_id = uuid.UUID(topic.split("/")[1])
    except (IndexError, ValueError):
        return None
    return Box.objects.filter(public_id=public_id, adapter=Box.Adapter.MQTT, is_active=True).first()


def _events_of(payload: bytes) -> Sequence[dict[str, Any]] | None:
    try:
        content = json.loads(payload.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    events = content.get("events") if isinstance(content, dict) else None
    if not isinstance(events, list) or len(events) > MOST_EVENTS or not all(isinstance(e, dict) for e in events):
        return None
    return events
