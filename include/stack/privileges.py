"""How to run PostgreSQL's programs, which refuse the superuser and users without a name."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from include.errors import MetricLedgerError


@dataclass(frozen=True)
class Guise:
    """Command prefix under which PostgreSQL agrees to run, and the user that must own its files."""

    prefix: tuple[str, ...]
    owner: int

    def own(self, folder: Path) -> None:
        """Give `folder` and all below it to the guise's user, where another one owns it."""
        if folder.stat().st_uid == self.owner:
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, self.owner, -1, follow_symlinks=False)


@cache
def find_guise() -> Guise:
    """Return the way in which this process can run PostgreSQL.

    An ordinary, named user runs it as it is. Root, or a user that isn't in the user database, runs it in a
    user namespace under some named user (its files stay the caller's own). Where user namespaces are
    forbidden, as in many containers, root steps down to `nobody`, keeping only the right to pass folders.
    Raises MetricLedgerError where none of these works.
    """
    user = os.geteuid()
    if user != 0 and _is_named(user):
        return Guise((), user)
    stand_in = next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid not in (0, 65534)), 65534)
    namespace = ("unshare", "-U", f"--map-user={stand_in}", f"--map-group={stand_in}", "--")
    if _works(namespace):
        return Guise(namespace, user)
    return _step_down(user)


def _step_down(user: int) -> Guise:
    """Return the guise of root as `nobody`; the data folder then belongs to `nobody`."""
    nobody = next((entry for entry in pwd.getpwall() if entry.pw_name == "nobody"), None)
    if user == 0 and nobody:
        ids = (f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
        prefix = ("setpriv", *ids, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--")
        if _works(prefix):
            return Guise(prefix, nobody.pw_uid)
    raise MetricLedgerError(
        "PostgreSQL refuses to run as this user, and neither a user namespace (unshare -U) nor stepping down "
        "to `nobody` (setpriv) is permitted here. Run ./kpi as an ordinary user that /etc/passwd names."
    )


def _is_named(user: int) -> bool:
    try:
        return bool(pwd.getpwuid(user))
    except KeyError:
        return False


def _works(prefix: tuple[str, ...]) -> bool:
    if shutil.which(prefix[0]) is None:
        return False
    command = (*prefix, "true")
    done = subprocess.run(command, check=False, capture_output=True, stdin=subprocess.DEVNULL)
    return done.returncode == 0
