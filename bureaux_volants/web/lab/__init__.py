"""The lab's pages: enquiry, trials, questionnaires, indicators, reports."""
