"""Medians: the interval between two order statistics.

Input: a number of patients, or their values. Output: ranks, or the values that have them. A median delivered without
its patients' values has no interval, and none is claimed.

Bad input: a number of patients that is missing, not an integer or too small for the confidence (below 6 at 95 %) gives
NaN; so does one missing value among the values, since its rank cannot be known.
"""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt
from scipy import stats

from kvalreg.arrays import FloatArray
from kvalreg.statistics.intervals import Estimate, Interval, as_floats, tail_probability


def median_ranks(n: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    r"""Ranks (1 is the smallest) of the two values that enclose the median.

    The lower rank is the greatest r with :math:`P(B \le r - 1) \le \alpha/2` for B binomial (n, 1/2), the upper one is
    n + 1 - r. The coverage is at least `confidence`, whatever the distribution.

    Source: Campbell MJ, Gardner MJ. Calculating confidence intervals for some non-parametric analyses. BMJ
    1988;296:1454-1456.

    Examples
    --------
    Campbell and Gardner's 100 patients: the 40th and the 61st value.

    >>> lower, upper = median_ranks(100)
    >>> print(lower, upper)
    40.0 61.0
    """
    (ns,) = as_floats(n)
    p = tail_probability(confidence)
    usable = (ns >= 1) & (ns == np.floor(ns))
    # `ppf` gives the least q with P(B ≤ q) ≥ p. So P(B ≤ q - 1) < p, and q is the greatest rank that is low enough; a
    # rank of 0 is no value: the sample is too small.
    lower = cast(FloatArray, stats.binom.ppf(p, np.where(usable, ns, 1), 0.5))
    lower = np.where(usable & (lower >= 1), lower, np.nan)
    return Interval(lower, ns + 1 - lower)


def median_interval(values: npt.ArrayLike, confidence: float = 0.95) -> Estimate:
    """The median of a sample (one axis) with its order-statistic interval, in the unit of the values.

    Raises
    ------
    ValueError
        When the values have more than one axis.

    Examples
    --------
    Ten waiting times of 1 to 10 days: median 5.5, ranks 2 and 9, so from 2 to 9 days.

    >>> print(*(f"{part:.1f}" for part in median_interval(range(1, 11))))
    5.5 2.0 9.0
    """
    (sample,) = as_floats(np.asarray(values))
    if sample.ndim != 1:
        raise ValueError(f"values have {sample.ndim} axes, but a sample has one. Call it once for each sample.")
    missing = np.array(np.nan)
    if sample.size == 0 or np.isnan(sample).any():
        return Estimate(missing, missing, missing)
    lower, upper = median_ranks(sample.size, confidence)
    median = np.asarray(np.median(sample))
    if np.isnan(lower):
        return Estimate(median, missing, missing)
    ordered = np.sort(sample)
    return Estimate(median, np.asarray(ordered[int(lower) - 1]), np.asarray(ordered[int(upper) - 1]))
