"""The event log: who did what to what, when and from where; and how rooms follow it."""
