"""The unit and integration tests; `support` holds what they stand on."""
