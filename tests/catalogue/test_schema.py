"""The editors' JSON Schemas: current, and of one mind with the loader."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from include.catalogue.reading import read_document
from include.catalogue.schema import render_schemas, write_schemas
from tests.catalogue.company import FILES, write_company

PROJECT = Path(__file__).parent.parent.parent


def test_the_committed_schemas_are_current() -> None:
    for name, text in render_schemas().items():
        assert (PROJECT / "docs/schema" / name).read_text("utf-8") == text, "run ./kpi schema"


def plain(path: Path) -> Any:
    document = read_document(path, [])
    assert document is not None
    return json.loads(
        json.dumps(
            document.data, default=lambda value: float(value) if hasattr(value, "is_nan") else str(value)
        )
    )


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".yaml")])
def test_a_right_file_fits_its_schema(tmp_path: Path, name: str) -> None:
    kind = name.split("/", maxsplit=1)[0].removesuffix(".yaml")
    write_company(tmp_path)
    [path] = [path for path in write_schemas(tmp_path / "schema") if path.stem == kind]
    jsonschema.validate(plain(tmp_path / name), json.loads(path.read_text("utf-8")))


def test_a_wrong_key_does_not_fit() -> None:
    schema = json.loads(render_schemas()["people.json"])
    jsonschema.validate({"a": {"email": "a@b.example"}}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"a": {"email": "a@b.example", "mail": "x"}}, schema)
