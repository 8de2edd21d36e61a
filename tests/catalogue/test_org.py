"""The dated tree: who stands where on which day, and which texts name a unit."""

import datetime as dt
from pathlib import Path

import pytest

from include.catalogue import load_catalogue
from include.catalogue.models import OrgLine
from include.catalogue.org import OrgTree
from tests.catalogue.company import write_company

APRIL, MAY = dt.date(2026, 4, 30), dt.date(2026, 5, 1)


@pytest.fixture
def tree(tmp_path: Path) -> OrgTree:
    return load_catalogue(write_company(tmp_path)).org


@pytest.mark.parametrize(
    "text", ["east", "EAST", " East ", "华东公司", "华东", "ec01", "ＥＣ０１", "\t华东\n"]
)
def test_a_unit_is_found_by_id_alias_and_name(tree: OrgTree, text: str) -> None:
    assert tree.resolve(text) == "east"


@pytest.mark.parametrize("text", ["", "华", "EC1", "east north", "华东公司 (旧)", "华 东"])
def test_other_texts_name_nobody(tree: OrgTree, text: str) -> None:
    assert tree.resolve(text) is None
    assert tree.resolve_many(["华东", text]) == {"华东": "east", text: None}


def test_a_move_takes_effect_on_its_day(tree: OrgTree) -> None:
    assert tree.root == "group"
    assert tree.parent_at("plant_suzhou", APRIL) == "east"
    assert tree.parent_at("plant_suzhou", MAY) == "north"
    assert tree.path_at("plant_suzhou", MAY) == ["group", "north", "plant_suzhou"]
    assert tree.leaves(APRIL) == {"plant_suzhou", "north"}
    assert tree.leaves(MAY) == {"plant_suzhou", "east"}
    assert tree.leaves(MAY, below="north") == {"plant_suzhou"}
    assert tree.children_at("group", MAY) == {"east", "north"}
    assert tree.at_level("plant", MAY) == {"plant_suzhou"}
    assert tree.parents_within(APRIL, MAY)["plant_suzhou"] == "east"
    # The later line inherits the name.
    assert tree.units["plant_suzhou"][1].name is not None
    assert tree.name_of("plant_suzhou", "en") == "苏州厂"


def test_units_open_and_close() -> None:
    lines = [
        {"unit": "group"},
        {"unit": "shop", "parent": "group", "level": "store", "from": "2026-03-16", "to": "2026-06-01"},
    ]
    tree = OrgTree.from_lines(OrgLine.model_validate(line) for line in lines)
    assert not tree.in_force("shop", dt.date(2026, 3, 15))
    assert tree.in_force("shop", dt.date(2026, 3, 16))
    assert not tree.in_force("shop", dt.date(2026, 6, 1))
    assert tree.path_at("shop", dt.date(2026, 6, 1)) == []
    assert tree.at_level("store", dt.date(2026, 6, 1)) == set()
    # A unit that opens in the middle of a month belongs to that month.
    assert tree.parents_within(dt.date(2026, 3, 1), dt.date(2026, 4, 1))["shop"] == "group"
    assert "shop" not in tree.parents_within(dt.date(2026, 6, 1), dt.date(2026, 7, 1))
