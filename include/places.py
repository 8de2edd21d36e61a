"""Where the inbox and the archive lie: in folders, or as objects in a store that fsspec reaches.

KPI_INBOX and KPI_ARCHIVE name another place than the folders below KPI_HOME: `s3://bucket/inbox`, or `file:///mnt/share`.
Credentials and endpoints are fsspec's and the driver's own business: they come from the environment.
"""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from fsspec.core import url_to_fs

from include.errors import StorageUnavailableError, UsageError
from include.home import Home

_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s@?#*\[\]:]+")
_PUTS_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "oss"})
"""Stores in which an object is there with all of its content or not at all."""
_MOMENTS = ("LastModified", "last_modified", "updated", "mtime", "modified", "created")
_TAGS = ("ETag", "etag", "generation")


class Version(NamedTuple):
    """What tells one version of an object from the next: size in bytes, time in ns since 1970, the store's own tag."""

    size: int
    modified: int
    tag: str

    def __str__(self) -> str:
        return "-".join(map(str, self))


@dataclass(frozen=True, order=True)
class ObjectPlace:
    """An object, or all objects below a prefix.

    `root` is a URL that we were given; `name` is what stands below it. Others choose names: they are data, and never
    read as a URL, a pattern or a path with `..` in it. Methods raise FileNotFoundError where there is no such object,
    StorageUnavailableError where the store can't be asked, UsageError where its driver isn't installed.
    """

    root: str
    name: str = ""

    def __truediv__(self, part: str) -> "ObjectPlace":
        return ObjectPlace(self.root, f"{self.name}/{part}" if self.name else part)

    def __str__(self) -> str:
        return f"{self.root}/{self.name}" if self.name else self.root

    @property
    def suffix(self) -> str:
        """The ending of the name with its dot, or ''."""
        return PurePosixPath(self.name).suffix

    def relative_to(self, folder: "ObjectPlace") -> str:
        """Return the name from `folder` on, which holds this object."""
        return self.name.removeprefix(f"{folder.name}/" if folder.name else "")

    def list_objects(self) -> dict["ObjectPlace", Version]:
        """Return every object below this prefix, as the store knows them now; none where there is no such prefix.

        Raises StorageUnavailableError where there is no such bucket.
        """
        try:
            with _reach(self) as (store, path):
                found = store.find(path, detail=True)
        except FileNotFoundError:
            raise StorageUnavailableError(f"{self.root} isn't there") from None
        below = f"{path.rstrip('/')}/"
        names = {name.removeprefix(below): about for name, about in found.items() if name.startswith(below)}
        return {self / name: _version(about) for name, about in names.items() if name[-1:] not in ("", "/")}

    def is_addressable(self) -> bool:
        """Tell whether the store's driver takes the name as it is: it reads a version out of some."""
        return "?versionId=" not in self.name and "\0" not in self.name

    def version(self) -> Version:
        """Return which version of the object there is now."""
        with _reach(self) as (store, path):
            return _version(store.info(path))

    def fetch(self, target: Path) -> None:
        """Write the object's content to the local file `target`."""
        with _reach(self) as (store, path):
            store.get_file(path, str(target))

    @contextmanager
    def local_copy(self) -> Iterator[Path]:
        """Lend a copy of the object as a local file with the same ending."""
        with tempfile.TemporaryDirectory(prefix="object-") as folder:
            copy = Path(folder) / f"copy{self.suffix if self.suffix[1:].isalnum() else ''}"
            self.fetch(copy)
            yield copy

    def put(self, source: Path) -> None:
        """Make the object of a local file's content: others see the whole of it or none."""
        with _reach(self) as (store, path):
            if self.root.partition("://")[0] in _PUTS_WHOLE:
                store.put_file(str(source), path)
                return
            folder, _, name = path.rpartition("/")
            draft = f"{folder}/.{source.name}-{name}.part"
            store.makedirs(folder, exist_ok=True)
            store.put_file(str(source), draft)
            store.mv(draft, path)

    def remove(self, version: Version) -> None:
        """Remove the object if it is there in this version still; another one, or none, is left as it is.

        S3 is asked to look once more as it removes. In another store, what replaces the object between our look and
        the removal is lost.
        """
        with contextlib.suppress(FileNotFoundError), _reach(self) as (store, path):
            if _version(store.info(path)) != version:
                return
            if hasattr(store, "call_s3"):
                bucket, key, _ = store.split_path(path)
                store.call_s3("delete_object", Bucket=bucket, Key=key, IfMatch=version.tag)
            else:
                store.rm_file(path)


Place = Path | ObjectPlace


def inbox_place(home: Home) -> Place:
    """Return where departments drop workbooks, `<source>/` below it. Raises UsageError where KPI_INBOX is wrong."""
    return _find_place("KPI_INBOX", home.inbox)


def archive_place(home: Home) -> Place:
    """Return where delivered files are kept. Raises UsageError where KPI_ARCHIVE is wrong."""
    return _find_place("KPI_ARCHIVE", home.archive)


def locate(uri: str) -> Place:
    """Return the place that a URI of ours names."""
    if uri.startswith("file://"):
        return Path(uri.removeprefix("file://"))
    root, _, name = uri.rpartition("/")
    return ObjectPlace(root, name)


def write_place(place: Place) -> str:
    """Return a place as text that any database takes, whatever bytes are in its name."""
    raw = os.fsencode(place) if isinstance(place, Path) else str(place).encode("utf-8", "surrogatepass")
    return raw.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def _find_place(setting: str, folder: Path) -> Place:
    url = os.environ.get(setting, "").rstrip("/")
    if not url:
        return folder
    if not _URL.fullmatch(url):  # not shown: who writes it otherwise may have put a password in
        raise UsageError(
            f"{setting} is no URL such as s3://bucket/folder or file:///mnt/share. It holds no log-in, port or "
            f"options: those come from the environment of the store's driver, see docs/deploy.md."
        )
    return locate(url) if url.startswith("file:///") else ObjectPlace(url)


@contextmanager
def _reach(place: ObjectPlace) -> Iterator[tuple[Any, str]]:
    """Yield the store and the path in it. What its driver raises may hold secrets: only the error's name is told."""
    protocol = place.root.partition("://")[0]
    try:
        store, root = url_to_fs(place.root)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"No driver for {protocol}:// is installed: {error}. Take its line of requirements-storage.txt into "
            f"requirements.txt and run `./kpi lock`, see docs/deploy.md."
        ) from error
    try:
        store.invalidate_cache()
        yield store, f"{root.rstrip('/')}/{place.name}" if place.name else root
    except FileNotFoundError:
        raise
    except Exception as error:  # noqa: BLE001 - each driver raises its own
        raise StorageUnavailableError(f"{protocol}:// can't be asked ({type(error).__name__})") from None


def _version(about: dict[str, Any]) -> Version:
    moment = next((about[name] for name in _MOMENTS if about.get(name)), 0)
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    seconds = moment.timestamp() if isinstance(moment, datetime) else float(moment)
    tag = next((str(about[name]) for name in _TAGS if about.get(name)), "")
    return Version(int(about["size"]), int(seconds * 1e6) * 1000, tag)
