"""HQ's payouts: to see and decide any time, to prepare with a fresh second factor."""

from tests.web.test_routes import ID

TABLE = f"""
    GET   /payouts                   ada,sol  200  200
    GET   /payouts/new               ada      200  step
    POST  /payouts                   ada      422  step
    GET   /payouts/{ID}              ada,sol  404  404
    POST  /payouts/{ID}/approval     ada,sol  404  404
    POST  /payouts/{ID}/rejection    ada,sol  404  404
"""
