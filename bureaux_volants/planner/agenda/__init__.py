"""A person's own calendar: read when a day is organised, never kept."""
