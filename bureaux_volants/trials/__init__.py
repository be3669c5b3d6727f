"""Trials: from the field enquiry to a decision that can be defended. What is tried, on whom, what was measured, what it changed."""
