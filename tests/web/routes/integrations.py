"""A partner's webhooks and billing: to look at any time, to change with a fresh second factor."""

import uuid

ID = str(uuid.UUID(int=7))

TABLE = f"""
    GET   /partner/webhooks                pam,piet  200  200
    POST  /partner/webhooks                pam       422  step
    POST  /partner/webhooks/{ID}/removal   pam       404  step
    GET   /partner/billing                 pam,piet  200  200
    POST  /partner/billing                 pam,piet  422  step
"""
