"""One stage of one batch: what it raises ends that batch and no other, and is kept with it."""

import logging
import shutil
from collections.abc import Callable
from typing import Any

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError

from include import archive, warehouse
from include.batches import FINAL, BatchRow, advance, note_findings, read_batch
from include.errors import (
    Finding,
    MetricLedgerError,
    RefusedError,
    SourceUnavailableError,
    StorageUnavailableError,
)
from include.extract import stage_file
from include.home import current_home
from include.intake import reject_file
from include.quarantine import count_held, note_held

log = logging.getLogger(__name__)
_LONGEST_FAILURE = 500


def guard(batch_id: int, stage: str, step: Callable[..., None], *arguments: Any) -> bool:
    """Run one stage of one batch; True where the batch goes on.

    Refused data is recorded with its findings; a bug is logged and recorded as failed; both end this batch
    only. SourceUnavailableError is recorded and raised, so that Airflow tries the task again; StorageUnavailableError
    is raised and leaves the batch as it is.
    """
    with warehouse.connect() as connection:
        batch = read_batch(connection, batch_id)
    if batch.status in FINAL:
        return False
    try:
        step(batch, *arguments)
    except RefusedError as refusal:
        _refuse(batch, stage, refusal.findings)
        return False
    except SourceUnavailableError as error:
        _fail(batch, error.code)
        raise
    except (
        StorageUnavailableError,
        OperationalError,
        InterfaceError,
        psycopg.OperationalError,
        psycopg.InterfaceError,
    ):
        raise  # archive or warehouse are away: nothing is known of the data, so the task is tried again
    except MetricLedgerError as error:
        log.error("batch %s of %s: %s", batch_id, batch.source, error)
        _fail(batch, f"{type(error).__name__}: {error}"[:_LONGEST_FAILURE])
        return False
    except Exception:
        log.exception("batch %s of %s: unexpected error in %s", batch_id, batch.source, stage)
        _fail(batch, f"internal_error in {stage}")
        return False
    return True


def _refuse(batch: BatchRow, stage: str, findings: list[Finding]) -> None:
    """Record a refusal, and give the file back in `rejected/`; the archive has it where that fails."""
    with warehouse.connect() as connection:
        note_findings(connection, batch.batch_id, stage, findings)
        note_held(
            connection, batch.batch_id, count_held(stage_file(batch.batch_id, "validated"), everything=True)
        )
        advance(connection, batch.batch_id, "refused")
    if batch.archive_uri:
        try:
            with archive.local_copy(batch.archive_uri) as archived:
                reject_file(current_home(), batch.source, batch.batch_id, batch.filename, archived, findings)
        except OSError:
            log.exception("batch %s: the refused file could not be put into rejected/", batch.batch_id)
    shutil.rmtree(current_home().stage_folder(batch.batch_id), ignore_errors=True)


def _fail(batch: BatchRow, code: str) -> None:
    with warehouse.connect() as connection:
        advance(connection, batch.batch_id, "failed", failure=code)
