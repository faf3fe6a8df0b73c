"""Moments and spans of time in words: the person's zone, and the way the language writes them."""

from __future__ import annotations

import functools
from datetime import date, datetime, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import (
    DateTimePattern,
    format_date,
    format_skeleton,
    format_timedelta,
    get_datetime_format,
    get_time_format,
)

from portal.web import here
from portal.web.words import gettext, language, ngettext

# The English here is British; CLDR's plain "en" would write the month before the day.
WRITTEN_LIKE = {"en": "en_GB"}
ClockWidth = Literal["short", "medium"]

KEPT_MAX = 2048  # Days and spans in words: many rows of a page, and many pages, share one.


def moment(value: datetime, zone: tzinfo | None, locale: str, width: ClockWidth = "medium") -> str:
    """A moment with date and time, in a zone and a language that are given.

    `width`: "medium" has seconds, "short" has none.
    """
    there = value.astimezone(zone) if zone is not None else value
    together, clock, spoken = _ways_to_write(locale, width)
    time = clock.apply(there.timetz(), spoken)
    return together.replace("{0}", time).replace("{1}", _date(there.date(), "medium", locale))


@functools.cache
def _ways_to_write(locale: str, width: ClockWidth) -> tuple[str, DateTimePattern, Locale]:
    """How a language puts a day and a time together, and how it writes the time."""
    spoken = Locale.parse(WRITTEN_LIKE.get(locale, locale))
    together = get_datetime_format("medium", locale=spoken)
    return str(together).replace("'", ""), get_time_format(width, locale=spoken), spoken


@functools.lru_cache(KEPT_MAX)
def _date(value: date, width: Literal["medium", "long"], locale: str) -> str:
    return format_date(value, width, locale=WRITTEN_LIKE.get(locale, locale))


@functools.lru_cache(KEPT_MAX)
def _span(seconds: int, locale: str) -> str:
    # From whole seconds, which is all that the words are made from.
    return format_timedelta(timedelta(seconds=-seconds), add_direction=True, locale=locale)


def _zone() -> tzinfo:
    """The person's zone, found once per request."""
    kept = here.values()
    found: tzinfo | None = kept.get("zone")
    if found is None:
        select = here.app().extensions["babel"].timezone_selector
        assert select is not None
        found = kept.zone = ZoneInfo(select())
    return found


def when(value: datetime | None) -> str:
    """A moment in the person's zone and language."""
    return moment(value, _zone(), language().code) if value else ""


def minute(value: datetime | None) -> str:
    """The same without seconds: in lists nobody compares them."""
    return moment(value, _zone(), language().code, "short") if value else ""


def day(value: datetime | None) -> str:
    """The day of a moment in the person's zone, in the order that the language has for days."""
    if value is None:
        return ""
    return _date(value.astimezone(_zone()).date(), "long", language().code)


def day_in(value: datetime, zone: tzinfo, locale: str) -> str:
    """The day of a moment in a zone and a language that are given."""
    return _date(value.astimezone(zone).date(), "long", locale)


def calendar_day(value: date) -> str:
    """A day of the calendar, in the order that the language has for days."""
    return _date(value, "long", language().code)


def month(period: str) -> str:
    """A month that is written "2026-10", in words."""
    locale = language().code
    first = date.fromisoformat(f"{period}-01")
    return format_skeleton("yMMMM", first, locale=WRITTEN_LIKE.get(locale, locale))


def ago(value: datetime | None) -> str:
    """How long ago, in words; a moment that is nearly now is just that."""
    if value is None:
        return ""
    passed = here.values().edge.now - value
    if passed < timedelta(minutes=1):
        return gettext("just now")
    return _span(-(-passed // timedelta(seconds=1)), language().code)


def wait(value: timedelta | None) -> str:
    """A waiting time in words, rounded up."""
    if value is None:
        return ""
    seconds = int(value.total_seconds() + 0.999)
    if seconds < 90:
        return ngettext("%(num)d second", "%(num)d seconds", seconds)
    minutes = -(-seconds // 60)
    if minutes < 90:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes)
    return ngettext("%(num)d hour", "%(num)d hours", -(-minutes // 60))
