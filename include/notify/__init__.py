"""Failure mails: one message per recipient and run, in the recipient's language, as text and HTML."""

from include.notify.compose import compose
from include.notify.envelope import build_email, write_eml
from include.notify.outcome import Attachment, BatchOutcome, Copy, Message, Recipient, RunOutcome, TaskFailure

__all__ = [
    "Attachment",
    "BatchOutcome",
    "Copy",
    "Message",
    "Recipient",
    "RunOutcome",
    "TaskFailure",
    "build_email",
    "compose",
    "write_eml",
]
