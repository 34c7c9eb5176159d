"""How every number, date and hash is written, in the report and in the artifact alike.

A figure that could not be computed is a dash, never a zero. Spaces inside a figure do not
break across lines.
"""

import re
from collections.abc import Callable

DASH = "\u2013"
NBSP = "\u00a0"
MINUS = "\u2212"
_SHORT = 12
_SMALL_SHARE = 0.001
_SMALLEST_SHARE = 0.00005
_MINUTE = 60.0

Number = float | int | None
Format = Callable[[Number], str]


def decimal(value: Number, places: int = 3) -> str:
    """A plain decimal: ``0.783``."""
    return DASH if value is None else _minus(f"{value:,.{places}f}")


def signed(value: Number, places: int = 3) -> str:
    """A difference with its sign: ``+0.012``."""
    if value is None:
        return DASH
    text = f"{value:+,.{places}f}"
    return _minus(text) if float(text.replace(",", "")) else text[1:]


def ratio(value: Number) -> str:
    """A ratio to the accuracy that a limit of 0.80 needs: ``0.872``."""
    return decimal(value, 3)


def share(value: Number) -> str:
    """A share as a percentage: ``22.1 %``; small ones get a second decimal."""
    if value is None:
        return DASH
    if 0 < abs(value) < _SMALLEST_SHARE:
        return f"<{NBSP}0.01{NBSP}%"
    places = 2 if 0 < abs(value) < _SMALL_SHARE else 1
    return _minus(f"{100 * value:.{places}f}{NBSP}%")


def points(value: Number) -> str:
    """A difference of two shares in percentage points: ``+1.4 pp``."""
    return DASH if value is None else f"{signed(100 * value, 1)}{NBSP}pp"


def count(value: Number) -> str:
    """A number of rows, people or nights: ``30,000``."""
    return DASH if value is None else _minus(f"{value:,.0f}")


def days(value: Number) -> str:
    """A number of days: ``1 day``, ``30 days``."""
    if value is None:
        return DASH
    return f"{count(value)}{NBSP}{'day' if value == 1 else 'days'}"


def significant(value: Number) -> str:
    """A figure whose unit is not known here: four significant digits."""
    return DASH if value is None else _minus(f"{value:,.4g}")


def between(low: Number, high: Number, write: Format = decimal) -> str:
    """An interval: ``0.764 to 0.798``; a dash when either end is missing."""
    if low is None or high is None:
        return DASH
    return f"{write(low)}{NBSP}to{NBSP}{write(high)}"


def seconds(value: Number) -> str:
    """A duration: ``0.8 s``, ``42 s`` or ``3 min 07 s``."""
    if value is None:
        return DASH
    if value < _MINUTE:
        return f"{value:.1f}{NBSP}s"
    minutes, rest = divmod(round(value), int(_MINUTE))
    return f"{minutes}{NBSP}min{NBSP}{rest:02d}{NBSP}s"


def short(sha256: str | None) -> str:
    """The first characters of a hash, for running text; tables show it whole."""
    return sha256[:_SHORT] if sha256 else DASH


def limit(required: str) -> str:
    """A limit with the signs of print: ``AUC difference >= -0.01`` gets its own characters."""
    signs = required.replace(">=", "\u2265").replace("<=", "\u2264")
    return re.sub(r"(?<![\w-])-(?=\d)", MINUS, signs)


def counted(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun: ``1 check``, ``3 checks``."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def words(name: str) -> str:
    """A name from code as people write it: ``out_of_time`` becomes ``out of time``."""
    return name.replace("_", " ")


def _minus(text: str) -> str:
    return text.replace("-", MINUS)
