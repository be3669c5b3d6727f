"""Django looks here for what the administration shows."""

from .administration import bookings, fleet, log, outbox, people, places

__all__ = ["bookings", "fleet", "log", "outbox", "people", "places"]
