"""Hold the data contract in a process of its own, whose libraries load while others do.

Great Expectations takes four seconds to import, longer than the whole check of a small
table. A command that runs one model once starts this process first and asks it later; a
process that runs many models loads the library itself, once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from pipelines_lib.data.quality import Quality, check_quality
from pipelines_lib.data.snapshots import Snapshot
from pipelines_lib.errors import CheckNotRunError, PipelineError, ServiceError
from pipelines_lib.spec.model_spec import ModelSpec
from pipelines_lib.spec.rulebook import RuleBook


@dataclass(frozen=True)
class _Examiner:
    process: SpawnProcess
    line: Connection


_started: list[_Examiner] = []


@contextmanager
def held_apart() -> Iterator[None]:
    """Start the process and let it load what it needs; the next check is made there.

    It ends when it has answered, or when nobody will ask any more.
    """
    _started.append(_start())
    try:
        yield
    finally:
        while _started:
            _started.pop().line.close()


def _start() -> _Examiner:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_answer, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    return _Examiner(process, ours)


def check_quality_apart(
    spec: ModelSpec, applications: Snapshot, *, home: Path, rules: RuleBook
) -> Quality:
    """Check in the process that was started; in this one where none was."""
    if not _started:
        return check_quality(spec, applications, home=home, rules=rules)
    examiner = _started.pop()
    with examiner.line as line:
        try:
            line.send((spec, applications, home, rules))
            answer: Quality | PipelineError = line.recv()
        except (EOFError, OSError) as exc:
            raise ServiceError(
                "The process that checks the data was ended from outside.",
                fix="See whether memory ran out, then run again; nothing was half-written.",
            ) from exc
    if isinstance(answer, PipelineError):
        raise answer
    return answer


def _answer(line: Connection) -> None:
    """What the process does: load, wait for one question, answer it."""
    from pipelines_lib.data.contract import Examiner

    Examiner()
    with line:
        try:
            spec, applications, home, rules = line.recv()
        except EOFError:
            return  # nobody asked
        try:
            line.send(check_quality(spec, applications, home=home, rules=rules))
        except PipelineError as error:
            line.send(error)
        except Exception as error:  # noqa: BLE001  (the end of a process; its message may hold data)
            line.send(_defect(error))


def _defect(error: Exception) -> PipelineError:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{Path(frame.tb_frame.f_code.co_filename).name}:{frame.tb_lineno}" if frame else "?"
    return CheckNotRunError(
        f"The data could not be checked: {type(error).__name__} in {place}.",
        fix="This is a defect of the product: report this line with model and night.",
    )
