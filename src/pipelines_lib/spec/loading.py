"""From a name or a path to a checked model spec, with every problem in one error."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipelines_lib.errors import SpecError, bounded
from pipelines_lib.spec.crosschecks import crosscheck
from pipelines_lib.spec.documents import (
    Document,
    Location,
    Problem,
    parse_document,
    read_document,
    shown,
)
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.settings import Settings
from pipelines_lib.spec.strict import Strict

_SUFFIXES = (".yaml", ".yml")
_MODEL_LINE = re.compile(r"^model:[ \t]*['\"]?([^\s'\"#]+)", re.MULTILINE)
_SHOWN_CHARACTERS = 60
_S = TypeVar("_S", bound=Strict)


@dataclass(frozen=True)
class LoadedPolicy:
    """A policy pack and the text it was read from."""

    pack: PolicyPack
    text: str


@dataclass(frozen=True)
class LoadedModel:
    """A checked spec, where it stands, its text, and the policies it names."""

    spec: ModelSpec
    path: Path
    text: str
    policies: tuple[LoadedPolicy, ...]

    @property
    def folder(self) -> Path:
        """What relative source paths are relative to."""
        return self.path.parent

    @property
    def packs(self) -> dict[str, PolicyPack]:
        """The policy packs by name."""
        return {policy.pack.policy: policy.pack for policy in self.policies}


def load_model(reference: str, settings: Settings) -> LoadedModel:
    """Load a model by its name in the models folder, or by the path of a spec file.

    Raises:
        SpecError: The model is unknown, or its spec or policies have problems; all of them
            are listed, each with its line and what to do.
    """
    path = find_model(reference, settings.models)
    document = read_document(path)
    policies = load_policies(settings.policies)
    packs = {name: policy.pack for name, policy in policies.items()}
    problems = [*document.problems, *crosscheck(document, packs)]
    spec = _build(ModelSpec, document, problems)
    chosen = tuple(policies[name] for name in spec.policies)
    return LoadedModel(spec=spec, path=path, text=document.text, policies=chosen)


def parse_model(text: str) -> ModelSpec:
    """Rebuild a spec from the text an evidence pack carries, without its policies."""
    document = parse_document(text, Path("spec in evidence"))
    return _build(ModelSpec, document, list(document.problems))


def parse_policy(text: str) -> PolicyPack:
    """Rebuild a policy pack from the text an evidence pack carries."""
    document = parse_document(text, Path("policy in evidence"))
    return _build(PolicyPack, document, list(document.problems))


def load_policies(folder: Path) -> dict[str, LoadedPolicy]:
    """Load every policy pack of a folder, by name."""
    loaded: dict[str, LoadedPolicy] = {}
    for path in _yaml_files(folder):
        document = read_document(path)
        pack = _build(PolicyPack, document, list(document.problems))
        if pack.policy in loaded:
            raise SpecError(
                f"Two files in {shown(folder)} are policy {pack.policy!r}.",
                fix="Rename one: every pack needs a name of its own.",
            )
        loaded[pack.policy] = LoadedPolicy(pack=pack, text=document.text)
    return loaded


def model_files(folder: Path) -> dict[str, Path]:
    """Every model of a folder by name; two models with one name are refused."""
    found: dict[str, Path] = {}
    for path in _yaml_files(folder):
        match = _MODEL_LINE.search(path.read_text(encoding="utf-8", errors="replace"))
        name = match.group(1) if match else path.stem
        if name in found:
            raise SpecError(
                f"{found[name].name} and {path.name} in {shown(folder)} are both model {name!r}.",
                fix="Give one of them another name in its line 'model:'.",
            )
        found[name] = path
    return found


def find_model(reference: str, folder: Path) -> Path:
    """Resolve what a person typed: a model's name, or the path of a spec file anywhere."""
    if reference.endswith(_SUFFIXES) or "/" in reference:
        return Path(reference).absolute()
    models = model_files(folder)
    if reference in models:
        return models[reference]
    near = get_close_matches(reference, list(models), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {bounded(models) or 'none'}."
    raise SpecError(
        f"There is no model {reference!r} in {shown(folder)}.",
        fix=f"{hint} `pipelines models` lists all; a path to a spec file works too.",
    )


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES and path.is_file())


def _build(kind: type[_S], document: Document, problems: list[Problem]) -> _S:
    built: _S | None = None
    try:
        built = kind.model_validate(document.data)
    except ValidationError as exc:
        problems.extend(_explain(exc, document))
    if built is None or problems:
        raise _all_problems(document.path, problems)
    return built


def _all_problems(path: Path, problems: Iterable[Problem]) -> SpecError:
    ordered = sorted(set(problems), key=lambda problem: (problem.line, problem.what))
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    listing = "\n".join(str(problem) for problem in ordered)
    return SpecError(
        f"{shown(path)} has {count}:\n{listing}",
        fix="Correct these lines; `pipelines check` repeats this without training.",
    )


def _explain(exc: ValidationError, document: Document) -> Iterable[Problem]:
    for error in exc.errors(include_url=False):
        location = tuple(part for part in error["loc"] if part != "[key]")
        if error["type"] == "invalid_key":  # a key that is no text; lines are known by its text
            location = (*location[:-1], str(location[-1]))
        yield _problem(error, location, document)


def _problem(error: Mapping[str, Any], location: Location, document: Document) -> Problem:
    name = _dotted(location)
    line = document.line(location)
    if error["type"] == "extra_forbidden":
        return Problem(line, f"unknown key {name!r}", _nearest_key(str(location[-1])))
    if error["type"] == "missing":
        return Problem(line, f"key {name!r} is missing", "Add it; docs/model_spec.md explains it.")
    what = str(error["msg"]).removeprefix("Value error, ")
    given = error.get("input")
    shown_input = f", not {_cut(given)}" if isinstance(given, str | int | float | bool) else ""
    if error["type"] == "value_error":
        return Problem(line, f"{name}: {what}" if name else what, "Correct the value.")
    what = what[:1].lower() + what[1:]
    return Problem(line, f"{name}: {what}{shown_input}", "Correct the value.")


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."


def _dotted(location: Location) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _nearest_key(key: str) -> str:
    near = get_close_matches(key, sorted(_known_keys()), n=1)
    return f"Did you mean {near[0]!r}?" if near else "Remove it."


def _known_keys() -> set[str]:
    def below(kind: type[BaseModel]) -> Iterable[type[BaseModel]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    return {name for kind in below(Strict) for name in kind.model_fields}
