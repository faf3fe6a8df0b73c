"""Rules of the house that are checked by reading the source; `./dev check` runs them in seconds."""
