"""Receipts and failure mails: one message per recipient and run, in the recipient's language, as text and HTML."""

from include.notify.compose import compose
from include.notify.envelope import build_email, write_eml
from include.notify.outcome import (
    Attachment,
    BatchOutcome,
    Change,
    Copy,
    Message,
    Receipt,
    Recipient,
    RunOutcome,
    TaskFailure,
    Total,
)
from include.notify.problems import describe_refusal
from include.notify.strays import compose_strays

__all__ = [
    "Attachment",
    "BatchOutcome",
    "Change",
    "Copy",
    "Message",
    "Receipt",
    "Recipient",
    "RunOutcome",
    "TaskFailure",
    "Total",
    "build_email",
    "compose",
    "compose_strays",
    "describe_refusal",
    "write_eml",
]
