"""Marking: a refused workbook goes back as a copy in which each wrong cell is coloured and commented.

`give_back` is its whole face to the stages.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from include.marking.returning import Delivery, Returned, give_back

__all__ = ["Delivery", "Returned", "give_back"]


def __getattr__(name: str) -> Any:
    """Import on first use: the marking child imports this package too and must start without pandas."""
    if name not in __all__:
        raise AttributeError(name)
    from include.marking import returning  # noqa: PLC0415

    return getattr(returning, name)
