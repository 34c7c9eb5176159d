"""What one run came to, in the few values a person or a machine reads first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from pipelines_lib.governance.evidence import EvidencePack, EvidenceRef
from pipelines_lib.results import CheckResult, Verdict


@dataclass(frozen=True)
class EvidenceAddress:
    """Where the evidence lies and what its bytes hash to."""

    path: Path
    sha256: str


@dataclass(frozen=True)
class RunSummary:
    """The last word of a run; ``pipelines run --json`` prints exactly this.

    Attributes:
        metrics: Figures by window: AUC, Gini, KS, Brier and others.
        seconds: Time by stage.
        model_sha256: Hash of the candidate's package, or None where none was trained.
    """

    model: str
    as_of: date
    run_id: str
    verdict: Verdict
    version: int | None
    reasons_against: tuple[str, ...]
    needs_judgement: tuple[str, ...]
    warnings: tuple[str, ...]
    checks: tuple[CheckResult, ...]
    metrics: Mapping[str, Mapping[str, Any]]
    evidence: EvidenceAddress
    report: Path
    model_sha256: str | None
    seconds: Mapping[str, float]

    @classmethod
    def of(
        cls,
        pack: EvidencePack,
        ref: EvidenceRef,
        *,
        version: int | None,
        report: Path,
        seconds: Mapping[str, float],
    ) -> Self:
        """Draw the summary from the evidence."""
        performance = pack.plain()["figures"]["performance"] or {"windows": {}}
        return cls(
            model=pack.run.model,
            as_of=pack.run.as_of,
            run_id=pack.run.run_id,
            verdict=pack.verdict,
            version=version,
            reasons_against=pack.decision.reasons_against,
            needs_judgement=pack.decision.needs_judgement,
            warnings=pack.decision.warnings,
            checks=pack.checks,
            metrics=performance["windows"],
            evidence=EvidenceAddress(path=ref.path, sha256=ref.sha256),
            report=report,
            model_sha256=pack.package_sha256,
            seconds=dict(seconds),
        )
