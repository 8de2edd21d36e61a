"""JSON Schema of every configuration file, made from the models, for completion and checks in editors.

A YAML file points to its schema in its first line:
`# yaml-language-server: $schema=../../docs/schema/metrics.json`.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from include.catalogue.models import CalendarConfig, Elimination, Metric, OrgLine, Person, Source, UnitsConfig

FILES: dict[str, tuple[str, Any]] = {
    "metrics": ("Metrics: one entry a metric", dict[str, Metric]),
    "sources": ("A source: what a department delivers", Source),
    "org": ("The company tree, with dates", list[OrgLine]),
    "people": ("Roles and their addresses", dict[str, Person]),
    "calendar": ("The company's calendar", CalendarConfig),
    "units": ("Further units of the company", UnitsConfig),
    "eliminations": ("Intra-group pairs", list[Elimination]),
}
_PLAIN_TEXT_TOO = ("Words", "Place", "Cursor")


def render_schemas() -> dict[str, str]:
    """Return the JSON Schema text of each kind of file, by the file's name: `metrics.json`."""
    return {f"{name}.json": _render(title, annotation) for name, (title, annotation) in FILES.items()}


def write_schemas(folder: Path) -> list[Path]:
    """Write all schemas into `folder`, made if it is missing, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, text in render_schemas().items():
        path = folder / name
        path.write_text(text, "utf-8")
        written.append(path)
    return written


def _render(title: str, annotation: Any) -> str:
    schema = TypeAdapter(annotation).json_schema(by_alias=True)
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": title}
    parts = schema.get("$defs", {})
    for name in _PLAIN_TEXT_TOO:
        if name in parts:
            parts[name] = {"anyOf": [{"type": "string"}, parts[name]]}
    if "Words" in parts:  # `{en: net, without tax}` reads as a key without a value: see models.Words
        parts["Words"]["anyOf"][1]["additionalProperties"] = {"type": "null"}
    if "Metric" in parts:
        _describe_versions(parts["Metric"])
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=False) + "\n"


def _describe_versions(metric: dict[str, Any]) -> None:
    """Let a version hold the changed keys of its metric, and from when on."""
    keys = {key: value for key, value in metric["properties"].items() if key != "versions"}
    metric["properties"]["versions"]["items"] = {
        "type": "object",
        "properties": keys,
        "required": ["valid_from"],
        "additionalProperties": False,
    }
