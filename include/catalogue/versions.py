"""Metric entries to definitions: each version with every field resolved and its dates closed."""

from typing import Any

from include.catalogue.catalogue import MetricDefinition
from include.catalogue.draft import Draft, Entry
from include.catalogue.explaining import check_model
from include.catalogue.models import Metric, MetricVersion

_FURTHER = {"carry_forward", "consolidation", "grain"}
_KINDS = ({"over_time", "over_org"}, {"ratio"}, {"formula"})
_DEPEND = {"over_time": "carry_forward", "over_org": "consolidation"}


def compile_metrics(draft: Draft) -> dict[str, list[MetricDefinition]]:
    """Return the versions of every valid metric, in order of time; faults go to the draft's problems."""
    return {
        name: versions for name, entry in draft.metrics.items() if (versions := _versions(draft, name, entry))
    }


def _versions(draft: Draft, name: str, entry: Entry[Metric]) -> list[MetricDefinition]:
    raw = {key: value for key, value in entry.document.data[name].items() if key != "versions"}
    models: list[MetricVersion] = [entry.model]
    draft.version_places[name, 1] = (entry.path, frozenset(raw))
    for index, changes in enumerate(entry.model.versions):
        path = (*entry.path, "versions", index)
        raw = _apply(raw, changes)
        if "valid_from" not in changes:
            draft.tell(
                entry.document.problem(
                    path, "the version says not from when on", "add `valid_from: 2026-07-01`"
                )
            )
            continue
        model = check_model(MetricVersion, raw, entry.document, path, draft.problems)
        if model is None:
            continue
        if model.valid_from <= models[-1].valid_from:
            what = f"valid_from {model.valid_from} isn't after the version before ({models[-1].valid_from})"
            draft.tell(
                entry.document.problem((*path, "valid_from"), what, "list the versions in order of time")
            )
            continue
        if first := draft.find_opening(model.valid_from):
            what = f"a definition changes in the middle of a {draft.periods.word}"
            remedy = f"start it on the first day, e.g. {first}"
            draft.tell(entry.document.problem((*path, "valid_from"), what, remedy))
        if model.unit != entry.model.unit:
            what = f"the unit changes from {entry.model.unit} to {model.unit}"
            draft.tell(
                entry.document.problem((*path, "unit"), what, "keep the unit, or make it a new metric")
            )
        models.append(model)
        draft.version_places[name, len(models)] = (path, frozenset(changes))
    return [_define(name, number, models, entry.model) for number in range(1, len(models) + 1)]


def _apply(raw: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Change what a version names; another way of aggregating replaces the former one whole."""
    for keys in _KINDS:
        if keys & changes.keys():
            kept = keys | _FURTHER if "over_time" in keys else keys
            dropped = set().union(*_KINDS, _FURTHER) - kept
            raw = {key: value for key, value in raw.items() if key not in dropped}
    for key, further in _DEPEND.items():
        if changes.get(key, raw.get(key)) != raw.get(key):
            raw.pop(further, None)
    return raw | changes


def _define(name: str, number: int, models: list[MetricVersion], first: Metric) -> MetricDefinition:
    model = models[number - 1]
    following = models[number].valid_from if number < len(models) else None
    return MetricDefinition(
        id=name,
        version=number,
        valid_from=model.valid_from,
        valid_to=following,
        name=model.name or first.name,
        definition=model.definition,
        unit=model.unit,
        owner=model.owner,
        tier=model.tier,
        better=model.better,
        steward=model.steward,
        over_time=model.over_time,
        over_org=model.over_org,
        ratio=model.ratio,
        formula=model.formula,
        dimensions=tuple(model.dimensions),
        status=model.status,
        amber_within=model.amber_within,
        carry_forward=model.carry_forward,
        consolidation=model.consolidation,
        grain=model.grain,
    )
