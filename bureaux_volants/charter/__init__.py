"""The mobility charter: rules as data, versions that people accept, standing exemptions."""
