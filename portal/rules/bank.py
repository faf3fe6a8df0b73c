"""Bank accounts: whether an IBAN and a BIC can be right, and what of an account may be shown.

It knows shapes and check digits only; whether an account exists, and whose it is, no rule can say.
"""

from __future__ import annotations

import re

from portal.values import frozen

# ISO 13616: how long an IBAN of each country is. A country that is not here has none.
_LENGTHS = {
    part[:2]: int(part[2:])
    for part in """
    AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18
    DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23
    IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27
    MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19
    SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30
    """.split()  # noqa: SIM905 - a table is read by its columns
}
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", re.ASCII)
# ISO 9362: bank, country, place, and the branch if there is one.
_BIC = re.compile(r"[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?", re.ASCII)


@frozen
class Account:
    """A bank account in full. It lies sealed in the store and is shown to nobody again."""

    holder: str
    iban: str
    bic: str = ""

    @property
    def last_four(self) -> str:
        return self.iban[-4:]

    def to_json(self) -> dict[str, str]:
        return {"holder": self.holder, "iban": self.iban, "bic": self.bic}


def read_iban(text: str) -> str | None:
    """An IBAN as it is stored, without spaces and in capitals; None for what cannot be one.

    Its country's length and the check digits (ISO 7064, MOD 97-10) must fit.
    """
    iban = "".join(text.split()).upper()
    if not _IBAN.fullmatch(iban) or _LENGTHS.get(iban[:2]) != len(iban):
        return None
    # The country and the check digits go to the end, letters count from 10; the remainder is 1.
    number = "".join(str(int(character, 36)) for character in iban[4:] + iban[:4])
    # 00, 01 and 99 leave the right remainder for some numbers, and are never given out.
    return iban if int(number) % 97 == 1 and 2 <= int(iban[2:4]) <= 98 else None


def read_bic(text: str) -> str | None:
    """A BIC in capitals, empty when none is given; None for what cannot be one."""
    bic = "".join(text.split()).upper()
    return bic if not bic or _BIC.fullmatch(bic) else None


def masked(last_four: str) -> str:
    """What is shown of an account: "•••• 3000", empty while there is none."""
    return f"•••• {last_four}" if last_four else ""
