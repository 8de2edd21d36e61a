"""KPI_HOME: where all state of one installation lives, and which configuration it was made with."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from include.errors import UsageError

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    """Paths below one KPI_HOME. Nothing is created by asking for a path; `create` makes the folders."""

    root: Path

    @property
    def state_file(self) -> Path:
        """Ports, secrets and the configuration's path; readable by its owner only."""
        return self.root / "state.json"

    @property
    def inbox(self) -> Path:
        """`inbox/<source>/`: where departments drop workbooks, unless KPI_INBOX says otherwise (`include.places`)."""
        return self.root / "inbox"

    @property
    def stage(self) -> Path:
        """`stage/<batch>/`: Parquet files on their way between the stages."""
        return self.root / "stage"

    def stage_folder(self, batch_id: int) -> Path:
        """`stage/<batch>/`: one batch's files between the stages; gone when it is finished."""
        return self.stage / str(batch_id)

    @property
    def archive(self) -> Path:
        """Every delivered file, by content hash, unless KPI_ARCHIVE says otherwise (`include.places`)."""
        return self.root / "archive"

    @property
    def rejected(self) -> Path:
        """`rejected/<source>/`: refused files, each beside the list of what is wrong with it."""
        return self.root / "rejected"

    def returned_folder(self, source: str, batch_id: int) -> Path:
        """`rejected/<source>/<batch>/`: the copy of a refused file with its wrong cells marked."""
        return self.rejected / source / str(batch_id)

    @property
    def outbox(self) -> Path:
        """Mails as `.eml` where no SMTP connection is configured."""
        return self.root / "outbox"

    @property
    def logs(self) -> Path:
        """Logs of the database and of the Airflow processes."""
        return self.root / "logs"

    def create(self) -> "Home":
        """Make the folders (0700, as they hold secrets and reported figures) and return self."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.inbox, self.stage, self.archive, self.rejected, self.outbox, self.logs):
            folder.mkdir(exist_ok=True)
        return self

    def read_state(self) -> dict[str, Any]:
        """Return what is remembered; empty for a new home."""
        try:
            state: dict[str, Any] = json.loads(self.state_file.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        return state

    def remember(self, **values: Any) -> dict[str, Any]:
        """Merge `values` into the remembered state, atomically, and return the whole of it."""
        self.create()
        state = self.read_state() | values
        draft = self.state_file.with_suffix(f".{os.getpid()}.tmp")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(state, indent=1, ensure_ascii=False), "utf-8")
        draft.replace(self.state_file)
        return state


def current_home() -> Home:
    """Return the home named by KPI_HOME, or `.kpi/` in the project."""
    return Home(Path(os.environ.get("KPI_HOME") or PROJECT / ".kpi").expanduser().resolve())


def configuration_folder(home: Home, *, adopt: bool = False) -> Path:
    """Return the company's configuration folder for `home`.

    KPI_CONFIG wins, else the folder that `home` was made with, else `config/`. Raises UsageError where
    KPI_CONFIG names another folder than the one `home` was made with, unless `adopt` is set: the figures
    in one warehouse belong to one company's definitions.
    """
    remembered = home.read_state().get("config")
    asked = os.environ.get("KPI_CONFIG")
    if not asked:
        return Path(remembered) if remembered else PROJECT / "config"
    folder = Path(asked).expanduser().resolve()
    if remembered and folder != Path(remembered) and not adopt:
        raise UsageError(
            f"KPI_HOME {home.root} was made with the configuration {remembered}, but KPI_CONFIG is {folder}. "
            f"Set KPI_HOME to another folder for this company, or run `./kpi up --adopt-config` once if the "
            f"configuration has moved."
        )
    return folder
