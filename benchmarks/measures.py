"""One command, measured: wall and processor seconds, peak memory, and what it said.

The measuring process must stay small: Linux counts the memory of the process that starts a
command towards the command's peak. So nothing heavy is imported here.
"""

import json
import math
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).parents[1]
_KIBI = 1024


@dataclass(frozen=True)
class Measured:
    """What one fresh process took, and the JSON on the last line it printed."""

    wall: float
    cpu: float
    peak_bytes: int
    said: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Series:
    """The same command measured several times; every figure is the median."""

    runs: Sequence[Measured]

    @property
    def wall(self) -> float:
        """Seconds on the clock, start and end of the process included."""
        return median(run.wall for run in self.runs)

    @property
    def cpu(self) -> float:
        """Seconds of processor time."""
        return median(run.cpu for run in self.runs)

    @property
    def peak_bytes(self) -> float:
        """Largest resident memory."""
        return median(run.peak_bytes for run in self.runs)

    @property
    def stages(self) -> dict[str, float]:
        """Seconds of each stage, where the command tells them."""
        names = self.runs[0].said.get("seconds", {})
        return {name: median(run.said["seconds"][name] for run in self.runs) for name in names}

    def said(self, name: str) -> float:
        """A figure the command printed."""
        return float(median(run.said[name] for run in self.runs))


def measure(
    command: Sequence[str | Path], environment: Mapping[str, str], folder: Path = ROOT
) -> Measured:
    """Run one command in a fresh process and wait for its end."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            err.seek(0)
            told = err.read().decode(errors="replace")[-2000:]
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{told}")
        out.seek(0)
        said = _last_json(out.read().decode())
    return Measured(wall, _processor(usage), usage.ru_maxrss * _KIBI, said)


def interleaved(
    commands: Mapping[str, Callable[[], Measured]], rounds: int, tell: Callable[[str], None]
) -> dict[str, Series]:
    """Measure commands in turn, round after round, so that all meet the same machine."""
    runs: dict[str, list[Measured]] = {name: [] for name in commands}
    for number in range(rounds):
        for name, command in commands.items():
            done = command()
            tell(f"{number + 1}/{rounds} {name}: {done.wall:.1f} s, {done.cpu:.1f} s of processor")
            runs[name].append(done)
    return {name: Series(each) for name, each in runs.items()}


def exponent(small: float, large: float, growth: float) -> float:
    """The power of the size that time grows with: 1 is proportional."""
    return math.log(large / small, growth)


def _processor(usage: resource.struct_rusage) -> float:
    return usage.ru_utime + usage.ru_stime


def _last_json(text: str) -> dict[str, Any]:
    lines = text.strip().splitlines()
    if not lines or not lines[-1].startswith("{"):
        return {}
    found: dict[str, Any] = json.loads(lines[-1])
    return found
