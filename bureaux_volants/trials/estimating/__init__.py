"""What a trial changed: estimators as pure functions over arrays, each with the paper it comes from. No Django."""
