"""Send messages by Airflow's SMTP provider and its connection `smtp_default`."""

import logging
import smtplib
from collections.abc import Callable
from typing import cast

from include.airflow_adapters.connections import resolve_connection
from include.errors import UsageError
from include.notify import Message, build_email
from include.notify.envelope import NOBODY

SMTP_CONNECTION = "smtp_default"
log = logging.getLogger(__name__)


def smtp_sender() -> Callable[[Message], None] | None:
    """Return a function that sends one message, or None where no connection `smtp_default` is configured.

    Server, TLS, log-in, time-out and the sender's address (`from_email` in its extra, else its log-in) are
    those of the connection. The function opens a connection for each message and raises whatever the server
    or the network answers (OSError, smtplib.SMTPException, ValueError): the caller counts the attempt and
    keeps the message.
    """
    try:
        known = resolve_connection(SMTP_CONNECTION)
    except UsageError:
        log.warning("no connection %s: mails are written to the outbox folder as .eml files", SMTP_CONNECTION)
        return None
    sender = str(known.extra.get("from_email") or (known.login if "@" in known.login else NOBODY))
    return lambda message: _send(message, sender)


def _send(message: Message, sender: str) -> None:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    # The hook's own method sends no text part: only its connecting and logging in is used.
    with SmtpHook(smtp_conn_id=SMTP_CONNECTION) as hook:
        client = cast(smtplib.SMTP, hook._smtp_client)
        client.send_message(build_email(message, sender))
