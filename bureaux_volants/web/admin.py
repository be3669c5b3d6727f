"""Django looks here for what the administration shows."""

from .administration import bookings, charter, fleet, log, outbox, people, places, skills

__all__ = ["bookings", "charter", "fleet", "log", "outbox", "people", "places", "skills"]
