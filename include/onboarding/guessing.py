"""What the columns of a table, an endpoint or a workbook may mean, each with how certain that is."""

import re
from collections.abc import Sequence
from typing import Any

from include.catalogue import Catalogue
from include.coerce import Reading
from include.onboarding.conditions import marks_deleted, tell_statuses, tells_status
from include.onboarding.matching import is_minor, match_metrics
from include.onboarding.sampled import Guess, Sampled, share_read

_ORG_NAMES = re.compile(
    r"公司|单位|部门|门店|店铺|店号|工厂|厂区|分公司|事业部|机构|company|store|shop|plant|branch|\borg|dept|department|site|entity",
    re.IGNORECASE,
)
_DATE_NAMES = re.compile(r"日期|时间|月份|期间|年月|date|day|month|period|time|dt$", re.IGNORECASE)
_BOOKED = re.compile(r"业务|记账|订单|销售|order|book|doc|post|sale|business", re.IGNORECASE)
_UPKEEP = re.compile(
    r"creat|updat|modif|chang|insert|delet|sync|load|录入|创建|修改|更新|同步", re.IGNORECASE
)
_KEY_NAMES = re.compile(r"编号|单号|流水|号$|(?:^|_|(?<=[a-z]))(?:id|no|code|key|number)$", re.IGNORECASE)
_FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y")
_YEARS = re.compile(r"^(19|20)\d\d")
_COMPACT = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")


def guess_columns(catalogue: Catalogue, columns: Sequence[Sampled]) -> list[Guess]:
    """Return a guess for each column: one org unit and one date at most, keys, dimensions and metrics."""
    guesses = [_guess_one(catalogue, column) for column in columns]
    for role in ("org", "date", "period"):
        _keep_best(guesses, role)
    if any(guess.keys.get("is") == "date" for guess in guesses):
        _drop(guesses, "period")
    taken: set[object] = set()
    for place in sorted(range(len(guesses)), key=lambda at: -guesses[at].certainty):
        metric = guesses[place].keys.get("metric")
        if metric in taken and metric:
            guess = guesses[place]
            keys = {name: value for name, value in guess.keys.items() if name not in {"metric", "unit"}}
            why = f"{metric} is likelier elsewhere"
            guesses[place] = Guess(guess.column, keys, 30, why, needed=False)
        taken.add(metric)
    return guesses


def _guess_one(catalogue: Catalogue, column: Sampled) -> Guess:
    if marks_deleted(column):
        return Guess(
            column, {"type": "text"}, 70, "seems to mark deleted records: see the query", needed=False
        )
    for rule in (_as_unread, _as_org, _as_date, _as_key, _as_status, _as_measure, _as_dimension):
        guess = rule(catalogue, column)
        if guess is not None:
            return guess
    return Guess(column, {"type": "text"}, 50, "nothing in the catalogue is called so", needed=False)


def _as_unread(_: Catalogue, column: Sampled) -> Guess | None:
    """Guess at what can't be read, but for a FLOAT, which a query can cast."""
    if not column.unreadable or column.unreadable.startswith("float"):
        return None
    why = f"its type, {column.unreadable}, can't be read: convert it in the query"
    return Guess(column, {"type": "text"}, 90, why, needed=False)


def _as_org(catalogue: Catalogue, column: Sampled) -> Guess | None:
    distinct = list(dict.fromkeys(column.texts))
    known = [text for text, unit in catalogue.org.resolve_many(distinct).items() if unit]
    share = len(known) / len(distinct) if distinct else 0.0
    named = bool(_ORG_NAMES.search(column.name + column.comment))
    if share < 0.5 and not (named and distinct and not _is_amount(column)):
        return None
    if not known and (_as_date(catalogue, column) or match_metrics(catalogue, column)):
        return None
    keys = {"type": "text", "is": "org", "required": True}
    if share == 1:
        return Guess(column, keys, 95 if named else 85, "all values are org units")
    unknown = [text for text in distinct if text not in known][:5]
    told = f"give these an alias in org.yaml: {', '.join(unknown)}"
    return Guess(
        column,
        keys,
        max(40, int(share * 90)),
        f"{len(known)} of {len(distinct)} values are org units; {told}",
    )


def _as_date(catalogue: Catalogue, column: Sampled) -> Guess | None:
    named = bool(_DATE_NAMES.search(column.name + column.comment))
    typed = column.type.startswith(("date", "timestamp", "datetime"))
    word = catalogue.periods.word
    if typed:
        return _date(column, "date", {}, 90, f"its type is {column.type}")
    years = column.texts and all(_YEARS.match(text.strip()) for text in column.texts)
    reading = Reading(calendar=catalogue.periods, timezone=catalogue.calendar.timezone)
    compact = column.texts and all(_COMPACT.fullmatch(text.strip()) for text in column.texts)
    if years and (named or compact or not _is_number(column)):
        for kind, length in ((word, 7), ("date", 99)):
            fits = max(map(len, column.texts)) <= length or kind == "date"
            if fits and share_read(column.texts, kind, reading) == 1.0:
                return _date(column, kind, {}, 85 if named else 60, f"all values read as a {kind}")
    if named and column.texts:
        fitting = [
            form for form in _FORMATS if share_read(column.texts, "date", Reading(date_format=form)) == 1.0
        ]
        if fitting:
            sure = "" if len(fitting) == 1 else f", or {fitting[1]}"
            return _date(
                column, "date", {"format": fitting[0]}, 75 if not sure else 45, f"reads as {fitting[0]}{sure}"
            )
    return None


def _date(column: Sampled, kind: str, more: dict[str, Any], certainty: int, why: str) -> Guess:
    text = column.name + column.comment
    if _UPKEEP.search(text):
        certainty, why = 20, f"{why}, but tells when a record was kept"
    elif _BOOKED.search(text) or kind != "date":
        certainty = min(95, certainty + 5)
    role = "date" if kind == "date" else "period"
    return Guess(column, {"type": kind, **more, "is": role, "required": True}, certainty, why)


def _as_key(_: Catalogue, column: Sampled) -> Guess | None:
    unique = len(set(column.texts)) == len(column.texts) > 1
    if column.key or (unique and _KEY_NAMES.search(column.name)):
        why = "the table's key" if column.key else "its values are all different"
        return Guess(column, {"type": "text", "is": "key", "required": True}, 90 if column.key else 70, why)
    return None


def _as_status(catalogue: Catalogue, column: Sampled) -> Guess | None:
    if not tells_status(column) or _as_dimension(catalogue, column):
        return None
    why = f"a status or kind; which of these count? {tell_statuses(column)}"
    return Guess(column, {"type": "text"}, 50, why, needed=False)


def _as_measure(catalogue: Catalogue, column: Sampled) -> Guess | None:
    if not _is_number(column) or _KEY_NAMES.search(column.name):
        return None
    kind = (
        "integer"
        if share_read(column.texts, "integer", Reading()) == 1.0 and _is_whole(column)
        else "decimal"
    )
    matches = match_metrics(catalogue, column)
    minor = (
        "; looks like cents (分): divide by 100 in the query, or declare the unit" if is_minor(column) else ""
    )
    if not matches:
        near = f"a number, but no metric is called so{minor}"
        return Guess(column, {"type": kind}, 30, near, needed=False)
    best, *others = matches
    kind = "decimal" if column.unreadable else kind
    certainty = best.certainty if best.unit_said and not minor else min(best.certainty, 50)
    unit = "the unit is said" if best.unit_said else "no unit is said, so the metric's own"
    also = f"; or {', '.join(f'{one.metric} {one.certainty} %' for one in others)}" if others else ""
    keys: dict[str, object] = {"type": kind, "metric": best.metric, "unit": best.unit}
    if minor:  # a wrong unit is a wrong figure: whoever knows it says it
        return Guess(column, keys, certainty, minor.removeprefix("; "), needed=False)
    return Guess(column, keys, certainty, f"{unit}{also}")


def _as_dimension(catalogue: Catalogue, column: Sampled) -> Guess | None:
    known = {name for versions in catalogue.metrics.values() for name in versions[-1].dimensions}
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column.name).casefold()
    if plain not in known:
        return None
    keys: dict[str, object] = {"type": "text", "is": "dimension"}
    return Guess(
        column, keys | ({} if column.name == plain else {"name": plain}), 80, f"the dimension {plain}"
    )


def _is_number(column: Sampled) -> bool:
    typed = re.match(r"(numeric|decimal|float|double|real|int|bigint|smallint|money|number)", column.type)
    return bool(typed) or share_read(column.texts, "decimal", Reading()) == 1.0


def _is_amount(column: Sampled) -> bool:
    return _is_number(column) and any("." in text for text in column.texts)


def _is_whole(column: Sampled) -> bool:
    return all("." not in text for text in column.texts) and not re.match(
        r"numeric|decimal|money", column.type
    )


def _keep_best(guesses: list[Guess], role: str) -> None:
    places = [at for at, guess in enumerate(guesses) if guess.keys.get("is") == role]
    best = max(places, key=lambda at: guesses[at].certainty, default=None)
    for place in places:
        if place != best:
            _drop_role(guesses, place)


def _drop(guesses: list[Guess], role: str) -> None:
    for place, guess in enumerate(guesses):
        if guess.keys.get("is") == role:
            _drop_role(guesses, place)


def _drop_role(guesses: list[Guess], place: int) -> None:
    guess = guesses[place]
    keys = {name: value for name, value in guess.keys.items() if name not in {"is", "required"}}
    guesses[place] = Guess(
        guess.column, keys, guess.certainty, f"{guess.why}; another column fits better", needed=False
    )
