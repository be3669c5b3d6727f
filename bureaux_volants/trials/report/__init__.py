"""What is said of a trial: charts, and the pages they go into."""
