"""One run in a process of its own that may be killed on the way; for ``runpy`` in a child.

Given as globals: ``environment`` of the process, ``spec``, ``as_of``, and ``fate``: the stage
in which to die and the moment (``begins``, ``ends``, before its first ``rename``, or before
the n-th ``statement`` that writes to the registry), or None. ``say`` takes the outcome.
"""

import os
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
from tasks.stage import listening


class Fate:
    """Ends this process without warning at one moment of one stage."""

    def __init__(self, stage, moment, count=1):
        self.stage, self.moment, self.left = stage, moment, count
        self.now = None

    def listen(self, told):
        begins = told.seconds is None
        if told.stage == self.stage and not begins:
            self._strike("ends")
        self.now = told.stage if begins else None
        if begins:
            self._strike("begins")

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
                os.kill(os.getpid(), signal.SIGKILL)


def run(environment, spec, as_of, fate, say):
    os.environ.update(environment)
    doom = Fate(*fate) if fate else Fate(None, None)
    sys.addaudithook(doom.audit)
    event.listen(Engine, "before_cursor_execute", doom.write)
    chosen = {
        PREFECT_API_URL: environment["PREFECT_API_URL"],
        PREFECT_HOME: environment["PREFECT_HOME"],
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    with temporary_settings(chosen), listening(doom.listen):
        state = nightly_retraining(spec, as_of, return_state=True)
    outcome = state.data if state.data is not None else state.result(raise_on_failure=False)
    with suppress(BrokenPipeError):
        say.send((state.name, state.message, outcome))
