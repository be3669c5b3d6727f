"""Django looks here for what the administration shows."""

from .administration import bookings, log, outbox, people, places

__all__ = ["bookings", "log", "outbox", "people", "places"]
