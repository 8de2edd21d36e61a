"""Units of measure: which texts name one, and the exact factor from one to another.

Only names of `include.catalogue.unit_table` and of the company's units.yaml are known, alone, behind a
multiplier (万, 亿, 千, ...), or combined (`元/吨`, `t/h`, `元/(人·天)`). Anything else is refused with the
nearest known names: a unit is never guessed. Factors are exact Fractions, by Pint.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from include.catalogue.explaining import nearest
from include.catalogue.models import UnitsConfig
from include.catalogue.unit_table import COUNTED, MULTIPLIERS, OWN_MEANING, UNSCALED, unit_lines
from include.errors import MetricLedgerError

MAX_TEXT = 60
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_PREFIX = re.compile("(" + "|".join(sorted(MULTIPLIERS, key=len, reverse=True)) + r")\s*(?=\S)")
_ISOLATED = re.compile(r"\[\w+\]")
_SPLIT = re.compile(r"[*/()^]|[^*/()^]+")
_CJK = r"\u3400-\u9fff"
_LOOSE_BLANK = re.compile(rf"(?<=[{_CJK}*/()^])\s+|\s+(?=[{_CJK}*/()^])")
_COMMON = ["元", "吨", "件"]
"""What most often stands behind a multiplier, for a single wrong character that resembles nothing."""
_LABEL = re.compile(r"^(?:计量)?单位\s*[::]\s*")
_DATED = re.compile(r"\d{1,4}(?:\s*(?:年|月|日(?!元)|号|周|季|期).*)?")


def is_never_unit(text: str) -> bool:
    """Tell whether brackets hold a number or a date (`（2026年）`, `（1）`): no unit, though it reads as one."""
    return bool(_DATED.fullmatch(unicodedata.normalize("NFKC", text).strip()))


class UnknownUnitError(MetricLedgerError):
    """A text that names no known unit. `text` is it as given, `nearest` known names that look like it."""

    def __init__(self, text: str, close: list[str]) -> None:
        self.text, self.nearest = text, close
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        super().__init__(f"unknown unit {text!r}{hint}")


class IncompatibleUnitError(MetricLedgerError):
    """Two known units of different kinds, such as 元 and 吨: there is no factor between them."""

    def __init__(self, from_unit: str, to_unit: str) -> None:
        self.from_unit, self.to_unit = from_unit, to_unit
        super().__init__(f"{from_unit!r} can't be converted to {to_unit!r}: they measure different things")


@dataclass(frozen=True)
class Unit:
    """A parsed unit: `factor` root units make one of it; `dimension` are root units with powers, sorted.

    Two units convert into each other exactly when their dimensions are equal.
    """

    factor: Fraction
    dimension: tuple[tuple[str, int], ...] = ()

    def __mul__(self, other: "Unit") -> "Unit":
        """Return the product of two units."""
        return Unit(self.factor * other.factor, _merge(self.dimension, other.dimension, 1))

    def __truediv__(self, other: "Unit") -> "Unit":
        """Return the quotient of two units."""
        return Unit(self.factor / other.factor, _merge(self.dimension, other.dimension, -1))

    def uncounted(self) -> tuple[tuple[str, int], ...]:
        """Return the dimension without things counted (件, 单, 人): what 元/单 and 元 have in common."""
        return tuple(part for part in self.dimension if part[0] not in COUNTED)


PURE = Unit(Fraction(1))


class UnitSystem:
    """All units known to one company, immutable.

    `faults` are what is wrong in its units.yaml: (path in the file, what, how to mend it).
    """

    def __init__(self, config: UnitsConfig | None = None) -> None:
        """Take the built-in units and those of `config`. Faulty entries are left out and told in `faults`."""
        self._units: dict[str, Unit] = dict(_built_in())
        self._scalable = {name for name in self._units if name not in _unscaled_names()}
        self._parsed: dict[str, Unit] = {}
        self.faults: list[tuple[tuple[str, ...], str, str]] = []
        self._define_all(dict(config.definitions) if config else {})
        for known, names in (config.aliases if config else {}).items():
            self._add_aliases(known, names)

    def parse(self, text: str) -> Unit:
        """Return the unit that `text` names. Raises UnknownUnitError where it isn't known for certain."""
        unit = self._parsed.get(text)
        if unit is None:
            unit = self._parsed[text] = self._parse(text)
        return unit

    def is_known(self, text: str) -> bool:
        """Tell whether `text` names a unit."""
        try:
            self.parse(text)
        except UnknownUnitError:
            return False
        return True

    def factor(self, from_unit: str, to_unit: str) -> Fraction:
        """Return the exact number of `to_unit` in one `from_unit`: 10000 for 万元 and CNY.

        Raises UnknownUnitError, or IncompatibleUnitError where they measure different things (two currencies
        do: a rate isn't a factor).
        """
        given, wanted = self.parse(from_unit), self.parse(to_unit)
        if given.dimension != wanted.dimension:
            raise IncompatibleUnitError(from_unit, to_unit)
        return given.factor / wanted.factor

    def are_compatible(self, one: str, other: str) -> bool:
        """Tell whether two known units measure the same thing. Raises UnknownUnitError."""
        return self.parse(one).dimension == self.parse(other).dimension

    def nearest(self, text: str) -> list[str]:
        """Return up to three units that look most like `text`, best first, each by one name.

        A multiplier stays before them.
        """
        plain = _normalise(text)
        prefix = _PREFIX.match(plain)
        if prefix is None:
            return self._name_once(nearest(plain, self._units))
        rest = plain[prefix.end() :]
        close = nearest(rest, self._scalable) or (_COMMON if len(rest) == 1 else [])
        return [prefix[1] + name for name in self._name_once(close)] or self._name_once(
            nearest(plain, self._units)
        )

    def convertible(self, unit: str) -> list[str]:
        """Return the units that convert to `unit`, each by one name, for messages."""
        wanted = self.parse(unit).dimension
        return self._name_once([name for name, other in self._units.items() if other.dimension == wanted])

    def _name_once(self, names: Sequence[str]) -> list[str]:
        """Return one name of each unit that `names` name, in their order: the one that was defined first."""
        first: dict[Unit, str] = {}
        for name in filter(set(names).__contains__, self._units):
            first.setdefault(self._units[name], name)
        return list(dict.fromkeys(first[self._units[name]] for name in names))

    def _parse(self, text: str) -> Unit:
        plain = _normalise(text)
        if plain and len(plain) <= MAX_TEXT:
            try:
                return self._read(plain)
            except UnknownUnitError as error:
                raise UnknownUnitError(text, error.nearest) from None
        raise UnknownUnitError(text, [])

    def _read(self, plain: str) -> Unit:
        whole = self._lookup(plain)
        if whole is not None:
            return whole
        tokens = _SPLIT.findall(plain)
        if len(tokens) == 1:
            raise UnknownUnitError(plain, self.nearest(plain))
        unit, rest = self._product(tokens)
        if rest:
            raise UnknownUnitError(plain, [])
        return unit

    def _product(self, tokens: list[str]) -> tuple[Unit, list[str]]:
        unit, tokens = self._power(tokens)
        while tokens and tokens[0] in "*/":
            other, rest = self._power(tokens[1:])
            unit, tokens = (unit * other if tokens[0] == "*" else unit / other), rest
        return unit, tokens

    def _power(self, tokens: list[str]) -> tuple[Unit, list[str]]:
        if not tokens:
            raise UnknownUnitError("", [])
        if tokens[0] == "(":
            unit, rest = self._product(tokens[1:])
            if not rest or rest[0] != ")":
                raise UnknownUnitError("", [])
            rest = rest[1:]
        elif (
            _NUMBER.fullmatch(tokens[0].strip()) and len(tokens) > 1 and Fraction(tokens[0].replace(",", ""))
        ):
            unit, rest = Unit(Fraction(tokens[0].replace(",", ""))), tokens[1:]
        else:
            found = self._lookup(tokens[0].strip())
            if found is None:
                raise UnknownUnitError(tokens[0], self.nearest(tokens[0]))
            unit, rest = found, tokens[1:]
        if len(rest) > 1 and rest[0] == "^" and re.fullmatch(r"-?[1-9]", rest[1]):
            power = int(rest[1])
            raised = Unit(unit.factor**power, tuple((name, count * power) for name, count in unit.dimension))
            return raised, rest[2:]
        return unit, rest

    def _lookup(self, name: str) -> Unit | None:
        """Return a single name's unit, with a number and multipliers before it."""
        if name in self._units:
            return self._units[name]
        number = _NUMBER.match(name)
        if number:
            rest = self._lookup(name[number.end() :].strip())
            size = Fraction(number[0].replace(",", ""))
            return Unit(size * rest.factor, rest.dimension) if rest and size else None
        prefix = _PREFIX.match(name)
        if not prefix:
            return None
        base = name[prefix.end() :]
        if base in self._scalable:
            return Unit(MULTIPLIERS[prefix[1]] * self._units[base].factor, self._units[base].dimension)
        return None

    def _define_all(self, waiting: dict[str, str]) -> None:
        """Define units in whatever order they are written: one may be defined by a later one."""
        while waiting:
            ready = {n: t for n, t in waiting.items() if _ISOLATED.fullmatch(t.strip()) or self.is_known(t)}
            for name, text in (ready or waiting).items():
                self._define(name, text)
            waiting = {name: text for name, text in waiting.items() if ready and name not in ready}

    def _define(self, name: str, text: str) -> None:
        plain = _normalise(name)
        path = ("definitions", name)
        if (plain in self._units and not self._may_replace(plain)) or _SPLIT.findall(plain) != [plain]:
            what = "is built in" if plain in self._units else "can't be the name of a unit"
            self.faults.append((path, f"{name!r} {what}", "choose another name, without * / ( ) ^"))
            return
        if _ISOLATED.fullmatch(text.strip()):
            unit = Unit(Fraction(1), ((f"company:{text.strip()[1:-1]}", 1),))
        else:
            try:
                unit = self._parse(text)
            except UnknownUnitError as error:
                remedy = f"did you mean {' or '.join(error.nearest)}?" if error.nearest else _DEFINE
                self.faults.append((path, f"{name!r} is defined by the unknown unit {text!r}", remedy))
                return
        meant = self._units.get(plain)
        for same in [other for other, known in self._units.items() if known == meant]:
            self._units[same] = unit
        self._units[plain] = unit
        self._scalable.add(plain)
        self._parsed.clear()

    def _may_replace(self, name: str) -> bool:
        """Tell whether a built-in unit is the company's to define: things counted, scores and points are."""
        dimension = self._units[name].dimension
        return (
            len(dimension) == 1
            and dimension[0][1] == 1
            and dimension[0][0] in OWN_MEANING
            and self._units[name].factor == 1
        )

    def _add_aliases(self, known: str, names: list[str]) -> None:
        path = ("aliases", known)
        try:
            unit = self._parse(known)
        except UnknownUnitError as error:
            remedy = (
                f"did you mean {' or '.join(error.nearest)}?"
                if error.nearest
                else "declare it in definitions"
            )
            self.faults.append((path, f"unknown unit {known!r}", remedy))
            return
        for name in names:
            plain = _normalise(name)
            try:
                meant = self._parse(name)
            except UnknownUnitError:
                meant = unit
            if not plain or meant != unit:
                self.faults.append((path, f"{name!r} already names another unit", "choose another alias"))
                continue
            self._units[plain] = unit
            self._scalable.add(plain)


_DEFINE = "write `48 * 件` with a known unit, or `[kind]` for one that converts to nothing else"


def _normalise(text: str) -> str:
    """Unify full-width forms, dots and crosses; drop `单位:`, outer brackets and idle blanks."""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = _LABEL.sub("", plain)
    while (
        len(plain) > 2
        and plain[0] + plain[-1] in {"[]", "【】", "()"}
        and not set("()[]【】") & set(plain[1:-1])
    ):
        plain = plain[1:-1].strip()
    plain = plain.translate(_SIGNS).replace("**", "^")
    return _LOOSE_BLANK.sub("", re.sub(r"\s+", " ", plain))


_SIGNS = str.maketrans({"·": "*", "⋅": "*", "•": "*", "・": "*", "×": "*", "÷": "/", "∕": "/", "⁄": "/"})


def _merge(
    one: tuple[tuple[str, int], ...], other: tuple[tuple[str, int], ...], sign: int
) -> tuple[tuple[str, int], ...]:
    powers = dict(one)
    for name, power in other:
        powers[name] = powers.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


@cache
def _registry() -> Any:
    """Return a Pint registry of the built-in units alone: no prefixes, and Fractions all the way."""
    import pint  # noqa: PLC0415 - takes 0.3 s, and templates and mails need no units

    registry: Any = pint.UnitRegistry(None, non_int_type=Fraction, cache_folder=None)
    registry.load_definitions([f"{unit} = {definition}" for unit, definition, _ in unit_lines()])
    return registry


@lru_cache(maxsize=1)
def _built_in() -> dict[str, Unit]:
    """Return every built-in name with its unit, reduced to root units by Pint."""
    registry, found = _registry(), {}
    for unit, _, names in unit_lines():
        factor, root = registry.get_root_units(unit)
        dimension = tuple(sorted((str(name), int(power)) for name, power in root._units.items()))
        parsed = Unit(Fraction(factor), dimension)
        for name in names:
            found[_normalise(name)] = parsed
    for word, size in MULTIPLIERS.items():
        if not word.isascii():
            found[word] = Unit(Fraction(size))
    return found


@cache
def _unscaled_names() -> frozenset[str]:
    names = {_normalise(name) for unit, _, names in unit_lines() if unit in UNSCALED for name in names}
    return frozenset(names | set(MULTIPLIERS))
