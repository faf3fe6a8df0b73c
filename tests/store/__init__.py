"""Tables, statements and seals, on both databases."""
