"""
The formats that a schema may ask for, asserted here.

    date  time  date-time  duration      RFC 3339
    email  idn-email  hostname           RFC 5321, 1123; no look-up
    ipv4  ipv6
    uri  uri-reference  iri  iri-reference
    uuid  json-pointer  relative-json-pointer  regex

A format that the draft knows and this table does not (idn-hostname, uri-template), or that
nobody knows, says nothing, as the draft has it. Which formats are checked must not depend on
what else is installed; so the validator library's own table is not used.
"""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

UNCHECKED = ("idn-hostname", "uri-template")

_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
_DAYS = r"(?:\d+Y(?:\d+M(?:\d+D)?)?|\d+M(?:\d+D)?|\d+D)"
_HOURS = r"T(?:\d+H(?:\d+M(?:\d+S)?)?|\d+M(?:\d+S)?|\d+S)"
_DURATION = rf"P(?:\d+W|{_DAYS}(?:{_HOURS})?|{_HOURS})"
_EMAIL = r'(?:"[^"\r\n]+"|[^\s@".]+(?:\.[^\s@".]+)*)@(?:[^\s@=\[\]]+|\[[^\s@\[\]]+\])'
_HOST_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_POINTER = r"(?:/(?:[^~/]|~[01])*)*"
_ADDRESS = r"(?:[a-z0-9_.~:/?@!$&'()*+,;=-]|[^\x00-\x7f\s]|%[0-9a-f]{2})*"
_AFTER_SCHEME = (
    r"(?://(?:[^\s/?#@\[\]\\]*@)?(?:\[[0-9a-fv.:]+\]|[^\s/?#@\[\]:\\]*)(?::\d*)?"
    rf"(?=[/?#]|\Z)|(?!//)){_ADDRESS}(?:#{_ADDRESS})?"
)
_SCHEME = r"[a-z][a-z0-9+.-]*:"


def _by(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern, re.IGNORECASE | re.ASCII)
    return lambda text: compiled.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    hour, minute, second, away_hour, away_minute = (int(found[n] or 0) for n in (1, 2, 3, 5, 6))
    if hour > 23 or minute > 59 or away_hour > 23 or away_minute > 59:
        return False
    away = (away_hour * 60 + away_minute) * (-1 if found[4] == "-" else 1)
    # A leap second is the last of a day in UTC.
    is_leap = second == 60 and (hour * 60 + minute - away) % 1440 == 1439
    return second <= 59 or is_leap


def _is_date_time(text: str) -> bool:
    return len(text) > 11 and text[10] in "Tt" and _is_date(text[:10]) and _is_time(text[11:])


def _is_hostname(text: str) -> bool:
    labels = text.split(".")
    return len(text) <= 253 and all(_HOST_LABEL.fullmatch(label) for label in labels)


def _is_address(version: int) -> Callable[[str], bool]:
    def is_address(text: str) -> bool:
        import ipaddress

        kind = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
        try:
            kind(text)
        except ValueError:
            return False
        return text.isascii() and "%" not in text

    return is_address


def _is_regex(text: str) -> bool:
    import warnings

    # Not the `regex` package: it writes repeats out, and a model's a{99999999} would fill memory.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            re.compile(text)
        except (re.error, RecursionError, OverflowError):
            return False
    return True


def _ascii(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: text.isascii() and check(text)


@cache
def checks() -> dict[str, Callable[[str], bool]]:
    """Give the table: format -> what tells whether a text has it."""
    uri, reference = _by(_SCHEME + _AFTER_SCHEME), _by(f"(?:{_SCHEME})?{_AFTER_SCHEME}")
    email = _by(_EMAIL)
    return {
        "date": _is_date,
        "time": _is_time,
        "date-time": _is_date_time,
        "duration": _by(_DURATION),
        "email": _ascii(email),
        "idn-email": email,
        "hostname": _is_hostname,
        "ipv4": _is_address(4),
        "ipv6": _is_address(6),
        "uri": _ascii(uri),
        "uri-reference": _ascii(reference),
        "iri": uri,
        "iri-reference": reference,
        "uuid": _by(_UUID),
        "json-pointer": _by(_POINTER),
        "relative-json-pointer": _by(rf"(?:0|[1-9]\d*)(?:#|{_POINTER})"),
        "regex": _is_regex,
    }


def format_checker(**others: Callable[[str], bool]) -> Any:
    """Give the table as the validator library wants it; `others` stand for some of its checks."""
    from jsonschema import FormatChecker

    checker = FormatChecker(formats=())
    for name, check in {**checks(), **others}.items():
        checker.checks(name)(lambda value, check=check: not isinstance(value, str) or check(value))
    return checker
