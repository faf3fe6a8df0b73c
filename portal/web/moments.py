"""Moments and spans of time in words: the person's zone, and the way the language writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from babel.dates import format_date, format_datetime
from flask import g
from flask_babel import format_timedelta, get_locale, get_timezone, gettext, ngettext

# The English here is British; CLDR's plain "en" would write the month before the day.
WRITTEN_LIKE = {"en": "en_GB"}


def moment(value: datetime, zone: tzinfo | None, locale: str) -> str:
    """A moment with date and time, in a zone and a language that are given."""
    return format_datetime(value, "medium", tzinfo=zone, locale=WRITTEN_LIKE.get(locale, locale))


def when(value: datetime | None) -> str:
    """A moment in the person's zone and language."""
    return moment(value, get_timezone(), str(get_locale())) if value else ""


def day(value: datetime | None) -> str:
    """The day of a moment in the person's zone, in the order that the language has for days."""
    if value is None:
        return ""
    locale = str(get_locale())
    there = value.astimezone(get_timezone())
    return format_date(there, "long", locale=WRITTEN_LIKE.get(locale, locale))


def ago(value: datetime | None) -> str:
    """How long ago, in words; a moment that is nearly now is just that."""
    if value is None:
        return ""
    passed = g.edge.now - value
    if passed < timedelta(minutes=1):
        return gettext("just now")
    return format_timedelta(-passed, add_direction=True)


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
