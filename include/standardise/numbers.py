"""Exact numbers: a column of Decimals times a factor, as plain texts."""

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from include.coerce import trim_zeros

PLACES = 12
"""Decimal places of a value whose conversion has no finite decimal form; rounded half-up."""
_PRECISION = 200


def convert(values: npt.NDArray[np.object_], factor: Fraction) -> tuple[pa.Array, pa.Array]:
    """Return Decimals as reported and multiplied by `factor`.

    Both are plain decimal texts without needless zeros. The product is exact where the factor is a finite
    decimal, else rounded half-up to PLACES places.
    """
    reported = write_decimals(values)
    if factor == 1:
        return reported, reported
    with localcontext(prec=_PRECISION):
        finite = _finite(factor)
        if finite is not None:
            return reported, write_decimals(values * finite)
        ratio, step = Decimal(factor.denominator), Decimal(1).scaleb(-PLACES)
        products = values * Decimal(factor.numerator)
        rounded = [_divide_half_up(product, ratio, step) for product in products]
        return reported, write_decimals(np.array([*rounded, None], dtype=object)[:-1])


def _divide_half_up(number: Decimal, divisor: Decimal, step: Decimal) -> Decimal:
    """Divide and round half away from zero; a quotient carries 200 digits, too many for a false tie."""
    return (number / divisor).quantize(step, rounding=ROUND_HALF_UP)


def _finite(factor: Fraction) -> Decimal | None:
    """Return the factor as an exact Decimal, or None where its decimals never end."""
    rest = factor.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    return Decimal(factor.numerator) / Decimal(factor.denominator) if rest == 1 else None


def write_decimals(values: npt.NDArray[np.object_]) -> pa.Array:
    """Return plain texts of Decimals: no exponent, no needless zeros."""
    texts = pa.array(list(map(str, values)), pa.string())
    odd = pc.match_substring(texts, "E")
    if pc.any(odd).as_py():
        plain = [format(values[place], "f") for place in np.flatnonzero(odd.to_numpy(zero_copy_only=False))]
        texts = pc.replace_with_mask(texts, odd, pa.array(plain, pa.string()))
    return trim_zeros(texts)
