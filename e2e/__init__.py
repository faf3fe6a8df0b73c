"""Browser tests: the portal as a person meets it, in real processes."""
