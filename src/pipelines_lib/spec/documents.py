"""YAML documents that remember on which line everything stands.

Stricter than YAML: a key given twice is refused, and so is an alias (``*name``): whoever
reads a line reads its value. Only ``true`` and ``false`` are booleans (``no`` is a country,
``on`` is a word), and a number is a number as a person writes it: ``012`` is a code and
``12:30`` a time, not 10 and 750; ``1e-3`` is a number.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.error import MarkedYAMLError

from pipelines_lib.errors import SpecError

Location = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"
_PATTERNS = {
    "bool": (r"true|false", "tf"),
    "int": (r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    "float": (
        r"[-+]?(?:(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+"
        r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
}
"""What a plain word must look like to be more than a word, and how it may begin."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a document: where, what, and how to mend it."""

    line: int
    what: str
    fix: str

    def __str__(self) -> str:
        return f"  line {self.line}: {self.what}. {self.fix}"


@dataclass(frozen=True)
class Document:
    """A YAML file as read: its text, its data, and the line of every key and item."""

    path: Path
    text: str
    data: dict[str, Any]
    lines: dict[Location, int]
    problems: tuple[Problem, ...]

    def line(self, location: Location) -> int:
        """The line of a location, or of the nearest thing that encloses it."""
        for end in range(len(location), -1, -1):
            if location[:end] in self.lines:
                return self.lines[location[:end]]
        return 1


class _Loader(yaml.SafeLoader):
    """Safe YAML without aliases, with two booleans and with numbers as people write them."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise MarkedYAMLError(problem="an alias; write the value out", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_yaml_timestamp(self, node: yaml.ScalarNode) -> Any:  # noqa: ANN401  (as above)
        try:
            return super().construct_yaml_timestamp(node)
        except ValueError as exc:
            raise MarkedYAMLError(
                problem=f"{node.value!r} is no date", problem_mark=node.start_mark
            ) from exc


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.removeprefix(_TAG) not in _PATTERNS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _name, (_pattern, _first) in _PATTERNS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(f"^(?:{_pattern})$"), list(_first))
_Loader.add_constructor(f"{_TAG}timestamp", _Loader.construct_yaml_timestamp)


def shown(path: Path) -> str:
    """A path as a person would type it: relative to the working directory where possible."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def read_document(path: Path) -> Document:
    """Read a YAML file whose top is a mapping."""
    text = _read_text(path)
    return parse_document(text, path)


def parse_document(text: str, path: Path) -> Document:
    """Parse YAML text; ``path`` is only named in errors."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if not isinstance(node, yaml.MappingNode):
            raise SpecError(
                f"{shown(path)} is not a mapping of keys to values.",
                fix="Start from a spec in deployments/models/: its top level is 'key: value'.",
            )
        lines: dict[Location, int] = {}
        problems: list[Problem] = []
        _walk(node, (), lines, problems)
        data = loader.construct_document(node)
    except yaml.YAMLError as exc:
        raise _syntax_error(exc, path) from exc
    return Document(path=path, text=text, data=data, lines=lines, problems=tuple(problems))


def _walk(
    node: yaml.Node, at: Location, lines: dict[Location, int], problems: list[Problem]
) -> None:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            _walk(item, (*at, index), lines, problems)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = str(key.value)
            line = key.start_mark.line + 1
            if (*at, name) in lines:
                first = lines[(*at, name)]
                problems.append(
                    Problem(line, f"key {name!r} is given twice", f"It stands on line {first} too.")
                )
            lines[(*at, name)] = line
            _walk(value, (*at, name), lines, problems)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise SpecError(
            f"{shown(path)} does not exist.", fix="Check the path, or name a model."
        ) from exc
    except UnicodeDecodeError as exc:
        raise SpecError(
            f"{shown(path)} is not UTF-8 text (byte {exc.start}).", fix="Save the file as UTF-8."
        ) from exc
    except OSError as exc:
        raise SpecError(
            f"{shown(path)} cannot be read: {exc.strerror}.",
            fix="Check that it is a file you may read.",
        ) from exc


def _syntax_error(exc: yaml.YAMLError, path: Path) -> SpecError:
    mark = getattr(exc, "problem_mark", None)
    where = f" on line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = getattr(exc, "problem", None) or getattr(exc, "reason", "it cannot be parsed")
    return SpecError(
        f"{shown(path)} is not valid YAML{where}: {problem}.",
        fix="Check indentation, quotes and colons there.",
    )
