"""What people receive: one outbox, written with the fact, delivered by the worker."""
