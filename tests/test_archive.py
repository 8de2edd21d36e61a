"""The archive's drafts: what becomes of them."""

import os
import time
from pathlib import Path

from include.archive import drafting
from include.home import Home


def test_what_a_killed_process_left_is_removed_a_day_later(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    old, young, kept = home.archive / ".a.part", home.archive / ".b.part", home.archive / "c.part"
    for path, age in ((old, 25), (young, 23), (kept, 25)):
        path.touch()
        os.utime(path, (time.time() - age * 3600,) * 2)
    with drafting(home) as draft:
        assert draft.exists() and not old.exists() and young.exists() and kept.exists()
    assert not draft.exists()
