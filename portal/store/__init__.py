"""The only SQLAlchemy: tables, and one module of Core statements per aggregate.

Every function takes the Edge, whose open transaction it uses, and frozen values; it returns
frozen values. It decides nothing and never commits.
"""
