"""How does a figure read in the one sentence a check may say?"""

from pipelines_lib.assurance.scored import Sample
from pipelines_lib.assurance.statistics import Estimate
from pipelines_lib.results import Interval
from pipelines_lib.spec.rulebook import Rule


def between(interval: Interval, style: str = ".3f") -> str:
    """``95 % interval 0.761 to 0.800``."""
    low, high = f"{interval.low:{style}}", f"{interval.high:{style}}"
    return f"{interval.confidence * 100:g} % interval {low} to {high}"


def percent(share: float) -> str:
    """``22.1 %``."""
    return f"{share * 100:.1f} %"


def with_interval(estimate: Estimate, style: str = ".3f") -> str:
    """``0.781 (95 % interval 0.761 to 0.800)``."""
    return f"{estimate.value:{style}} ({between(estimate.interval, style)})"


def no_figure(sample: Sample) -> str:
    """Why rows with known outcomes carry no figure at all."""
    if sample.n == 0:
        return "no row has a known outcome"
    if sample.positives in (0, sample.n):
        which = "none has" if sample.positives == 0 else "all have"
        return f"only one outcome occurred: of {sample.n} rows {which} the predicted outcome"
    return f"{sample.n} rows, {sample.positives} of them positive, are too few to compare"


def too_few(rule: Rule, n: int) -> bool:
    """Whether the policy asks for more rows before it accepts any figure."""
    return n < dict(rule.parameters).get("minimum_rows", 0)


def and_too_few(rule: Rule, n: int) -> str:
    """The half sentence that says so, or nothing."""
    minimum = dict(rule.parameters).get("minimum_rows", 0)
    return f"; {n} rows where the policy asks for {minimum:g}" if too_few(rule, n) else ""
