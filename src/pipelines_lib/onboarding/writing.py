"""The spec as text: every decision with why, every gap as TODO."""

from collections.abc import Iterator

from pipelines_lib.onboarding import copying
from pipelines_lib.onboarding.commented_yaml import beside, comment, flow, number, scalar
from pipelines_lib.onboarding.features import Feature
from pipelines_lib.onboarding.placing import FIRST_NIGHT
from pipelines_lib.onboarding.plan import TRAIN_SHARE, Plan, spec_name
from pipelines_lib.onboarding.protection import Attribute, Band
from pipelines_lib.onboarding.words import plain

TODO = "TODO"
_SHARES = (0.001, 0.999)


def spec_text(plan: Plan, policy: str) -> str:
    """Write the spec of a plan."""
    sections = (
        _identity(plan),
        _people(),
        _schedule(plan, policy),
        _sources(plan),
        _label(plan),
        _features(plan),
        _fairness(plan),
        _procedure(plan),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def gaps(text: str) -> list[tuple[int, str]]:
    """Lines that only people can fill in, with what is asked for."""
    found, above = [], ""
    for line_number, line in enumerate(text.splitlines(), start=1):
        bare = line.split("#")[0].strip()
        if bare.endswith(":"):
            above = bare[:-1]
        if bare.lstrip("- ").endswith(TODO):
            key = bare.removesuffix(TODO).strip(" -:")
            indented = line.startswith(" ")
            found.append((line_number, f"{above}.{key}".strip(".") if indented else key))
    return found


def _identity(plan: Plan) -> Iterator[str]:
    yield from comment(
        f"Proposed by `pipelines init` from {plan.intake.shown} "
        f"({plan.outcome.positives + plan.outcome.negatives + plan.outcome.others:,} rows). Every "
        "decision has its reason beside it; change what is wrong. What says TODO only people can "
        "say: until then every candidate is rejected (GOV-001)."
    )
    if plan.copies:
        yield from comment(f"It reads a prepared copy, because {'; '.join(plan.copy_because)}.")
    yield f"model: {plan.name}"
    title = f"{plain(plan.outcome.name).capitalize()} from {plain(plan.name)}"
    yield f"title: {scalar(title)}{beside('from the names alone')}"
    yield f"purpose: {TODO}{beside('who is decided about, what, and what a score changes')}"
    yield f"tier: 3{beside('1 most material, 3 least; in 1 and 2 people approve each version')}"
    yield f"tier_rationale: {TODO}{beside('exposure and use that put it into this tier')}"


def _people() -> Iterator[str]:
    yield from (
        f"people:{beside('three different people or teams (GOV-002)')}",
        f"  owner: {TODO}{beside('answers for the model and changes this file')}",
        f"  developer: {TODO}",
        f"  validator: {TODO}{beside('judges it, and is neither of the two above')}",
        "",
        "documentation:",
        "  assumptions:",
        f"    - {TODO}{beside('what must hold for the model to be right')}",
        "  limitations:",
        f"    - {TODO}{beside('for whom and when it must not be used')}",
        "  rejected_alternatives:",
        f"    - {TODO}{beside('what else was considered, and why not')}",
        "",
        "monitoring:",
        f"  owner: {TODO}{beside('who watches it after promotion')}",
        "  metrics: [AUC out of time, observed to predicted outcomes, population stability]",
        "  review_every_days: 90",
        f"  action_on_breach: {TODO}{beside('what happens when a limit is broken')}",
    )


def _schedule(plan: Plan, policy: str) -> Iterator[str]:
    yield f"policies: {flow([policy])}"
    yield ""
    yield "schedule:"
    yield '  cron: "0 2 * * *"'
    yield "  timezone: UTC"
    why = "the history ends here; remove this line when deliveries go on"
    if plan.time.profile is None:
        why = f"the last of {plan.time.nights} MADE nights, the first is {FIRST_NIGHT}"
    yield f"  last_slot: {plan.time.last}{beside(why)}"


def _sources(plan: Plan) -> Iterator[str]:
    if plan.copies:
        yield from comment(
            "A prepared copy; its README says what was made. A live model names its own deliveries."
        )
        if plan.time.profile is None:
            yield from comment("The dates are MADE: a seeded hash of the key spreads the rows.")
    else:
        yield from comment(
            "One table in all roles: each source reads its own columns of it, joined by the key."
        )
    yield "sources:"
    time, observed = _date_columns(plan)
    key = plan.key.why if not plan.copies or plan.key.profile else f"made: {plan.key.why}"
    yield from _source(plan, "applications", "population", copying.APPLICATIONS, key)
    yield f"    business_date: {scalar(time)}{beside(plan.time.why)}"
    yield from _source(plan, "outcomes", "label", copying.OUTCOMES)
    why = "" if plan.observed else "nothing says when an outcome became known"
    if why:
        why += (
            f": the business date and {plan.delay} days"
            if plan.copies
            else ("; performance_window_days below keeps it back")
        )
    yield f"    observed_on: {scalar(observed)}{beside(why)}"
    if plan.attributes:
        yield from _source(plan, "customers", "protected", copying.CUSTOMERS)


def _date_columns(plan: Plan) -> tuple[str, str]:
    if plan.copies or plan.time.profile is None:
        return copying.BUSINESS_DATE, copying.OBSERVED_ON
    time = plan.time.profile.name
    return time, plan.observed.name if plan.observed else time


def _source(plan: Plan, name: str, role: str, part: str, why_key: str = "") -> Iterator[str]:
    intake = plan.intake
    yield f"  - name: {name}"
    yield f"    role: {role}"
    if plan.copies:
        yield f"    uri: {scalar(f'data/{plan.name}/{part}')}"
    else:
        yield f"    uri: {scalar(intake.uri)}"
        if intake.table:
            yield f"    table: {scalar(intake.table)}"
        if intake.form == "csv":
            yield f"    separator: {scalar(intake.separator)}"
            yield f"    decimal: {scalar(plan.decimal)}"
            yield f"    encoding: {scalar(intake.encoding)}"
    yield f"    key: {scalar(copying.key_name(plan))}{beside(why_key)}"


def _label(plan: Plan) -> Iterator[str]:
    outcome = plan.outcome
    if outcome.doubt:
        yield from comment(f"LOOK AT THIS: {outcome.doubt}.")
    yield "label:"
    yield "  source: outcomes"
    yield f"  column: {scalar(spec_name(outcome.name))}"
    positive, negative = outcome.positive[0], outcome.negative[0]
    told = [f"{outcome.positives:,} rows; {outcome.why}", f"{outcome.negatives:,} rows"]
    if outcome.folded:
        told[0] += f"; stands for {flow(outcome.positive)}"
        told[1] += f"; stands for {flow(outcome.negative)}"
        positive, negative = copying.POSITIVE, copying.NEGATIVE
    if outcome.others:
        told[1] += f"; {outcome.others:,} rows have neither: not known"
    yield f"  positive: {_code(positive)}{beside(told[0])}"
    yield f"  negative: {_code(negative)}{beside(told[1])}"
    yield f"  meaning: {TODO}{beside('what happened where the code is the positive one')}"
    yield f"  performance_window_days: {plan.delay}{beside(plan.delay_why)}"


def _code(text: str) -> str:
    """A code as a number where it is one, as people write it."""
    return text if text in {"0", "1"} else scalar(text)


def _features(plan: Plan) -> Iterator[str]:
    yield from comment(
        "Limits are the observed range with a margin. Meanings and reasons come from the names "
        "of the columns: put the bank's own words there, an applicant reads the reason."
    )
    yield "features:"
    for each in plan.features:
        yield from _feature(each)
    excluded = [role for role in plan.roles if role.role == "excluded"]
    if excluded:
        yield ""
        yield from comment(
            "Left out. Whoever knows better adds a column above; a suspected leak also needs the "
            "reason why it is known on the business date, under leakage: justified."
        )
        for role in excluded:
            yield from comment(f"- {role.column}: {role.why}")


def _feature(each: Feature) -> Iterator[str]:
    yield f"  - name: {scalar(spec_name(each.column))}"
    yield "    source: applications"
    for note in each.notes:
        yield from comment(note, indent=4)
    yield f"    type: {each.type}"
    if each.unit:
        yield f"    unit: {scalar(each.unit)}"
    if each.minimum is not None:
        yield f"    minimum: {number(each.minimum)}"
    if each.maximum is not None:
        yield f"    maximum: {number(each.maximum)}"
    if each.levels:
        yield f"    levels: {flow(each.levels)}"
    if each.missing_codes:
        yield f"    missing_codes: {flow(each.missing_codes)}"
    if each.missing_share or each.missing_codes:
        share = f"{100 * each.missing_share:.2g} % of the rows" if each.missing_share else ""
        yield f"    missing: allowed{beside(share)}"
    if each.hint:
        yield f"    # monotone: {each.hint}"
    yield f"    meaning: {scalar(each.meaning)}"
    yield f"    reason: {scalar(each.reason)}"


def _fairness(plan: Plan) -> Iterator[str]:
    yield "fairness:"
    if not plan.attributes:
        yield from comment(
            "No column speaks of a protected attribute. Name one with --protected, or say here "
            "why the model decides about no person.",
            indent=2,
        )
        yield f"  not_applicable: {TODO}"
        return
    yield "  attributes:"
    for each in plan.attributes:
        yield from _attribute(each)


def _attribute(each: Attribute) -> Iterator[str]:
    yield f"    - name: {scalar(each.name)}{beside(each.why)}"
    yield f"      column: {scalar(each.column if each.flags else spec_name(each.column))}"
    if each.groups:
        yield "      groups:"
        for group, codes in each.groups:
            yield f"        {scalar(group)}: {flow(codes)}"
    else:
        yield f"      bands:{beside('lowest and highest, both included; null is open')}"
        for group, band in each.bands:
            yield f"        {scalar(group)}: {_band(band)}"
    yield f"      reference: {scalar(each.reference)}{beside('whom the others are compared with')}"


def _band(band: Band) -> str:
    return f"[{', '.join('null' if end is None else number(end) for end in band)}]"


def _procedure(plan: Plan) -> Iterator[str]:
    rate = min(max(plan.outcome.rate, _SHARES[0]), _SHARES[1])
    yield "decision:"
    why = "the share of positives; as many are declined"
    yield f"  decline_share: {float(f'{rate:.4g}')}{beside(why)}"
    yield ""
    yield (
        f"windows: {{train: {TRAIN_SHARE}, calibration: 0.15, validation: 0.15, out_of_time: 0.15}}"
    )
    yield ""
    yield "training:"
    yield "  estimator: xgboost"
    yield "  seed: 20250410"
    yield "  rounds: 300"
    yield "  early_stopping_rounds: 40"
    yield "  calibration: sigmoid"
    yield "  parameters:"
    yield "    max_depth: 4"
    yield "    learning_rate: 0.05"
    yield "    min_child_weight: 5"
    yield "    subsample: 0.8"
    yield "    colsample_bytree: 0.8"
