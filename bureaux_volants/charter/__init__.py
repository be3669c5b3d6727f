"""The mobility charter: versions that people accept, rules as data, exceptions."""
