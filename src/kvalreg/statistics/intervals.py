"""What every method returns: an interval, or an estimate with its interval; and weighted sums of estimates.

Input: arrays of numbers. Output: float64 arrays of the broadcast shape, NaN where nothing is known. It never decides
what a number means: that is `achievement`, `change` and `funnel`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from kvalreg.arrays import FloatArray


class Interval(NamedTuple):
    """Lower and upper limit, in the unit of the value they belong to; both NaN when no interval can be given."""

    low: FloatArray
    high: FloatArray


class Estimate(NamedTuple):
    """A value with its interval. Invariant: the value may be known while the interval is NaN, never the reverse."""

    value: FloatArray
    low: FloatArray
    high: FloatArray

    def times(self, factor: npt.ArrayLike) -> Estimate:
        """The same estimate in another unit: per 100,000 with ``times(100_000)``. The factor is positive."""
        scale = np.asarray(factor, dtype=np.float64)
        return Estimate(self.value * scale, self.low * scale, self.high * scale)


def as_floats(*values: npt.ArrayLike) -> tuple[FloatArray, ...]:
    """The inputs of a method as float64 arrays of one common shape.

    Missing (None, NaN) and infinite numbers become NaN: infinity is what a division by zero leaves behind, and it must
    not count as a very good result.

    Raises
    ------
    TypeError
        For 16 and 32 bit floats: a target of 0.9 cannot be compared exactly once it has been one (see `achievement`).
    ValueError
        When the shapes do not broadcast.
    """
    arrays = []
    for value in values:
        array = np.asarray(value)
        if array.dtype in (np.float16, np.float32):
            raise TypeError(f"{array.dtype} has lost digits that targets are compared with. Keep the data in float64.")
        floats = array.astype(np.float64)
        arrays.append(np.where(np.isfinite(floats), floats, np.nan))
    return tuple(np.broadcast_arrays(*arrays))


def tail_probability(confidence: float) -> float:
    """Probability in each tail: 0.025 for 0.95. ValueError unless 0 < confidence < 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}, but must lie between 0 and 1 (95 % is 0.95)")
    return (1 - confidence) / 2


def contrast(terms: Iterable[tuple[npt.ArrayLike, Estimate]]) -> Estimate:
    r"""Weighted sum of independent estimates, with an interval made from theirs.

    .. math:: \hat L = \sum c_i \hat\theta_i - \sqrt{\sum (c_i \hat\theta_i - \min(c_i l_i, c_i u_i))^2}

    and the upper limit with plus and the maximum. It needs no variance but each estimate's own interval, so one formula
    serves proportions, rates and means; for two Wilson intervals with weights 1 and -1 it is Newcombe's hybrid. It is
    known as MOVER, the method of variance estimates recovery: the distance from a value to its limit stands for z times
    its standard error on that side.

    Source: Zou GY, Huang W, Zhang X. A note on confidence interval estimation for a linear function of binomial
    proportions. Comput Stat Data Anal 2009;53:1080-1085; for other measures Zou GY, Donner A. Stat Med 2008;27:1693.

    Examples
    --------
    Two values 8 (6 to 9) and 5 (4 to 7), by hand: 3, from 3 - sqrt(2² + 2²) = 0.1716 to 3 + sqrt(1² + 1²) = 4.4142.

    >>> eight = Estimate(np.array(8.0), np.array(6.0), np.array(9.0))
    >>> five = Estimate(np.array(5.0), np.array(4.0), np.array(7.0))
    >>> [round(float(part), 4) for part in difference(eight, five)]
    [3.0, 0.1716, 4.4142]
    """
    total, lower_variance, upper_variance = (np.zeros(()) for _ in range(3))
    for weight, estimate in terms:
        # A negative weight swaps the ends: the minimum and the maximum find the lower and the upper one.
        factor, value, low, high = as_floats(weight, *estimate)
        term, first_end, second_end = factor * value, factor * low, factor * high
        total = np.asarray(total + term)
        lower_variance = np.asarray(lower_variance + (term - np.minimum(first_end, second_end)) ** 2)
        upper_variance = np.asarray(upper_variance + (np.maximum(first_end, second_end) - term) ** 2)
    return Estimate(total, np.asarray(total - np.sqrt(lower_variance)), np.asarray(total + np.sqrt(upper_variance)))


def difference(now: Estimate, before: Estimate) -> Estimate:
    """`now` minus `before`, with the interval of `contrast`."""
    return contrast([(1.0, now), (-1.0, before)])
