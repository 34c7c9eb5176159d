"""An installation in a temporary folder, put back to its first day before every run."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.bank import LAST_NIGHT, Bank
from benchmarks.measures import Measured, measure
from deployments import local_server

BIN = Path(sys.executable).parent
_PREPARE = """
from pipelines_lib.governance.registry import Registry
from pipelines_lib.spec.settings import Settings
Registry(Settings.from_environment()).prepare()
"""


@dataclass(frozen=True)
class Installation:
    """Databases exist, no model was ever run; a Prefect server is up or down as asked."""

    folder: Path

    @property
    def home(self) -> Path:
        """Where everything written lies."""
        return self.folder / "home"

    @property
    def environment(self) -> dict[str, str]:
        """What every measured process sees: no settings from outside, no telemetry."""
        foreign = ("PIPELINES_", "PREFECT_", "MLFLOW_")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        return {
            **inherited,
            "PIPELINES_HOME": str(self.home),
            "DO_NOT_TRACK": "1",
            "GX_ANALYTICS_ENABLED": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }

    def prepare(self) -> None:
        """Create both databases, which a newcomer's first run does once."""
        measure([sys.executable, "-c", _PREPARE], self.environment)
        shutil.copytree(self.home / "mlflow", self.folder / "mlflow")
        self.start_server()

    def reset(self) -> None:
        """Forget every run; the Prefect server and its database stay."""
        for path in self.home.iterdir():
            if path.name != "prefect":
                shutil.rmtree(path)
        shutil.copytree(self.folder / "mlflow", self.home / "mlflow")

    def start_server(self) -> None:
        """Make sure that a server is up."""
        local_server.ensure(self.home)

    def stop_server(self) -> None:
        """Make sure that none is."""
        local_server.stop(self.home, busy=list, patience=0)

    def governed(self, bank: Bank) -> Measured:
        """The product: one night of a model that was never run before."""
        self.reset()
        self.start_server()
        return measure(self._run(bank), self.environment)

    def governed_from_nothing(self, bank: Bank) -> Measured:
        """The same, where the server must boot first."""
        self.reset()
        self.stop_server()
        return measure(self._run(bank), self.environment)

    def plain(self, bank: Bank) -> Measured:
        """The same library calls in a script without Prefect."""
        self.reset()
        module = [sys.executable, "-m", "benchmarks.plain"]
        return measure([*module, bank.spec, str(LAST_NIGHT)], self.environment)

    def questioning(self, bank: Bank) -> Measured:
        """Every question alone, after one training."""
        self.reset()
        module = [sys.executable, "-m", "benchmarks.questioning"]
        return measure([*module, bank.spec, str(LAST_NIGHT)], self.environment)

    def presets(self, bank: Bank) -> Measured:
        """The script of presets; its database exists after the first time."""
        out = self.folder / "presets"
        out.mkdir(exist_ok=True)
        script = Path(__file__).with_name("presets.py")
        return measure([sys.executable, script, bank.data, out], self.environment, out)

    def scoring(self, how: str, package: Path, snapshot: Path, rows: int) -> Measured:
        """Score rows of a snapshot with reasons: our package, or bare XGBoost."""
        module = [sys.executable, "-m", "benchmarks.scoring"]
        return measure([*module, how, package, snapshot, str(rows)], self.environment)

    def replay(self, bank: Bank, start: str, nights: int) -> Measured:
        """Night after night in one process, as a schedule would have done."""
        count = ["--nights", str(nights)]
        return measure(
            [BIN / "pipelines", "replay", bank.spec, "--from", start, *count, "--json"],
            self.environment,
        )

    def _run(self, bank: Bank) -> list[str | Path]:
        return [BIN / "pipelines", "run", bank.spec, "--as-of", str(LAST_NIGHT), "--json"]
