"""What can go wrong, typed: a user's error, refused data and an unreachable system are different things.

A `Finding` is one thing that is wrong (or odd) in delivered data, with the place where it stands. It holds
no sentences: `include.messages` words each code in Chinese and English.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One failed check.

    `code` is a key of `include.messages.MESSAGES`; `params` fills that message's placeholders. `sheet` and
    `cell` (A1 style) locate it in a workbook; for systems `cell` holds the row's key or its page and index.
    `found` is the value as reported, as text. `rule` names the declared check that failed, if any.
    `level` is "error" (refuses the data) or "warning" (kept beside it). `metrics` are the catalogue ids
    whose numbers are affected, so that their owners can be told. `org` and `period` name the slice that the
    finding belongs to; both empty means that the whole batch is affected.
    """

    code: str
    found: str = ""
    sheet: str = ""
    cell: str = ""
    column: str = ""
    rule: str = ""
    level: str = "error"
    org: str = ""
    period: str = ""
    metrics: tuple[str, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def faults(self) -> int:
        """How many faults it tells: one, or those that a long list leaves out."""
        return int(self.params["more"]) if self.code == "more_findings" else 1


class MetricLedgerError(Exception):
    """Base of every error that Metric Ledger raises on purpose; `str()` is fit to be shown to a user."""


class UsageError(MetricLedgerError):
    """A command was called wrongly, or against a KPI_HOME made for another configuration (exit code 2)."""


class ConfigurationError(MetricLedgerError):
    """The company's configuration is wrong. `problems` are lines `file:line: what; how to mend it`."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


class RefusedError(MetricLedgerError):
    """Delivered data was refused (exit code 3; never retried). `findings` tell why, each with its place."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("; ".join(sorted({finding.code for finding in self.findings})))


class StorageUnavailableError(MetricLedgerError, OSError):
    """The store of inbox or archive can't be asked at the moment (retried); the driver's own words are left out."""


class ArchiveError(MetricLedgerError, OSError):
    """An archived file is gone or isn't what was archived: nothing is read from it (the batch fails)."""


NEVER_BY_WAITING = frozenset({"login_failed", "permission_denied", "http_401", "http_403"})
"""Codes of a system that somebody must mend: to ask again changes nothing, and may lock the account."""


class SourceUnavailableError(MetricLedgerError):
    """A department's system can't be reached or answers with a fault of its own.

    Retried with backoff, but for NEVER_BY_WAITING. `code` is fixed text fit for logs and mails; the driver's own words
    are left out, because they can carry secrets and row values.
    """

    def __init__(self, code: str, connection: str, detail: str = "") -> None:
        self.code, self.connection, self.detail = code, connection, detail
        super().__init__(f"{code}: connection {connection!r}" + (f" ({detail})" if detail else ""))
