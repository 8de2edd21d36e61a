"""Every code of a system that can't be asked has words in both languages."""

import re
from pathlib import Path

import pytest

from include.errors import NEVER_BY_WAITING
from include.messages.faults import SYSTEM_FAULTS, explain_fault

CONNECTORS = Path(__file__).resolve().parents[1] / "include" / "connectors"
_RAISED = re.compile(r"(?:\bunavailable|\bfault|SourceUnavailableError)\(\s*\"([a-z_]+)\"")


def test_every_code_that_is_raised_has_words() -> None:
    raised = {code for path in CONNECTORS.rglob("*.py") for code in _RAISED.findall(path.read_text("utf-8"))}
    assert len(raised) > 8, "the search no longer finds the codes"
    assert not raised - SYSTEM_FAULTS.keys()
    assert all(explain_fault(code, "en")[1] for code in NEVER_BY_WAITING)


@pytest.mark.parametrize("code", sorted(SYSTEM_FAULTS))
def test_words_are_in_both_languages(code: str) -> None:
    for chinese, english in SYSTEM_FAULTS[code]:
        assert re.search(r"[\u4e00-\u9fff]", chinese)
        assert english and not re.search(r"[\u4e00-\u9fff]", english)


def test_a_status_without_words_of_its_own_has_those_of_its_hundred() -> None:
    assert explain_fault("http_503", "en")[0] == "the service fails"
    assert explain_fault("http_503", "zh")[0] == "服务自身出错"
    assert explain_fault("http_404", "en")[0] == "there is nothing at the request's path"
    assert explain_fault("oops", "en") == ("the system gave no data", "see the run's log")
