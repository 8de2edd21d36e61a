"""What a run came to, as far as a mail tells it, and the mail itself."""

from dataclasses import dataclass
from typing import Literal

from include.errors import Finding


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail: its name there, where it lies until then (`file://`), and its bytes."""

    name: str
    uri: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy with the wrong cells marked: `kind` says what of (marked, values, report), `folder` where it lies.

    `original` goes with it where the copy isn't the delivered file itself.
    """

    kind: Literal["marked", "values", "report"]
    folder: str
    file: Attachment
    original: Attachment | None = None


@dataclass(frozen=True, slots=True)
class Total:
    """What a batch brought for one metric and period, as reported and in the catalogue's unit.

    `reported` and `value` are empty where the values don't add up (a rate, a stock of several days); `span`
    is the least and the greatest of them. Numbers are texts with all their digits.
    """

    metric: str
    names: tuple[str, str]
    period: str
    scenario: str
    reported: str
    reported_unit: str
    value: str
    unit: str
    span: tuple[str, str]
    units: int


@dataclass(frozen=True, slots=True)
class Change:
    """One figure that a batch changed: old and new with their units, '' where it wasn't or isn't there."""

    metric: str
    names: tuple[str, str]
    orgs: tuple[str, str]
    when: str
    dimensions: tuple[str, ...]
    scenario: str
    old: str
    new: str
    place: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: its rows, its slices (org unit x period), totals, and figures that changed.

    `slices` came into force, `replaced` of them in the place of earlier ones; `unchanged` counted already.
    `same_as` is the file that it repeats byte for byte, `same_since` when that came.
    """

    rows_read: int | None = None
    rows_held: int = 0
    slices: int = 0
    replaced: int = 0
    unchanged: int = 0
    totals: tuple[Total, ...] = ()
    changes: tuple[Change, ...] = ()
    changes_in_all: int = 0
    same_as: str = ""
    same_since: str = ""


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """One batch of the run. `file` is '' for a system. `returned_to` says where the refused file lies now.

    `outcome` is "refused" (nothing of it counts), "held" (some slices count, others don't), "accepted" or
    "unchanged" (sent again). `findings` are its errors and warnings.
    """

    outcome: Literal["refused", "held", "accepted", "unchanged"]
    file: str = ""
    findings: tuple[Finding, ...] = ()
    returned_to: str = ""
    copy: Copy | None = None
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """A task that failed. `code` is fixed text, never a driver's own words, which may hold secrets."""

    task: str
    code: str = ""
    connection: str = ""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """One run of a source. `names` are its (zh, en) names; `is_workbook` tells how its data are mended."""

    run_id: str
    url: str
    source: str
    names: tuple[str, str] = ("", "")
    is_workbook: bool = True
    batches: tuple[BatchOutcome, ...] = ()
    failures: tuple[TaskFailure, ...] = ()


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who is told.

    `metrics` limits the findings shown to those on these metrics or on a whole batch; None shows all (the
    source's owner). A metric's owner needn't see another owner's figures.
    """

    email: str
    language: str = "en"
    metrics: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One mail. `subject` is a single line without control characters; `body_html` is a whole document."""

    recipient: str
    language: str
    subject: str
    body_text: str
    body_html: str
    run_id: str
    attachments: tuple[Attachment, ...] = ()
