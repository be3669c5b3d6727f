"""A day: appointments, workplaces and journeys become ranked plans, and a plan becomes one booking."""
