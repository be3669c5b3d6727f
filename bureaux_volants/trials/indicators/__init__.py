"""What is measured from use and from answers: definitions, series, disclosure."""
