"""Counts and rates: Poisson intervals, crude rates, directly and indirectly standardised rates.

Input: counts and the populations they come from. Output: estimates with intervals. A count may be above its population
(several events per person). It never rounds and never suppresses.

Bad input, for each element: a missing or negative count, or a missing, zero or negative population, gives NaN. One such
age band makes the whole standardised rate NaN: a band left out is not a band without events.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from kvalreg.arrays import FloatArray
from kvalreg.statistics.intervals import Estimate, Interval, as_floats, tail_probability

BYAR_MIN_COUNT = 10
"""Byar's approximation from this count upwards, the exact limits below it."""
DSR_MIN_EVENTS = 10
"""A directly standardised rate on fewer events than this is withheld."""


def exact_poisson_interval(x: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    r"""Exact (Garwood) limits for a Poisson count.

    .. math:: L = \tfrac12\chi^2_{\alpha/2}(2x), \quad U = \tfrac12\chi^2_{1-\alpha/2}(2x + 2)

    The lower limit of no events is 0. Source: Garwood F. Fiducial limits for the Poisson distribution. Biometrika
    1936;28:437-442.

    Examples
    --------
    No events: from 0 to -ln(0.025) = 3.6889.

    >>> low, high = exact_poisson_interval(0)
    >>> print(f"{low:.4f} {high:.4f}")
    0.0000 3.6889
    """
    (xs,) = as_floats(x)
    p = tail_probability(confidence)
    counts = np.where(xs >= 0, xs, np.nan)
    # The chi-square quantile with 2x degrees of freedom is twice the gamma quantile with shape x.
    low = np.where(counts == 0, 0.0, special.gammaincinv(np.where(counts == 0, 1.0, counts), p))
    return Interval(low, np.asarray(special.gammainccinv(counts + 1, p)))


def byar_interval(x: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    r"""Byar's approximation to the exact limits of a Poisson count.

    .. math::
        L = x\left(1 - \frac{1}{9x} - \frac{z}{3\sqrt{x}}\right)^3, \quad
        U = (x+1)\left(1 - \frac{1}{9(x+1)} + \frac{z}{3\sqrt{x+1}}\right)^3

    A lower limit below 0 is 0. Source: Breslow NE, Day NE. Statistical methods in cancer research, volume II. IARC
    1987, page 69.

    Examples
    --------
    >>> low, high = byar_interval(65)
    >>> print(f"{low:.4f} {high:.4f}")
    50.1632 82.8491
    """
    (xs,) = as_floats(x)
    z = -special.ndtri(tail_probability(confidence))
    counts = np.where(xs >= 0, xs, np.nan)
    positive = np.where(counts > 0, counts, np.nan)
    low = positive * (1 - 1 / (9 * positive) - z / (3 * np.sqrt(positive))) ** 3
    incremented = counts + 1
    high = incremented * (1 - 1 / (9 * incremented) + z / (3 * np.sqrt(incremented))) ** 3
    return Interval(np.where(counts == 0, 0.0, np.maximum(low, 0.0)), high)


def poisson_interval(x: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    """Limits for a count: exact below 10, Byar's approximation from 10, as public health practice has it.

    Examples
    --------
    >>> low, high = poisson_interval([5, 20])
    >>> print(low.round(4), high.round(4))
    [ 1.6235 12.2114] [11.6683 30.8899]
    """
    (xs,) = as_floats(x)
    is_small = xs < BYAR_MIN_COUNT
    low, high = byar_interval(xs, confidence)
    # The exact limits take ten times as long: only where they are used.
    low, high = np.atleast_1d(low), np.atleast_1d(high)
    use_exact = np.atleast_1d(is_small)
    low[use_exact], high[use_exact] = exact_poisson_interval(np.atleast_1d(xs)[use_exact], confidence)
    return Interval(low.reshape(xs.shape), high.reshape(xs.shape))


def rate(x: npt.ArrayLike, n: npt.ArrayLike, multiplier: float = 1.0, confidence: float = 0.95) -> Estimate:
    """Crude rate x / n times `multiplier`, with the count's Poisson interval over the same population.

    Examples
    --------
    65 events among 100 person-years, per 100: 65.0, from 50.1632 to 82.8491.

    >>> print(*(f"{part:.4f}" for part in rate(65, 100, multiplier=100)))
    65.0000 50.1632 82.8491
    """
    xs, ns = as_floats(x, n)
    counts = np.where(xs >= 0, xs, np.nan)
    per_person = 1 / np.where(ns > 0, ns, np.nan)
    low, high = poisson_interval(counts, confidence)
    return Estimate(counts * per_person, low * per_person, high * per_person).times(multiplier)


def dsr(
    counts: npt.ArrayLike, populations: npt.ArrayLike, standard: npt.ArrayLike, confidence: float = 0.95
) -> Estimate:
    r"""Directly standardised rate per person, with Dobson's interval. Withheld (NaN) below 10 events.

    .. math::
        D = \frac{\sum w_i x_i/n_i}{\sum w_i}, \quad
        V = \frac{\sum w_i^2 x_i/n_i^2}{(\sum w_i)^2}, \quad
        \text{limits } D + \sqrt{V/O}\,(L_O - O)

    with O the sum of the counts and :math:`L_O` its Poisson limits. D is a weighted sum of Poisson counts: its limits
    are those of O, moved to D and scaled by the ratio of the standard errors, :math:`\sqrt{V}` of D and
    :math:`\sqrt{O}` of O. So they keep the skewness of the Poisson limits, and with one age band they are exactly
    those of the crude rate.

    Parameters
    ----------
    counts, populations, standard
        Events, persons and standard persons in each age band; the bands are the **last axis**. Shapes broadcast.
    confidence
        Coverage of the interval.

    Returns
    -------
    Estimate
        Events per person, without the last axis. ``.times(100_000)`` gives it per 100,000.

    Notes
    -----
    Source: Dobson AJ, Kuulasmaa K, Eberle E, Scherer J. Confidence intervals for weighted sums of Poisson parameters.
    Stat Med 1991;10:457-462.

    Examples
    --------
    Bands with 10 of 100 and 20 of 400, standard 1:3. By hand D = (0.1 + 3·0.05)/4 = 0.0625 and
    V = (10/100² + 9·20/400²)/16 = 0.0001328125; O = 30 has Byar limits 20.2376 and 42.8284, so
    0.0625 + 0.0021041·(-9.7624) = 0.0420 and 0.0625 + 0.0021041·12.8284 = 0.0895.

    >>> print(*(f"{part:.4f}" for part in dsr([10, 20], [100, 400], [1, 3])))
    0.0625 0.0420 0.0895
    """
    xs, ns, weights = as_floats(counts, populations, standard)
    xs = np.where(xs >= 0, xs, np.nan)
    ns = np.where(ns > 0, ns, np.nan)
    weights = np.where(weights >= 0, weights, np.nan)
    # NaN in any age band makes its sums NaN, and with them the rate: no band is left out silently.
    weight, events = weights.sum(axis=-1), xs.sum(axis=-1)
    weight = np.where(weight > 0, weight, np.nan)
    events = np.where(events >= DSR_MIN_EVENTS, events, np.nan)
    value = (weights * xs / ns).sum(axis=-1) / weight
    scale = np.sqrt((weights**2 * xs / ns**2).sum(axis=-1) / weight**2 / events)
    low, high = poisson_interval(events, confidence)
    return Estimate(
        np.where(np.isnan(events), np.nan, value), value + scale * (low - events), value + scale * (high - events)
    )


def expected_count(
    populations: npt.ArrayLike, reference_counts: npt.ArrayLike, reference_populations: npt.ArrayLike
) -> FloatArray:
    """Events to expect if every age band (last axis) had the reference's rate: the sum of n_i · X_i / N_i.

    Examples
    --------
    1000 · 5/10000 + 500 · 40/8000 = 0.5 + 2.5 = 3.

    >>> print(expected_count([1000, 500], [5, 40], [10_000, 8_000]))
    3.0
    """
    ns, events, persons = as_floats(populations, reference_counts, reference_populations)
    usable = (ns >= 0) & (events >= 0) & (persons > 0)
    return np.asarray((np.where(usable, ns * events, np.nan) / np.where(usable, persons, np.nan)).sum(axis=-1))


def isr(observed: npt.ArrayLike, expected: npt.ArrayLike, confidence: float = 0.95) -> Estimate:
    """Indirectly standardised ratio: observed over expected events, with the Poisson interval of the observed.

    Times the reference's crude rate it is the indirectly standardised rate. Source: Breslow & Day 1987 (see
    `byar_interval`), page 65.

    Examples
    --------
    65 observed where 50 were expected: 1.3, from 50.1632/50 = 1.0033 to 82.8491/50 = 1.6570.

    >>> print(*(f"{part:.4f}" for part in isr(65, 50)))
    1.3000 1.0033 1.6570
    """
    return rate(observed, expected, confidence=confidence)
