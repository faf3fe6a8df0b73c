"""Telephone numbers: one spelling for each number, as E.164 writes it."""

from __future__ import annotations

import re

# A plus sign, then at most 15 digits of which the first is no zero (ITU-T E.164, section 6).
_E164 = re.compile(r"\+[1-9][0-9]{6,14}", re.ASCII)
# What people put between the digits. "(0)" is dialled inside a country only.
_BETWEEN = re.compile(r"\(0\)|[ \u00a0./()-]")


def normalise(typed: str) -> str | None:
    """The number with its country code, "+31612345678"; None when it is not one.

    Numbers without a country code are refused: which country was meant would be a guess.
    """
    bare = _BETWEEN.sub("", typed.strip())
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    return bare if _E164.fullmatch(bare) else None
