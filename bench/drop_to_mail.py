"""How long a clerk waits for the mail: `KPI_HOME=... python -m bench.drop_to_mail [TIMES]`.

Needs a stack of the example company that sends its mails to 127.0.0.1:2525, where this listens:

    export AIRFLOW_CONN_SMTP_DEFAULT='smtp://127.0.0.1:2525/?disable_ssl=true&disable_tls=true&from_email=kpi%40example.com'
    ./kpi up

Each time one workbook is dropped that counts, then the same again (unchanged), then half of one (cut short: waited for
first). The clock runs from the end of the copy until the SMTP server has taken the owner's mail.
"""

import copy
import email
import statistics
import sys
import tempfile
import time
from decimal import Decimal
from email.policy import default
from pathlib import Path

from aiosmtpd.controller import Controller

from examples.company.figures import build_figures
from examples.company.people_workbook import write_people_workbook
from include.home import current_home

MONTH, UNIT, COLUMN, OWNER = (2026, 7), "plant_wuxi", "离职（人）", "hr-report@example.com"


class Mailbox:
    """Keeps the mails that arrive."""

    def __init__(self) -> None:
        self.mails: list[email.message.EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802
        """Take a mail."""
        content = envelope.content  # type: ignore[attr-defined]
        self.mails.append(email.message_from_bytes(content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


def main(times: int) -> None:
    """Drop `times` of each kind one after the other and print each wait, and the median and worst per kind."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=2525)
    controller.start()
    figures, taken = build_figures().hr[MONTH], {"counted": [], "sent again": [], "cut short": []}
    for number in range(1, times + 1):
        changed = copy.deepcopy(figures)
        changed[UNIT][COLUMN] = (changed[UNIT][COLUMN] or Decimal(0)) + number + int(time.time()) % 97
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "made.xlsx"
            write_people_workbook(made, MONTH, changed)
            content = made.read_bytes()
        for kind, sent in zip(taken, (content, content, content[: len(content) // 2]), strict=True):
            seconds, subject = _drop(mailbox, f"人力月报_2026-07_{kind}{number}.xlsx", sent)
            taken[kind].append(seconds)
            print(f"{kind:10}  {seconds:5.1f} s  {subject}", flush=True)
    for kind, waits in taken.items():
        print(f"{kind}: median {statistics.median(waits):.1f} s of {times}, worst {max(waits):.1f} s")
    controller.stop()


def _drop(mailbox: Mailbox, name: str, content: bytes) -> tuple[float, str]:
    seen = len(mailbox.mails)
    (current_home().inbox / "hr_headcount").mkdir(exist_ok=True)
    (current_home().inbox / "hr_headcount" / name).write_bytes(content)
    begun = time.monotonic()
    while time.monotonic() - begun < 180:
        for mail in mailbox.mails[seen:]:
            if mail["To"] == OWNER and name in str(mail["Subject"]):
                return time.monotonic() - begun, str(mail["Subject"])
        time.sleep(0.1)
    raise SystemExit(f"no mail about {name} within three minutes")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
