"""The launcher `./kpi` makes .venv from the lock: once, and when the lock changes or .venv is half-made."""

import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from include.home import PROJECT

# Stands for the real command line, which needs all of the lock: tells where it runs and what it was given.
COMMAND_LINE = "import sys, os; print(sys.prefix, os.getcwd(), *sys.argv[1:]); sys.exit(7)\n"


def pick_from_lock(*names: str) -> str:
    """Return the real lock's lines of these packages, with their hashes."""
    lock = (PROJECT / "requirements.lock").read_text("utf-8")
    blocks = {block.split("==")[0]: block for block in re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)}
    return "".join(blocks[name] for name in names)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch) -> Path:
    """Return a checkout with the real launcher and a lock of one small package; uv is on PATH."""
    folder = tmp_path / "a checkout"
    (folder / "include" / "cli").mkdir(parents=True)
    (folder / "include" / "__init__.py").touch()
    (folder / "include" / "cli" / "__init__.py").touch()
    (folder / "include" / "cli" / "__main__.py").write_text(COMMAND_LINE, "utf-8")
    shutil.copy2(PROJECT / "kpi", folder / "kpi")
    (folder / "requirements.lock").write_text(pick_from_lock("iniconfig"), "utf-8")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "uv").symlink_to(Path(sys.executable).with_name("uv"))
    (tools / "python3").symlink_to(Path(sys.base_prefix) / "bin" / "python3")
    monkeypatch.setenv("PATH", f"{tools}:{os.defpath}:/usr/local/bin")
    return folder


def run(checkout: Path, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess:
    command = [str(checkout / "kpi"), *arguments]
    return subprocess.run(
        command, cwd=cwd or checkout, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def list_packages(checkout: Path) -> set[str]:
    return {
        path.name.split("-")[0] for path in (checkout / ".venv").glob("lib/python*/site-packages/*.dist-info")
    }


def test_first_use_makes_the_environment_and_later_ones_are_silent(checkout: Path, tmp_path: Path) -> None:
    first = run(checkout, "show", "a b", cwd=tmp_path)
    assert first.stdout == f"{checkout}/.venv {tmp_path} show a b\n"
    assert first.returncode == 7
    assert "first use" in first.stderr
    assert "iniconfig" in list_packages(checkout)
    made = (checkout / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    second = run(checkout, "show")
    assert (second.returncode, second.stderr) == (7, "")
    assert (checkout / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == made


def test_it_works_through_links_and_from_a_folder_that_shadows_modules(
    checkout: Path, tmp_path: Path
) -> None:
    run(checkout)
    shadow = tmp_path / "elsewhere"
    (shadow / "include").mkdir(parents=True)
    (shadow / "include" / "__init__.py").write_text("raise SystemExit('the wrong include')")
    (shadow / "typing.py").write_text("raise SystemExit('the wrong typing')")
    (tmp_path / "relative").symlink_to("a checkout/kpi")
    (tmp_path / "link").symlink_to("relative")
    done = subprocess.run([str(tmp_path / "link"), "x"], cwd=shadow, capture_output=True, text=True)
    assert done.stdout == f"{checkout}/.venv {shadow} x\n"


def test_a_changed_lock_is_followed_both_ways(checkout: Path) -> None:
    run(checkout)
    lock = checkout / "requirements.lock"
    lock.write_text(pick_from_lock("iniconfig", "pluggy"), "utf-8")
    assert "has changed" in run(checkout).stderr
    assert {"iniconfig", "pluggy"} <= list_packages(checkout)
    lock.write_text(pick_from_lock("pluggy"), "utf-8")
    run(checkout)
    assert "iniconfig" not in list_packages(checkout)


def test_a_half_made_environment_is_made_anew(checkout: Path) -> None:
    run(checkout)
    (checkout / ".venv" / ".made-from").unlink()
    (checkout / ".venv" / "remains").touch()
    assert "first use" in run(checkout).stderr
    assert not (checkout / ".venv" / "remains").exists()


def test_a_moved_checkout_gets_an_environment_of_its_own(checkout: Path) -> None:
    run(checkout)
    moved = checkout.rename(checkout.with_name("moved"))
    done = run(moved)
    assert "first use" in done.stderr
    assert done.stdout.startswith(f"{moved}/.venv ")


def test_a_package_that_differs_from_its_hash_is_refused(checkout: Path) -> None:
    lock = checkout / "requirements.lock"
    lock.write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock.read_text("utf-8")), "utf-8")
    done = run(checkout)
    assert done.returncode not in (0, 7)
    assert "hash" in done.stderr.lower()
    assert not (checkout / ".venv" / ".made-from").exists()


def test_two_first_uses_at_once_make_one_environment(checkout: Path) -> None:
    with ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda _: run(checkout), range(3)))
    assert [each.returncode for each in done] == [7, 7, 7]
    assert sum("first use" in each.stderr for each in done) == 1


def test_without_a_fitting_python_it_says_so(checkout: Path, tmp_path: Path, monkeypatch) -> None:
    tools = tmp_path / "few tools"
    tools.mkdir()
    for name in ("bash", "env", "sha256sum", "flock", "readlink", "tail"):
        (tools / name).symlink_to(shutil.which(name))
    monkeypatch.setenv("PATH", str(tools))
    done = run(checkout)
    assert done.returncode == 1
    assert "3.11, 3.12 or 3.13" in done.stderr


@pytest.mark.long
def test_without_uv_the_locked_one_is_installed(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "tools" / "uv").unlink()
    (checkout / "requirements.lock").write_text(pick_from_lock("iniconfig", "uv"), "utf-8")
    assert run(checkout).returncode == 7
    assert {"iniconfig", "uv"} <= list_packages(checkout)


def test_help_is_instant() -> None:
    """Half a second is promised; the processor time is what load on the machine doesn't change."""
    before = os.times()
    begun = time.monotonic()
    done = run(PROJECT, "--help")
    used = (
        os.times().children_user + os.times().children_system - before.children_user - before.children_system
    )
    assert "up" in done.stdout
    assert used < 0.4, f"--help took {used:.2f} s of processor, {time.monotonic() - begun:.2f} s in all"


def test_the_lock_names_no_registry_and_every_direct_dependency() -> None:
    lock = (PROJECT / "requirements.lock").read_text("utf-8")
    assert "://" not in lock
    locked = set(re.findall(r"^([a-z0-9._-]+)==", lock, flags=re.MULTILINE))
    for name in ("requirements.txt", "requirements-dev.txt"):
        wanted = re.findall(r"^([a-z][a-z0-9._-]*)", (PROJECT / name).read_text("utf-8"), flags=re.MULTILINE)
        assert {package.replace(".", "-") for package in wanted} <= locked
