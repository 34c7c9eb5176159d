"""One governed run: which model, which night, under which rules, with which means."""

from dataclasses import dataclass
from datetime import date, datetime

from pipelines_lib.spec.loading import LoadedModel
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook, rulebook
from pipelines_lib.spec.settings import Settings


@dataclass(frozen=True)
class Run:
    """What every step of a run needs to know; small enough to travel between tasks.

    Attributes:
        run_id: Name of this execution; the orchestrator's where there is one.
        model: The spec, its text and its policies.
        as_of: What the run may know: nothing later exists for it.
        started_at: When the run began, with its time zone.
        rules: The rules that hold for this model on that night.
        settings: Where things are kept, and the threads this run may use.
    """

    run_id: str
    model: LoadedModel
    as_of: date
    started_at: datetime
    rules: RuleBook
    settings: Settings

    @property
    def spec(self) -> ModelSpec:
        """The model's spec."""
        return self.model.spec

    @property
    def label(self) -> str:
        """How logs and errors name this run."""
        return f"{self.spec.model} as of {self.as_of}"


def open_run(
    model: LoadedModel, *, as_of: date, run_id: str, started_at: datetime, settings: Settings
) -> Run:
    """Resolve the rules of the night and put everything a run needs in one value."""
    return Run(
        run_id=run_id,
        model=model,
        as_of=as_of,
        started_at=started_at,
        rules=rulebook(model.spec, model.packs, as_of),
        settings=settings,
    )
