"""Proportions: x of n patients, the Wilson interval, and Newcombe's interval for a difference.

Input: numerators and denominators. Output: shares from 0 to 1. It never rounds and never suppresses.

Bad input, for each element: a missing number, ``n <= 0`` or ``x < 0`` gives NaN. ``x > n`` is a warning at delivery,
not an error: the share stays as it was delivered and has no interval, since no proportion can be above 1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from statsmodels.stats.proportion import proportion_confint

from kvalreg.statistics.intervals import Estimate, Interval, as_floats, difference, tail_probability


def wilson_interval(x: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    r"""Wilson's score interval for a proportion.

    .. math:: \frac{p + z^2/2n \pm z\sqrt{p(1-p)/n + z^2/4n^2}}{1 + z^2/n}, \quad p = x/n

    Parameters
    ----------
    x, n
        Number with the property and number of patients, of any shapes that broadcast.
    confidence
        Coverage of the interval, above 0 and below 1.

    Returns
    -------
    Interval
        Shares from 0 to 1, in the broadcast shape; exactly 0 for x = 0 and exactly 1 for x = n.

    Notes
    -----
    Source: Wilson EB. J Am Stat Assoc 1927;22:209-212; method 3 in Newcombe RG. Stat Med 1998;17:857-872. Computed by
    statsmodels.

    Examples
    --------
    Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662.

    >>> low, high = wilson_interval(81, 263)
    >>> print(f"{low:.4f} {high:.4f}")
    0.2553 0.3662
    """
    xs, ns = as_floats(x, n)
    usable = (ns > 0) & (xs >= 0) & (xs <= ns)
    low, high = proportion_confint(
        np.where(usable, xs, np.nan),
        np.where(usable, ns, np.nan),
        alpha=2 * tail_probability(confidence),
        method="wilson",
    )
    # Rounding leaves 1e-17 where the formula gives 0, and a target of 0 would then look out of reach.
    return Interval(np.where(usable & (xs == 0), 0.0, low), np.where(usable & (xs == ns), 1.0, high))


def proportion(x: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Estimate:
    """The share x / n with its Wilson interval.

    The share is one division of two integers, which makes its comparison with a target exact (see `achievement`).

    Examples
    --------
    >>> value, low, high = proportion(87, 100)
    >>> print(f"{value:.2f} {low:.4f} {high:.4f}")
    0.87 0.7902 0.9224
    """
    xs, ns = as_floats(x, n)
    usable = (ns > 0) & (xs >= 0)
    value = np.divide(xs, ns, out=np.full(xs.shape, np.nan), where=usable)
    return Estimate(value, *wilson_interval(xs, ns, confidence))


def newcombe_difference(
    x1: npt.ArrayLike, n1: npt.ArrayLike, x2: npt.ArrayLike, n2: npt.ArrayLike, confidence: float = 0.95
) -> Estimate:
    r"""Difference of two independent proportions with Newcombe's hybrid score interval.

    .. math::
        L = d - \sqrt{(p_1 - l_1)^2 + (u_2 - p_2)^2}, \quad U = d + \sqrt{(u_1 - p_1)^2 + (p_2 - l_2)^2}

    with :math:`d = p_1 - p_2` and the two Wilson intervals (l, u). A text may say "changed" only when 0 lies outside.

    Source: method 10 in Newcombe RG. Interval estimation for the difference between independent proportions: comparison
    of eleven methods. Stat Med 1998;17:873-890.

    Examples
    --------
    Newcombe 1998, table II: 56 of 70 against 48 of 80 gives a difference of 0.2000, from 0.0524 to 0.3339.

    >>> print(*(f"{part:.4f}" for part in newcombe_difference(56, 70, 48, 80)))
    0.2000 0.0524 0.3339
    """
    estimate = difference(proportion(x1, n1, confidence), proportion(x2, n2, confidence))
    # Where a numerator is above its denominator, a difference of such shares would mean nothing either.
    has_no_interval = np.isnan(estimate.low)
    return Estimate(np.where(has_no_interval, np.nan, estimate.value), estimate.low, estimate.high)
