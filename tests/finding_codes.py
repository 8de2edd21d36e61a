"""Render docs/finding-codes.md from the messages: `.venv/bin/python -m tests.finding_codes` writes it anew."""

from collections.abc import Iterable, Mapping

from include.home import PROJECT
from include.messages import MESSAGES
from include.messages.faults import SYSTEM_FAULTS

PAGE = PROJECT / "docs" / "finding-codes.md"
_HEAD = """# Finding codes

<!-- Written by `.venv/bin/python -m tests.finding_codes` from include/messages/; don't edit it here. -->

Every finding on delivered data has one of these codes: in the mails, in `bi.check_result`, in `./kpi run --json` and
in the `.json` file beside a refused workbook in `rejected/`. `{name}` stands for what was found in the delivery; what
stands in square brackets is left out where it isn't known. A code without an expectation is a note and
refuses nothing by itself.

| code | what is wrong | what was expected | what to do |
|---|---|---|---|
"""


_SYSTEMS = """
## Systems that can't be asked

Nothing is wrong with data here: a system gave none. The code stands in `bi.batch.failure`, in the mail and in what `./kpi`
says, with the connection's name and what is known beyond it; the driver's own words are left out, as they may hold secrets.
A batch that ended so takes nothing away: what was loaded before counts on.

| code | what happened | what to do |
|---|---|---|
"""


def render_page() -> str:
    """Return the page: a row per code in the order of the code's name, English above Chinese."""
    return _HEAD + _render_rows(MESSAGES) + _SYSTEMS + _render_rows(SYSTEM_FAULTS)


def _render_rows(table: Mapping[str, Iterable[tuple[str, str]]]) -> str:
    rows = []
    for code, words in sorted(table.items()):
        cells = [" <br> ".join(filter(None, (english, chinese))) for chinese, english in words]
        rows.append(
            " | ".join((f"`{code}`", *(cell.replace("|", "\\|").replace("!r}", "}") for cell in cells)))
        )
    return "".join(f"| {row} |\n" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(render_page(), "utf-8")
