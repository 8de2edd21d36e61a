"""An installation with an inbox, for tests of the stages as a DAG's tasks call them."""

import os
import time
from pathlib import Path

from include import stages
from include.home import Home
from include.stages import Run
from tests.company import Company

HEAD = "unit,month,product,sales,cost\n"
GOOD = HEAD + "p1,2026-03,a,100,40\np1,2026-03,b,11,4\n"
BAD = HEAD + "p1,2026-03,a,100,many\nnobody,2026-03,b,11,4\n"
SETTLED = 0.05
"""Seconds without a change after which a dropped file counts as whole here: the product's second adds up over the tests."""


class Office:
    """An installation with an inbox, and runs that go through the stages as Airflow's tasks do."""

    def __init__(self, home: Home, company: Company) -> None:
        self.home, self.company, self._runs = home, company, 0

    def drop(self, name: str, content: str, *, wait: bool = True) -> Path:
        path = self.home.inbox / "book" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        if wait:
            time.sleep(SETTLED + 0.01)
        return path

    def new_run(self) -> Run:
        self._runs += 1
        return Run(f"run-{self._runs}", "http://kpi.example.com/run", "book")

    def collect(self, run: Run | None = None, file: Path | None = None) -> tuple[list[int], list[str]]:
        run = run or self.new_run()
        taken = stages.extract("book", run, file=file)
        months = stages.load(stages.standardise(stages.validate(taken)))
        stages.report(run, [])
        return taken, months

    def statuses(self) -> list[str]:
        return [row.status for row in self.company.query("SELECT status FROM ledger.batch ORDER BY batch_id")]

    def configure(self, name: str, text: str) -> None:
        """Replace a file of the configuration, as an owner does who mends a rule."""
        (Path(os.environ["KPI_CONFIG"]) / name).write_text(text, "utf-8")
        stages.read_catalogue.cache_clear()

    def mail(self, language: str = "en") -> str:
        """Return the text of the newest mail in a language."""
        return str(
            self.company.value(
                "SELECT body_text FROM ledger.message WHERE language = :language ORDER BY message_id DESC LIMIT 1",
                language=language,
            )
        )

    def rows(self) -> list[tuple[str, int, int, int]]:
        """Return status and rows read, accepted and held of every batch."""
        return [
            tuple(row)
            for row in self.company.query(
                "SELECT status, rows_read, rows_accepted, rows_held FROM bi.batch ORDER BY batch"
            )
        ]
