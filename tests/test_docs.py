"""The documentation against the project: commands, links, configuration snippets, codes, versions."""

import json
import re
import shutil
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
import typer
from pydantic import TypeAdapter
from ruamel.yaml import YAML

from include.catalogue.loading import check_catalogue
from include.catalogue.schema import FILES
from include.catalogue.units import UnitSystem
from include.cli import app
from include.home import PROJECT
from include.messages import MESSAGES
from tests.company import Company
from tests.finding_codes import PAGE, render_page

READMES = [PROJECT / "README.md", PROJECT / "README.zh-CN.md"]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
BASE = PROJECT / "examples" / "company" / "config"
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]

_FENCE = re.compile(r"^```([^\n]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*\bsrc=\"([^\"]+)\"")
_COMMAND = re.compile(r"\./kpi ([a-z]+(?:-[a-z]+)*)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
_IDS = {page: page.relative_to(PROJECT).as_posix() for page in PAGES}


def name_page(page: Path) -> str:
    return _IDS.get(page, str(page))


def read_prose(page: Path) -> str:
    """Return the page without its code blocks."""
    return _FENCE.sub("", page.read_text("utf-8"))


def read_snippets(page: Path) -> list[tuple[str, str]]:
    """Return (kind, text) of the YAML blocks that are marked ` ```yaml check=<kind>`."""
    found = _FENCE.findall(page.read_text("utf-8"))
    return [(info.partition("check=")[2], text) for info, text in found if info.startswith("yaml check=")]


# Commands ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_a_page_names_only_commands_that_exist(page: Path) -> None:
    assert set(_COMMAND.findall(page.read_text("utf-8"))) <= COMMANDS


@pytest.mark.parametrize("page", READMES, ids=name_page)
def test_a_readme_lists_every_command_in_its_table(page: Path) -> None:
    rows = [line for line in read_prose(page).splitlines() if line.startswith("| `./kpi ")]
    assert {command for row in rows for command in _COMMAND.findall(row.split("|")[1])} == COMMANDS


@pytest.mark.parametrize("page", READMES, ids=name_page)
def test_a_readme_gives_commands_only_options_that_they_have(page: Path) -> None:
    for line in page.read_text("utf-8").splitlines():
        for part in re.findall(r"\./kpi [^`#\n]*", line):
            (command, *_) = _COMMAND.findall(part)
            known = {o for p in typer.main.get_command(app).commands[command].params for o in p.opts}  # type: ignore[attr-defined]
            if command != "test":  # takes pytest's options
                assert set(_OPTION.findall(part)) <= known | {"--help"}, part


@pytest.mark.parametrize("page", READMES, ids=name_page)
def test_a_readme_names_what_schema_bi_holds(page: Path, company: Company) -> None:
    held = company.query(
        "SELECT relname AS name FROM pg_class WHERE relnamespace = 'bi'::regnamespace AND relkind = 'v' "
        "UNION SELECT proname || '(t)' FROM pg_proc WHERE pronamespace = 'bi'::regnamespace"
    )
    rows = [line for line in read_prose(page).splitlines() if line.startswith("| `bi.")]
    named = [name for row in rows for name in re.findall(r"`bi\.([\w()]+)`", row.split("|")[1])]
    assert sorted(named) == sorted(row.name for row in held)


# Links ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_page)
def test_relative_links_and_images_lead_somewhere(page: Path) -> None:
    broken = []
    for pair in _LINK.findall(read_prose(page)):
        target = unquote("".join(pair))
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        if not file.exists() or (anchor and anchor not in list_anchors(file)):
            broken.append(target)
    assert not broken


def list_anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", read_prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_images_are_small_and_all_in_use() -> None:
    images = set((PROJECT / "docs" / "images").iterdir())
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert not [image.name for image in images if image.name not in text]
    assert not [image.name for image in images if image.stat().st_size > 200_000]


# Configuration snippets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in PAGES if read_snippets(page)], ids=name_page)
def test_configuration_snippets_are_valid(page: Path, tmp_path: Path) -> None:
    """A page's snippets, added to the example company's configuration, make one without errors."""
    folder = tmp_path / "config"
    shutil.copytree(BASE, folder)
    for number, (kind, text) in enumerate(read_snippets(page)):
        add_snippet(folder, kind, text, number)
    _, problems = check_catalogue(folder)
    assert not [str(problem) for problem in problems]


def add_snippet(folder: Path, kind: str, text: str, number: int) -> None:
    """Put a snippet where its kind belongs in the configuration `folder`; a single file's is added at its end."""
    if kind == "metrics":
        (folder / "metrics" / f"snippet_{number}.yaml").write_text(text, "utf-8")
    elif kind == "source":
        name = YAML(typ="safe").load(text)["source"]
        (folder / "sources" / f"{name}.yaml").write_text(text, "utf-8")
        if "kind: sql" in text:
            (folder / "sources" / f"{name}.sql").write_text(
                "SELECT 1 WHERE :window_start < :window_end", "utf-8"
            )
    elif kind == "rest":  # keys of a REST source, in place of those of the page's whole one
        base = YAML(typ="safe").load((folder / "sources" / "tool_service.yaml").read_text("utf-8"))
        fields = base | YAML(typ="safe").load(text) | {"source": f"snippet_{number}"}
        (folder / "sources" / f"snippet_{number}.yaml").write_text(
            json.dumps(fields, ensure_ascii=False), "utf-8"
        )
    elif kind in {"org", "people"}:
        with (folder / f"{kind}.yaml").open("a", encoding="utf-8") as file:
            file.write("\n" + text)
    elif kind == "calendar":
        (folder / "calendar.yaml").write_text(text, "utf-8")
    else:
        model = TypeAdapter(FILES[kind][1]).validate_python(YAML(typ="safe").load(text))
        if kind == "units":
            assert UnitSystem(model).faults == []


def test_a_wrong_snippet_would_be_found(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    shutil.copytree(BASE, folder)
    add_snippet(folder, "people", "somebody: {email: somebody@example.com, tongue: zh}\n", 0)
    assert check_catalogue(folder)[1]


def test_every_key_of_the_configuration_is_documented() -> None:
    text = (PROJECT / "docs" / "configuration.md").read_text("utf-8")
    keys: set[str] = set()
    for _, annotation in FILES.values():
        schema = TypeAdapter(annotation).json_schema(by_alias=True)
        for part in [schema, *schema.get("$defs", {}).values()]:
            keys |= set(part.get("properties", {}))
    assert not [key for key in sorted(keys) if not re.search(rf"\b{key}\b", text)]


# Codes, versions, translation ---------------------------------------------------------------------------------


def test_the_page_of_finding_codes_is_current() -> None:
    written = PAGE.read_text("utf-8")
    missing = [code for code in MESSAGES if f"| `{code}` |" not in written]
    assert not missing
    assert written == render_page(), "run `.venv/bin/python -m tests.finding_codes`"


def test_the_changelog_has_the_current_version() -> None:
    version = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (PROJECT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## \[{re.escape(version)}\]", changelog, re.MULTILINE)


def test_the_readmes_have_the_same_structure() -> None:
    """Headings by level, links and commands in code blocks: a translation that fell behind differs in one."""
    english, chinese = (outline_page(page) for page in READMES)
    assert english == chinese


def outline_page(page: Path) -> dict[str, list[str]]:
    text = page.read_text("utf-8")
    blocks = [text for info, text in _FENCE.findall(text) if info.startswith(("sh", "sql"))]
    links = ["".join(pair).partition("#")[0] for pair in _LINK.findall(read_prose(page))]
    return {
        "headings": re.findall(r"^(#+) ", read_prose(page), re.MULTILINE),
        "links": sorted(link for link in links if link and not link.startswith("README")),
        "commands": [
            line
            for block in blocks
            for line in re.findall(r"^\./kpi [^#\n]*?(?= *(?:#|$))", block, re.MULTILINE)
        ],
        "snippets": [kind for kind, _ in read_snippets(page)],
    }
