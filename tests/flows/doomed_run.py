"""One run in a process of its own, which may die or be held up on the way."""

import os
import resource
import signal
import sys
from contextlib import suppress

from prefect.settings import (
    PREFECT_API_URL,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    PREFECT_HOME,
    temporary_settings,
)
from sqlalchemy import event
from sqlalchemy.engine import Engine

from flows.nightly_retraining import nightly_retraining
from pipelines_lib.reporting.summary import RunSummary
from tasks.stage import listening


def die():
    """End this process without warning."""
    os.kill(os.getpid(), signal.SIGKILL)


class Fate:
    """What befalls this process at one moment of one stage.

    Moments: the stage ``begins`` or ``ends``, its n-th ``rename`` of a file is about to happen,
    or its n-th ``statement`` that writes to the registry.
    """

    def __init__(self, stage, moment="begins", count=1, *, blow=die):
        self.stage, self.moment, self.left = stage, moment, count
        self.blow = blow
        self.now = None

    def listen(self, told):
        if told.seconds is None:
            self.now = told.stage
            self._strike("begins")
        else:
            self._strike("ends")
            self.now = None

    def audit(self, name, _arguments):
        if name == "os.rename":
            self._strike("rename")

    def write(self, _connection, _cursor, statement, *_):
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA")):
            self._strike("statement")

    def _strike(self, moment):
        if (self.now, moment) == (self.stage, self.moment):
            self.left -= 1
            if self.left == 0:
                self.blow()


def run(environment, spec, as_of, say, *, fate=None, room=None):
    """Run one night and say how it ended; ``room``: bytes that any one file may have."""
    os.environ.update(environment)
    if fate:
        sys.addaudithook(fate.audit)
        event.listen(Engine, "before_cursor_execute", fate.write)
    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    chosen = {
        PREFECT_API_URL: environment["PREFECT_API_URL"],
        PREFECT_HOME: environment["PREFECT_HOME"],
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    listener = fate.listen if fate else lambda _told: None
    with temporary_settings(chosen), listening(listener):
        state = nightly_retraining(spec, as_of, return_state=True)
    kept = isinstance(state.data, RunSummary)
    outcome = state.data if kept else state.result(raise_on_failure=False)
    with suppress(BrokenPipeError):
        say.send((state.name, state.message, outcome))


def run_held(environment, spec, as_of, say, *, stage, reached, go_on):
    """Run one night, but wait where a stage begins until told to go on."""

    def wait():
        reached.set()
        go_on.wait()

    run(environment, spec, as_of, say, fate=Fate(stage, blow=wait))
