"""The contract that every factor keeps, and what is special in each."""
