"""Use cases: no Flask, no SQL. Each takes the Edge and plain values and returns an outcome.

A flow that must compute something slow, or talk to the outside, yields it: the runner commits,
does it with no lock held, opens the next transaction and sends the result back.
"""
