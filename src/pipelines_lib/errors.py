"""Every error this product raises on purpose, on one page.

PipelineError                                            fixed by        exit code
├── SpecError          spec, policy or command is wrong  model owner     2
├── DataContractError  data is not what was declared     data owner      3
├── CheckNotRunError   a check could not be computed     engineer        1
├── EvidenceError      evidence is missing or altered    model risk      4
└── ServiceError       a store cannot be reached, is     operations      5
                       full or busy; worth a retry

A check that ran and failed is not an error: it is a ``CheckResult``.
Messages are bounded and hold no row of customer data.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

SHOWN = 5
"""How many names an error lists before it says how many more there are."""


def bounded(names: Iterable[object], *, shown: int = SHOWN) -> str:
    """Name the first few things and count the rest: ``a, b and 37 more``."""
    every = [str(name) for name in names]
    listed = ", ".join(every[:shown])
    return listed if len(every) <= shown else f"{listed} and {len(every) - shown} more"


class PipelineError(Exception):
    """Base of every error raised on purpose by this product."""

    retryable: ClassVar[bool] = False
    exit_code: ClassVar[int] = 1

    def __init__(self, problem: str, *, fix: str) -> None:
        super().__init__(f"{problem}\nWhat to do: {fix}")
        self.problem = problem
        self.fix = fix

    def __reduce__(self) -> tuple[Any, ...]:
        """Survive pickling: an orchestrator carries errors between processes."""
        return partial(type(self), fix=self.fix), (self.problem,)


class SpecError(PipelineError):
    """The model spec, a policy pack or the command line is wrong."""

    exit_code = 2


class DataContractError(PipelineError):
    """The data is not what the spec declares, and no result could be formed from it."""

    exit_code = 3


class CheckNotRunError(PipelineError):
    """A check could not be computed; this is our defect, never a verdict."""

    exit_code = 1


class EvidenceError(PipelineError):
    """Evidence is missing, incomplete or altered."""

    exit_code = 4


class ServiceError(PipelineError):
    """A store or service cannot be reached, is full or is busy; trying again may help."""

    retryable = True
    exit_code = 5
