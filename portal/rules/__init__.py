"""Pure rules: what is allowed, what a proof is worth, when to slow down.

Standard library only. Nothing here reads a clock, a database or an environment, so every
answer can be replayed from the values that it was given.
"""
