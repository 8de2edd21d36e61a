"""Render docs/hazards.md from the cases: `.venv/bin/python -m tests.hazards.page` writes it anew."""

from include.home import PROJECT
from tests.hazards.catalogue import GROUPS, HAZARDS
from tests.hazards.hazard import Hazard

PAGE = PROJECT / "docs" / "hazards.md"


def render_page() -> str:
    """Return the page: a table per group, a row per hazard."""
    refusals = sum(bool(hazard.codes) for hazard in HAZARDS)
    head = f"""# Hazards

<!-- Written by `.venv/bin/python -m tests.hazards.page` from tests/hazards/; don't edit it here. -->

What goes wrong in workbooks, and what becomes of it. Each line is a workbook that the tests write and deliver, with its
true values (or the refusal that it must meet) beside it: {len(HAZARDS)} in all, {len(HAZARDS) - refusals} read to exactly
those values, {refusals} refused for the reason given, none silently wrong. The codes are explained in
[finding-codes.md](finding-codes.md).
"""
    parts = [head]
    for group, cases in GROUPS.items():
        parts.append(f"\n## {group}\n\n| what | comes to |\n|---|---|\n")
        parts += [f"| {_plain(case.says)} | {_outcome(case)} |\n" for case in cases]
    return "".join(parts)


def _outcome(hazard: Hazard) -> str:
    if hazard.codes:
        return "refused: " + ", ".join(f"`{code}`" for code in sorted(hazard.codes))
    said = (
        ", with a warning: " + ", ".join(f"`{code}`" for code in sorted(hazard.notes)) if hazard.notes else ""
    )
    return "read" + said


def _plain(text: str) -> str:
    shown = "".join(char if char.isprintable() else f"U+{ord(char):04X}" for char in text)
    return shown.replace("|", "\\|").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(render_page(), "utf-8")
