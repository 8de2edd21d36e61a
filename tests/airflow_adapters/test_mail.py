"""Mails by Airflow's SMTP provider to a real SMTP server."""

import email
import smtplib
from collections.abc import Iterator
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler

from include.airflow_adapters.mail import smtp_sender
from include.notify import Message

MESSAGE = Message("finance@example.com", "zh", "[指标台账] 退回", "正文", "<p>正文</p>", "run-1")


class Mailbox(MessageHandler):
    """Keeps what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[bytes] = []

    def prepare_message(self, session: object, envelope: object) -> email.message.Message:
        """Keep the bytes as they came over the wire."""
        self.mails.append(envelope.content)  # type: ignore[attr-defined]
        return super().prepare_message(session, envelope)  # type: ignore[arg-type]

    def handle_message(self, message: email.message.Message) -> None:
        """Nothing more to do."""


@pytest.fixture
def server(
    airflow_environment: object, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Controller, Mailbox]]:
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=0)
    controller.port = _free_port()
    controller.start()
    extra = "disable_ssl=true&disable_tls=true&timeout=5&retry_limit=0&from_email=kpi%40example.com"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://127.0.0.1:{controller.port}/?{extra}")
    yield controller, mailbox
    controller.stop(no_assert=True)


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_message_arrives_with_both_parts(server: tuple[Controller, Mailbox]) -> None:
    send = smtp_sender()
    assert send is not None
    send(MESSAGE)
    (content,) = server[1].mails
    mail = email.message_from_bytes(content, policy=default)
    assert mail["From"] == "Metric Ledger <kpi@example.com>"
    assert mail["To"] == "finance@example.com" and mail["Subject"] == "[指标台账] 退回"
    bodies = [mail.get_body((kind,)) for kind in ("plain", "html")]
    assert [body.get_content().strip() for body in bodies if body] == ["正文", "<p>正文</p>"]


def test_a_server_that_is_down_raises(
    server: tuple[Controller, Mailbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    extra = "disable_ssl=true&disable_tls=true&timeout=5&retry_limit=0"
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", f"smtp://127.0.0.1:{_free_port()}/?{extra}")
    send = smtp_sender()
    assert send is not None
    with pytest.raises((OSError, smtplib.SMTPException)):
        send(MESSAGE)


def test_an_address_with_a_line_break_is_no_address(server: tuple[Controller, Mailbox]) -> None:
    send = smtp_sender()
    hostile = Message("a@example.com\r\nBcc: b@example.com", "en", "s", "t", "h", "r")
    assert send is not None
    with pytest.raises(ValueError):
        send(hostile)
    assert server[1].mails == []
