"""The outside: mail, places, lists of breached passwords. Only app.py builds them."""
