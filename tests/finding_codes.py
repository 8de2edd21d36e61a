"""Render docs/finding-codes.md from the messages: `.venv/bin/python -m tests.finding_codes` writes it anew."""

from include.home import PROJECT
from include.messages import MESSAGES

PAGE = PROJECT / "docs" / "finding-codes.md"
_HEAD = """# Finding codes

<!-- Written by `.venv/bin/python -m tests.finding_codes` from include/messages.py; don't edit it here. -->

Every finding on delivered data has one of these codes: in the mails, in `bi.check_result`, in `./kpi run --json` and
in the `.json` file beside a refused workbook in `rejected/`. `{name}` stands for what was found in the delivery; what
stands in square brackets is left out where it isn't known. A code without an expectation is a note and
refuses nothing by itself.

| code | what is wrong | what was expected | what to do |
|---|---|---|---|
"""


def render_page() -> str:
    """Return the page: a row per code in the order of the code's name, English above Chinese."""
    rows = []
    for code, words in sorted(MESSAGES.items()):
        cells = [" <br> ".join(filter(None, (english, chinese))) for chinese, english in words]
        rows.append(
            " | ".join((f"`{code}`", *(cell.replace("|", "\\|").replace("!r}", "}") for cell in cells)))
        )
    return _HEAD + "".join(f"| {row} |\n" for row in rows)


if __name__ == "__main__":
    PAGE.write_text(render_page(), "utf-8")
