"""YAML as a person would write it: comments beside the keys, values quoted only where needed."""

import json
import re
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf"}


def scalar(value: object) -> str:
    """One plain value, read back as what it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, int | float):
        return number(float(value))
    text = str(value)
    if _PLAIN.fullmatch(text) and text.casefold() not in _WORDS:
        return text
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(each if each.isprintable() else f"\\U{ord(each):08x}" for each in quoted)


def number(value: float) -> str:
    """A number: whole ones without a point."""
    if value == int(value) and abs(value) < 1e15:  # noqa: PLR2004  (written out up to there)
        return str(int(value))
    return repr(value)


def flow(values: Iterable[object]) -> str:
    """A list on one line."""
    return f"[{', '.join(scalar(value) for value in values)}]"


def comment(text: str, *, indent: int = 0, width: int = 100) -> list[str]:
    """A comment in lines of at most ``width`` characters."""
    lead = " " * indent + "# "
    lines, line = [], lead
    for word in _one_line(text).split():
        if len(line) + len(word) > width and line != lead:
            lines.append(line.rstrip())
            line = lead
        line += word + " "
    return [*lines, line.rstrip()]


def beside(text: str) -> str:
    """A comment at the end of a line."""
    return f"   # {_one_line(text)}" if text else ""


def _one_line(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text)
