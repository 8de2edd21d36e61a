"""Put a message into an RFC 5322 mail: for an SMTP server, or for a file that a mail program opens."""

import hashlib
import logging
import mimetypes
import os
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from include.archive import local_copy
from include.errors import StorageUnavailableError
from include.notify.outcome import Message

NOBODY = "metric-ledger@localhost.localdomain"
_KINDS = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".xlsm": "application/vnd.ms-excel.sheet.macroEnabled.12",
}
log = logging.getLogger(__name__)


def build_email(message: Message, sender: str = NOBODY, sent: datetime | None = None) -> EmailMessage:
    """Return the mail, UTF-8, with the text and the HTML body as alternatives, and its attachments.

    A file that is gone or changed meanwhile is left out: the mail is worth sending without it. Raises
    StorageUnavailableError where the archive can't be asked.

    The Message-ID is made from the content: a mail that is sent twice because a connection broke after it was
    taken can be recognised. Raises ValueError where an address holds what an address mustn't.
    """
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = message.subject
    mail["From"] = Address("Metric Ledger", addr_spec=sender)
    mail["To"] = Address(addr_spec=message.recipient)
    mail["Date"] = format_datetime(sent or datetime.now(UTC))
    mail["Message-ID"] = f"<{_fingerprint(message)}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["Content-Language"] = "zh-CN" if message.language == "zh" else "en"
    mail.set_content(message.body_text, cte="base64")
    mail.add_alternative(message.body_html, subtype="html", cte="base64")
    _attach_files(mail, message)
    return mail


def _attach_files(mail: EmailMessage, message: Message) -> None:
    for attachment in message.attachments:
        try:
            with local_copy(attachment.uri) as path:
                content = path.read_bytes()
        except StorageUnavailableError:
            raise  # the mail waits for it
        except OSError:
            log.warning("a file to attach is gone, or not what it was: %s", attachment.uri)
            continue
        ending = Path(attachment.name).suffix.lower()
        kind = _KINDS.get(ending) or mimetypes.guess_type(attachment.name)[0] or "application/octet-stream"
        main, _, sub = kind.partition("/")
        if main in ("text", "message", "multipart"):  # a mail program must save it, byte for byte
            main, sub = "application", "octet-stream"
        mail.add_attachment(content, maintype=main, subtype=sub, filename=attachment.name)


def write_eml(message: Message, folder: Path, sent: datetime | None = None) -> Path:
    """Write the mail to `folder` and return its path; a reader sees the whole file or none.

    The name holds the UTC time, and a fingerprint of the content: written again, the same message replaces
    the file it had made.
    """
    moment = sent or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True)
    fingerprint = _fingerprint(message)[:12]
    known = next(folder.glob(f"*-{fingerprint}.eml"), None)
    path = known or folder / f"{moment:%Y%m%dT%H%M%SZ}-{fingerprint}.eml"
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.write_bytes(build_email(message, sent=moment).as_bytes())
    draft.replace(path)
    return path


def _fingerprint(message: Message) -> str:
    parts = (message.recipient, message.run_id, message.subject, message.body_text)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
