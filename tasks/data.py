"""Prefect tasks that take in a night's deliveries and hold them to their contract."""

import logging
import os

from pipelines_lib.data import apart, ingestion, pseudonyms
from pipelines_lib.data.ingestion import Ingestion
from pipelines_lib.data.quality import Quality
from pipelines_lib.spec.run import Run
from tasks.stage import stage

logger = logging.getLogger(__name__)


@stage("ingest")
def ingest(run: Run) -> Ingestion:
    """Read every source as of the night and keep what was read as a snapshot."""
    home = run.settings.home
    return ingestion.ingest(
        run.spec,
        run.model.folder,
        run.as_of,
        home=home,
        rules=run.rules,
        pseudonym_key=pseudonyms.pseudonym_key(home, os.environ, generate=True),
        today=run.started_at.date(),
        environment=os.environ,
        threads=run.settings.threads,
    )


@stage("check the data")
def check_quality(run: Run, delivery: Ingestion) -> Quality:
    """Hold the snapshot to the data contract and set bad rows aside."""
    if delivery.applications is None:
        return Quality.not_run()
    return apart.check_quality_apart(
        run.spec, delivery.applications, home=run.settings.home, rules=run.rules
    )
