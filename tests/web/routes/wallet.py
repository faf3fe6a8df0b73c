"""A traveler's cards and passengers: two factors of the last fifteen minutes."""

import uuid

ID = str(uuid.UUID(int=7))

TABLE = f"""
    GET   /wallet/cards                 tara  200  200
    POST  /wallet/cards/{ID}/removal    tara  404  404
    GET   /passengers                   tara  200  200
    POST  /passengers                   tara  422  422
    GET   /passengers/{ID}              tara  404  404
    POST  /passengers/{ID}              tara  404  404
    POST  /passengers/{ID}/removal      tara  404  404
"""
