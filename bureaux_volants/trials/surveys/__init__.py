"""Questionnaires and the travel diary of a trial: who is asked what, when, and what may be shown of it."""
