"""Bureaux Volants: desks lent by town halls, found and booked in one go."""

__version__ = "0.1.0"
