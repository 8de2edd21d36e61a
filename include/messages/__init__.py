"""Words for every finding code, in Chinese and English: what is wrong, what was expected, how to mend it.

Each entry of MESSAGES is `code: (title, expected, remedy)`, each a `(zh, en)` pair with `str.format`
placeholders filled from `Finding.params` (plus `found`, `sheet`, `cell`, `column`, `org`, `period`, `rule`).
A placeholder without a value is left empty rather than failing: a message must never hide the refusal. What
stands in square brackets is left out where a placeholder in it has no value.
"""

import re
from collections import defaultdict
from typing import Any

from include.errors import Finding
from include.messages.files import FILES
from include.messages.shape import Message
from include.messages.systems import LEDGER, SYSTEMS
from include.messages.terms import TERMS
from include.messages.values import VALUES

MESSAGES: dict[str, Message] = {**FILES, **SYSTEMS, **VALUES, **LEDGER}
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_PLACEHOLDER = re.compile(r"\{(\w+)")


def word(finding: Finding, part: str, language: str) -> str:
    """Return the `part` ("title", "expected" or "remedy") of a finding's message in `language` (zh or en)."""
    unworded: Message = ((finding.code, finding.code), ("", ""), ("", ""))
    words = MESSAGES.get(finding.code, unworded)[("title", "expected", "remedy").index(part)]
    known = {
        name: getattr(finding, name) for name in ("found", "sheet", "cell", "column", "org", "period", "rule")
    }
    values = known | dict(finding.params)
    if language == "zh":
        values |= {name: _translate(value) for name, value in values.items()}

    def choose(segment: re.Match[str]) -> str:
        return segment[1] if all(values.get(name) for name in _PLACEHOLDER.findall(segment[1])) else ""

    chosen = _OPTIONAL.sub(choose, words[0 if language == "zh" else 1])
    return chosen.format_map(defaultdict(str, values))


def _translate(value: Any) -> Any:
    """Return the Chinese word for a fixed English one, or for several (`integer or decimal`); else the value itself."""
    words = str(value).split(" or ")
    return "或".join(TERMS[one] for one in words) if all(one in TERMS for one in words) else value
