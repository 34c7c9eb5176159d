"""How every step is run: retried only when that may help, never replayed, always timed.

Evidence is computed for each run, so no result is cached or persisted; the record is the
evidence pack. A step that a person should see is a stage: it reports when it starts and ends.
"""

import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.utilities.annotations import quote

from pipelines_lib.errors import CheckNotRunError, PipelineError, ServiceError

P = ParamSpec("P")
R = TypeVar("R")

_TRANSIENT = (ConnectionError, TimeoutError)


@dataclass(frozen=True)
class StageEvent:
    """A stage began (``seconds`` is None) or ended."""

    stage: str
    seconds: float | None = None


@dataclass
class StageClock:
    """Seconds each stage took, in the order in which they ended."""

    seconds: dict[str, float] = field(default_factory=dict)

    def __call__(self, event: StageEvent) -> None:
        """Note the end of a stage."""
        if event.seconds is not None:
            self.seconds[event.stage] = round(event.seconds, 3)


Listener = Callable[[StageEvent], None]
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell a listener about every stage that runs in this process meanwhile."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry trouble with a store or the network; never a wrong spec, bad data or a bug."""
    error = state.result(raise_on_failure=False)
    if isinstance(error, PipelineError):
        return error.retryable
    return isinstance(error, _TRANSIENT)


class Stage(Task[P, R]):
    """A task whose arguments are values: Prefect need not search them for futures.

    The search walks every field of every argument, twice a task; for a case with hundreds of
    check results it took a quarter of a warm run.
    """

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:  # type: ignore[override]
        """Run in the flow that calls it."""
        values: Any = [quote(value) for value in args]
        named: Any = {name: quote(value) for name, value in kwargs.items()}
        result: R = super().__call__(*values, **named)
        return result


def stage(name: str) -> Callable[[Callable[P, R]], Stage[P, R]]:
    """Make a function a Prefect task with our rules; it shows under ``name``."""

    def decorate(function: Callable[P, R]) -> Stage[P, R]:
        @wraps(function)
        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            started = time.perf_counter()
            _tell(StageEvent(name))
            try:
                with _nothing_personal(name):
                    return function(*args, **kwargs)
            finally:
                _tell(StageEvent(name, time.perf_counter() - started))

        return Stage(
            timed,
            name=name,
            task_run_name=name,
            retries=2,
            retry_delay_seconds=[1, 5],
            retry_condition_fn=is_transient,
            cache_policy=NO_CACHE,
            persist_result=False,
        )

    return decorate


@contextmanager
def _nothing_personal(name: str) -> Iterator[None]:
    """Let only errors of ours out: a library's message may quote a customer's row.

    The orchestrator keeps messages and shows them on the dashboard; where it happened is
    enough for an engineer, so type and place are all that is kept of it.
    """
    try:
        yield
    except PipelineError as error:
        raise error from None  # what a library said first stays here
    except _TRANSIENT as error:
        raise ServiceError(
            f"{name}: {type(error).__name__} in {_place(error)}.", fix="Run it again."
        ) from None
    except Exception as error:  # noqa: BLE001  (the boundary to the orchestrator; raised again)
        raise CheckNotRunError(
            f"{name}: {type(error).__name__} in {_place(error)}.",
            fix="This is a defect of the product: report this line with model and night.",
        ) from None


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{frame.name} ({Path(frame.filename).name}:{frame.lineno})"


def _tell(event: StageEvent) -> None:
    for listener in tuple(_listeners):
        listener(event)
