"""The documentation says what the code and the policies say, and nothing else."""

import re
import typing
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from pipelines_lib.assurance.requirements import KNOWN
from pipelines_lib.spec.loading import load_model, load_policies, parse_policy
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.policy import PolicyPack
from pipelines_lib.spec.settings import Settings

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
HOUSE = ROOT / "deployments" / "policies" / "house.yaml"
CHECKS = (DOCS / "checks.md").read_text(encoding="utf-8")
MODEL_SPEC = (DOCS / "model_spec.md").read_text(encoding="utf-8")


def sections():
    """Text of each section of the checks, by the code in its heading."""
    parts = re.split(r"^## (\S+) (.*)$", CHECKS, flags=re.MULTILINE)[1:]
    return {
        code: f"{title}\n{body}"
        for code, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }


def ruled():
    return {rule["check"]: rule for rule in yaml.safe_load(HOUSE.read_text())["rules"]}


def in_words(rule):
    """The line with which a section quotes the house policy."""
    consequence = rule["consequence"]
    if isinstance(consequence, dict):
        tiers = (f"{consequence[f'tier_{tier}']} (tier {tier})" for tier in (1, 2, 3))
        consequence = ", ".join(tiers)
    parts = [consequence]
    limits = {"at least": rule.get("at_least"), "at most": rule.get("at_most")}
    for word, limit in limits.items():
        if isinstance(limit, dict):
            tiers = (f"{limit[f'tier_{tier}']:g} (tier {tier})" for tier in (1, 2, 3))
            parts.append(f"{word} {', '.join(tiers)}")
        elif limit is not None:
            parts.append(f"{word} {limit:g}")
    if len(parts) == 1:
        parts.append("yes or no")
    if parameters := rule.get("parameters"):
        parts.append("; ".join(f"`{name}` {value:g}" for name, value in parameters.items()))
    if words := rule.get("words"):
        parts.append(f"words: {', '.join(words)}")
    parts.append(f"basis {rule['basis']}: {rule['citation']}")
    return f"> House policy: {' · '.join(parts)}"


def fields(kind, seen=None):
    """Every field name below a model of a YAML file."""
    seen = set() if seen is None else seen
    if kind in seen:
        return
    seen.add(kind)
    for name, field in kind.model_fields.items():
        yield name
        for inner in _kinds(field.annotation):
            yield from fields(inner, seen)


def _kinds(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _kinds(argument)


def test_every_check_has_one_section_and_no_section_is_about_an_unknown_one():
    headings = re.findall(r"^## (\S+)", CHECKS, flags=re.MULTILINE)
    assert headings == list(KNOWN)


@pytest.mark.parametrize("code", KNOWN)
def test_a_section_asks_the_question_and_says_what_is_measured_and_what_to_do(code):
    text = sections()[code]
    assert text.startswith(KNOWN[code].question)
    for part in ("**Asked about** ", "**Figure:** ", "**Means.** ", "**What to do.** "):
        assert text.count(part) == 1, part


@pytest.mark.parametrize("code", KNOWN)
def test_a_section_quotes_the_house_policy_as_it_stands(code):
    assert in_words(ruled()[code]) in sections()[code].splitlines()


@pytest.mark.parametrize("code", KNOWN)
def test_a_section_explains_every_parameter_of_its_rule(code):
    lines = [line for line in CHECKS.splitlines() if not line.startswith("> House policy")]
    known_to_all = " ".join(lines).split("# Data, before training")[0]
    own = "\n".join(x for x in sections()[code].splitlines() if not x.startswith("> House"))
    own += "\n" + sections()["DRIFT-001"] if code == "DRIFT-002" else ""
    for name in ruled()[code].get("parameters", {}):
        assert f"`{name}`" in own or f"`{name}`" in known_to_all, name


def test_every_check_is_named_in_the_tests_of_the_part_that_makes_it():
    """A list of all codes, as in the tests of the requirements, does not count."""
    texts = [
        path.read_text(encoding="utf-8")
        for part in ("data", "modelling", "assurance")
        for path in (ROOT / "tests" / "pipelines_lib" / part).rglob("test_*.py")
        if path.name != "test_requirements.py"
    ]
    assert [code for code in KNOWN if not any(code in text for text in texts)] == []


def test_the_house_policy_rules_exactly_the_checks_that_are_known():
    pack = parse_policy(HOUSE.read_text(encoding="utf-8"))
    assert sorted(rule.check for rule in pack.rules) == sorted(KNOWN)


@pytest.mark.parametrize("name", sorted({*fields(ModelSpec), *fields(PolicyPack)}))
def test_every_key_of_a_spec_and_of_a_policy_is_explained(name):
    assert re.search(rf"(?<![\w.]){name}(?=:)", MODEL_SPEC), name


def test_every_key_shown_in_an_example_exists():
    known = {*fields(ModelSpec), *fields(PolicyPack)}
    free = {"max_depth", "learning_rate", "PERF-001"}  # names of parameters and limits
    free |= {"incident_procedure", "fundamental_rights_assessment"}  # names of documents
    for block in re.findall(r"```yaml\n(.*?)```", MODEL_SPEC, flags=re.DOTALL):
        shown = re.findall(r"^[ -]*([\w-]+):(?= |$)", block, flags=re.MULTILINE)
        assert set(shown) - known - free == set()


def test_the_examples_together_are_a_spec_and_a_policy_that_load(tmp_path):
    """What is shown is what works; of two alternatives the first is taken."""
    spec, policy = MODEL_SPEC.split("# Policy packs")
    parts = {}
    for block in re.findall(r"```yaml\n(.*?)```", spec, flags=re.DOTALL):
        for key, value in yaml.safe_load(block).items():
            parts.setdefault(key, value)
    del parts["decision"]["cutoff"]
    (pack,) = re.findall(r"```yaml\n(.*?)```", policy, flags=re.DOTALL)
    (tmp_path / "house.yaml").write_text(pack, encoding="utf-8")
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "shown.yaml"
    path.write_text(yaml.safe_dump(parts, sort_keys=False), encoding="utf-8")
    settings = Settings.from_environment({"PIPELINES_POLICIES": str(tmp_path)})
    assert load_policies(tmp_path)["house"].pack.effective_until is not None
    assert load_model(str(path), settings).spec.training.search.trials == 20


@pytest.mark.parametrize(
    "page", ["docs/checks.md", "docs/model_spec.md", "docs/policies.md", "data/README.md"]
)
def test_links_to_files_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith("https://"):
            assert ((ROOT / page).parent / target).exists(), target


def test_the_data_carry_their_attribution_and_say_that_dates_are_made():
    text = " ".join((ROOT / "data" / "README.md").read_text(encoding="utf-8").split())
    for words in ("CC BY 4.0", "10.24432/C55S3H", "I-C. Yeh and C-h. Lien", "The dates are made"):
        assert words in text
