"""How every command ends: an exit code that means something, and no traceback.

0 done (a rejected model too), 1 our defect, 2 wrong usage or spec, 3 data contract,
4 evidence or ledger, 5 a service is unreachable or busy.
"""

import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from pipelines_lib.errors import PipelineError

DEFECT = 1


@contextmanager
def guarded(*, as_json: bool = False) -> Iterator[None]:
    """Turn errors into a message with a fix and the right exit code."""
    try:
        yield
    except PipelineError as error:
        _say(error.problem, error.fix, error.exit_code, as_json=as_json)
        raise typer.Exit(error.exit_code) from None
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        _say("Interrupted.", "Run it again; nothing was half-written.", 130, as_json=as_json)
        raise typer.Exit(130) from None
    except Exception as error:  # noqa: BLE001  (the process boundary; the message may hold data)
        place = traceback.extract_tb(error.__traceback__)[-1]
        what = (
            f"Our defect: {type(error).__name__} in {place.name} ({place.filename}:{place.lineno})."
        )
        _say(what, "Report this line with the command you typed.", DEFECT, as_json=as_json)
        raise typer.Exit(DEFECT) from None


def _say(problem: str, fix: str, code: int, *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"error": problem, "fix": fix, "exit_code": code}) + "\n")
    else:
        sys.stderr.write(f"{problem}\nWhat to do: {fix}\n")
