"""The real outside as the portal reads it: files of data."""
