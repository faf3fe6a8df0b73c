"""Shared desks: asking when a session locks, and saying that somebody is there."""

TABLE = """
    GET   /desk/lock                    *     204  204
    GET   /desk/activity                *     204  204
    GET   /desk/away                    *     >/   >/
"""
