"""Money: an exact amount of minor units in one currency. Nothing here rounds."""

from __future__ import annotations

import re
from collections.abc import Iterable

from portal.values import frozen

# ISO 4217, the currencies that people pay with; no funds, metals or codes for tests.
_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN
    BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL
    GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF
    KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN
    MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH
    UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """
CURRENCIES = frozenset(_CODES.split())
# Digits after the point, where they are not two (ISO 4217, "minor unit").
_OTHER_DIGITS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
}
_DIGITS = {code: places for places, codes in _OTHER_DIGITS.items() for code in codes.split()}
_PLAIN = re.compile(r"(-?)([0-9]{1,15})(?:\.([0-9]{1,3}))?", re.ASCII)
MINOR_MAX = 10**12  # 10,000 million euros. Four million differences of two add up in 64 bits.


@frozen
class Money:
    """`minor`: the smallest units that the currency is counted in; `currency`: ISO 4217."""

    minor: int
    currency: str

    def to_json(self) -> dict[str, int | str]:
        """The form in which grants and audit rows keep it."""
        return {"minor": self.minor, "currency": self.currency}


def totals(amounts: Iterable[Money]) -> list[Money]:
    """The sum of each currency, by its code; amounts of two currencies are never added."""
    sums: dict[str, int] = {}
    for amount in amounts:
        sums[amount.currency] = sums.get(amount.currency, 0) + amount.minor
    return [Money(minor, currency) for currency, minor in sorted(sums.items())]


def digits(currency: str) -> int:
    """How many digits a currency has after the point."""
    return _DIGITS.get(currency, 2)


def plain(amount: Money) -> str:
    """An amount for programs: "1234.50", a point, every digit of its currency and no separators."""
    places = digits(amount.currency)
    sign = "-" if amount.minor < 0 else ""
    number = str(abs(amount.minor)).rjust(places + 1, "0")
    return f"{sign}{number[:-places]}.{number[-places:]}" if places else f"{sign}{number}"


def parse(text: str, currency: str) -> Money | None:
    """Read what `plain` writes; None for any other text, an unknown currency or too many digits.

    Fewer digits than the currency has are exact as well: "12.5" euros are 12.50.
    """
    found = _PLAIN.fullmatch(text)
    if found is None or currency not in CURRENCIES:
        return None
    sign, whole, fraction = found.group(1), found.group(2), found.group(3) or ""
    places = digits(currency)
    if len(fraction) > places:
        return None
    minor = int(whole) * 10**places + int(fraction.ljust(places, "0") or 0)
    return Money(-minor if sign else minor, currency) if minor <= MINOR_MAX else None
