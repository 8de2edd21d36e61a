"""Money in several currencies: which currency a unit is in, the same unit in another one, and their names."""

from dataclasses import replace

from include.catalogue.explaining import nearest
from include.catalogue.unit_table import CURRENCIES, CURRENCY_NAMES
from include.catalogue.units import Unit, UnitSystem, UnknownUnitError

_CODES = frozenset(CURRENCIES)
_SHARED_SIGNS = frozenset("$¥￥")
"""Signs that several currencies write: they name none."""


def currency_of(unit: Unit) -> str | None:
    """Return the ISO code of the one currency that stands in `unit` to the power 1; None for any other unit."""
    found = [(name, power) for name, power in unit.dimension if name in _CODES]
    return found[0][0] if len(found) == 1 and found[0][1] == 1 else None


def holds_money(unit: Unit) -> bool:
    """Tell whether any currency stands in `unit`, to whatever power."""
    return any(name in _CODES for name, _ in unit.dimension)


def in_currency(unit: Unit, currency: str) -> Unit:
    """Return `unit` with its one currency replaced by `currency`: CNY/t with USD is USD/t."""
    own = currency_of(unit)
    swapped = ((currency if name == own else name, power) for name, power in unit.dimension)
    return replace(unit, dimension=tuple(sorted(swapped)))


def convert_by_rate(units: UnitSystem, one: str, other: str) -> bool:
    """Tell whether two known units differ in their currency alone, so that a rate turns one into the other."""
    given, wanted = units.parse(one), units.parse(other)
    currency, own = currency_of(given), currency_of(wanted)
    return bool(
        currency and own and currency != own and in_currency(given, own).dimension == wanted.dimension
    )


def read_currency(units: UnitSystem, text: str) -> str | None:
    """Return the ISO code that `text` names (USD, usd, 美元), or None. A sign of several currencies names none."""
    plain = text.strip()
    if plain.upper() in _CODES:
        return plain.upper()
    if plain in _SHARED_SIGNS or not units.is_known(plain):
        return None
    unit = units.parse(plain)
    return currency_of(unit) if unit.factor == 1 and len(unit.dimension) == 1 else None


def nearest_currencies(text: str) -> list[str]:
    """Return up to three codes and names of currencies that look most like `text`, best first."""
    return nearest(text.strip(), [*_money_names(), *CURRENCIES])


def write_unit(units: UnitSystem, text: str, currency: str) -> str:
    """Return the text of the unit `text` with its currency replaced: 万元 with USD is 万 USD, 元/吨 USD/吨.

    A text whose currency can't be told from the rest (a company's own name) is followed by the code.
    """
    text = text.strip()
    for name in sorted([*_money_names(), *CURRENCIES], key=len, reverse=True):
        head, found, tail = text.partition(name)
        if not found:
            continue
        gap = " " if head and head[-1] not in " */(" else ""
        written = f"{head}{gap}{currency}{tail}"
        try:
            if units.parse(written) == in_currency(units.parse(text), currency):
                return written
        except UnknownUnitError:
            continue
    return f"{text} ({currency})"


def _money_names() -> list[str]:
    return [name for told in CURRENCY_NAMES.values() for name in told.split()]
