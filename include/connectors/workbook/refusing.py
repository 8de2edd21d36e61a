"""What one foreign file may cost, and how it is refused."""

from dataclasses import dataclass, replace

from include.errors import Finding, RefusedError


@dataclass(frozen=True)
class Limits:
    """What one file may cost. Bytes unless the name says otherwise; beyond any of them it is refused."""

    memory: int = 1 << 30
    cpu_seconds: int = 15
    """Of processor time, and as many more as `seconds_a_megabyte` gives for each MiB of the file."""
    wall_seconds: int = 60
    seconds_a_megabyte: int = 4
    output: int = 2 << 30
    open_files: int = 64
    file: int = 50 << 20
    members: int = 10_000
    unpacked: int = 2 << 30
    ratio: int = 200
    """A member may unpack to this many times its packed size, once it is larger than 10 MiB."""
    rows: int = 1_048_576

    def for_size(self, size: int) -> "Limits":
        """Return the limits with the seconds that a file of `size` bytes is given."""
        more = self.seconds_a_megabyte * (size >> 20)
        return replace(self, cpu_seconds=self.cpu_seconds + more, wall_seconds=self.wall_seconds + 2 * more)


def refusal(code: str, **params: object) -> RefusedError:
    """Return a refusal of the whole file."""
    return RefusedError([Finding(code=code, found=str(params.pop("found", "")), params=params)])


def megabytes(size: int) -> str:
    """Return a size in words."""
    return f"{size / (1 << 20):.1f} MiB"
