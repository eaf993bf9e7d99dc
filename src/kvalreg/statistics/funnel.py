"""Funnel: every unit of a comparison against what chance allows for its number of patients.

Input: numerators and denominators of the units that are compared. Output: limits for the figure and a verdict code for
each unit. Words belong to `report`; which units may be shown belongs to `disclosure`.

Units are the last axis, so that all comparisons of a registry can be stacked and classified at once.

Bad input, for each unit: a missing number, ``n <= 0``, ``x < 0`` or ``x > n`` gives MISSING, and the unit counts
neither in the average nor in the overdispersion. A comparison without any usable unit has a NaN target and no limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from kvalreg.arrays import BoolArray, CodeArray, FloatArray
from kvalreg.statistics.intervals import Interval, as_floats, tail_probability

MIN_COVERAGE = 0.60
"""Below this share of the patients registered, numbers do not describe the unit well enough for a verdict."""
WINSORISED_SHARE = 0.10
"""Share of the units at each end whose z-scores are winsorised before the overdispersion is estimated."""


class Verdict(StrEnum):
    """Within the 95 % limits, between those and the 99.8 % limits, beyond them; or why there is no verdict."""

    AS_EXPECTED = "as_expected"
    POSSIBLE_DEVIATION = "possible_deviation"
    DEVIATION = "deviation"
    LOW_COVERAGE = "low_coverage"
    TOO_FEW_PATIENTS = "too_few_patients"
    MISSING = "missing"

    @property
    def is_verdict(self) -> bool:
        """False when the code is a reason for giving no verdict."""
        return self in (Verdict.AS_EXPECTED, Verdict.POSSIBLE_DEVIATION, Verdict.DEVIATION)


_VERDICTS: CodeArray = np.array(list(Verdict), object)


@dataclass(frozen=True)
class Funnel:
    """One comparison of units, or many stacked ones.

    Parameters
    ----------
    x, n
        Numerators and denominators; NaN, both, for a unit that cannot be used. Units are the last axis.
    target
        The value that chance varies around, with a last axis of length 1.
    phi
        Overdispersion: the mean squared winsorised z-score. About 1 when units differ by chance only.
    tau2
        Variance between units beyond chance, on the arcsine scale; 0 when there is none.
    """

    x: FloatArray
    n: FloatArray
    target: FloatArray
    phi: FloatArray
    tau2: FloatArray

    def limits(self, n: npt.ArrayLike, confidence: float) -> Interval:
        """Limits at any number of patients: the lines of the figure. See `limits`."""
        return limits(n, self.target, self.tau2, confidence)


def funnel(x: npt.ArrayLike, n: npt.ArrayLike, target: npt.ArrayLike | None = None) -> Funnel:
    r"""The comparison of units around `target`, by default their pooled share.

    .. math::
        z_i = 2\sqrt{n_i}\,(\arcsin\sqrt{x_i/n_i} - \arcsin\sqrt{\theta}), \quad
        \varphi = \frac1I \sum z_{w,i}^2, \quad
        \tau^2 = \max\left(0, \frac{I\varphi - (I - 1)}{\sum w_i - \sum w_i^2/\sum w_i}\right), \quad w_i = 4 n_i

    where the z-scores are winsorised first (those below the 10th and above the 90th percentile are set to these), so
    that the units one looks for do not conceal themselves by widening the limits. Without overdispersion the z-scores
    are approximately standard normal, so φ is about 1; τ² is the variance between units that explains the rest
    (DerSimonian and Laird's moment estimate on the arcsine scale, where a share's variance is 1/4n whatever it is).

    Parameters
    ----------
    x, n
        Numerators and denominators; units are the last axis.
    target
        Share from 0 to 1 for each comparison (without the unit axis).

    Notes
    -----
    Source: Spiegelhalter DJ. Handling over-dispersion of performance indicators. Qual Saf Health Care 2005;14:347-351.

    Examples
    --------
    10, 20 and 30 of 100: average 0.2. z = 20(arcsin√0.1 - arcsin√0.2) = -2.8379, 0 and 2.3198; winsorised, the ends are
    -2.2704 and 1.8559, so φ = (5.1545 + 3.4443)/3 = 2.8663 and τ² = (8.5988 - 2)/(1200 - 400) = 0.0082.

    >>> comparison = funnel([10, 20, 30], [100, 100, 100])
    >>> print(f"{comparison.target[0]:.2f} {comparison.phi[0]:.4f} {comparison.tau2[0]:.4f}")
    0.20 2.8663 0.0082
    """
    xs, ns = as_floats(x, n)
    usable = (ns > 0) & (xs >= 0) & (xs <= ns)
    xs, ns = np.where(usable, xs, np.nan), np.where(usable, ns, np.nan)
    # θ: the target, or the pooled share of the usable units.
    units = usable.sum(axis=-1, keepdims=True).astype(np.float64)
    if target is None:
        patients = np.nansum(ns, axis=-1, keepdims=True)
        centre = np.nansum(xs, axis=-1, keepdims=True) / np.where(patients > 0, patients, np.nan)
    else:
        (targets,) = as_floats(target)
        centre = np.where((targets >= 0) & (targets <= 1), targets, np.nan)[..., np.newaxis]
    # φ and τ², as in the formulas above; I is `units`, and Iφ is `squares`.
    z = 2 * np.sqrt(ns) * (_arcsine(xs / ns) - _arcsine(centre))
    squares = np.nansum(_winsorised(z) ** 2, axis=-1, keepdims=True)
    weights = np.where(usable, 4 * ns, 0.0)
    weight = weights.sum(axis=-1, keepdims=True)
    # One unit alone, or none, has no variance between units.
    scale = weight - (weights**2).sum(axis=-1, keepdims=True) / np.where(weight > 0, weight, np.nan)
    has_variance = (units >= 2) & ~np.isnan(centre)
    tau2 = np.where(has_variance, np.maximum(0.0, (squares - (units - 1)) / np.where(has_variance, scale, np.nan)), 0.0)
    phi = np.where(has_variance, squares / np.where(has_variance, units, np.nan), np.nan)
    return Funnel(xs, ns, centre, phi, tau2)


def binomial_limits(n: npt.ArrayLike, target: npt.ArrayLike, confidence: float) -> Interval:
    r"""Exact binomial limits for x / n around `target`, interpolated so that they are smooth in n.

    .. math::
        y_p = \frac{r_p - \alpha}{n}, \quad r_p = \min\{r : P(R \le r) \ge p\}, \quad
        \alpha = \frac{P(R \le r_p) - p}{P(R = r_p)}

    at p = 0.025 and 0.975 (0.001 and 0.999 for 99.8 %), R binomial (n, target). A limit below 0 is 0, and the upper
    limit is 1 where :math:`r_p = n`: the interpolation would put it slightly below 1, beneath every unit where all
    patients have the property, however likely that is.

    Source: Spiegelhalter DJ. Funnel plots for comparing institutional performance. Stat Med 2005;24:1185-1202, appendix
    A.1.1. The rule for r = n is ours; the paper's examples are mortality, where it does not arise.

    Examples
    --------
    n = 2, target 0.5: P(R ≤ 0) = 0.25, P(R ≤ 1) = 0.75, P(R ≤ 2) = 1. At p = 0.75 the limit is exactly 1/2; at 0.25, 0.

    >>> print(*binomial_limits(2, 0.5, confidence=0.5))
    0.0 0.5
    """
    ns, centres = as_floats(n, target)
    usable = (ns > 0) & (centres >= 0) & (centres <= 1)
    patients, centres = np.where(usable, ns, 1.0), np.where(usable, centres, 0.5)

    # Both limits in one call: with SciPy's distributions the call is what takes time, not the number of elements.
    p = tail_probability(confidence)
    tail_probabilities = np.array([p, 1 - p]).reshape(2, *(1 for _ in usable.shape))
    rank = cast(FloatArray, stats.binom.ppf(tail_probabilities, patients, centres))
    fraction = (_binomial_cdf(rank, patients, centres) - tail_probabilities) / np.asarray(
        stats.binom.pmf(rank, patients, centres)
    )
    low, high = np.where(usable, np.clip((rank - fraction) / patients, 0.0, 1.0), np.nan)
    return Interval(low, np.where(usable & (rank[1] == patients), 1.0, high))


def limits(n: npt.ArrayLike, target: npt.ArrayLike, tau2: npt.ArrayLike, confidence: float) -> Interval:
    r"""Funnel limits: the exact binomial ones, widened where the units vary by more than chance.

    .. math:: \sin^2\left(\arcsin\sqrt{\theta} \pm z\sqrt{1/4n + \tau^2}\right)

    Overdispersion can only widen a funnel: of the two limits, the one further from the target counts. Without
    overdispersion (`tau2` = 0) the exact limits stand alone.

    Examples
    --------
    100 patients, target 0.2, τ² = 0.0082: arcsin√0.2 = 0.4636, 1.96·sqrt(0.0025 + 0.0082) = 0.2027, so from
    sin²(0.2609) = 0.0665 to sin²(0.6664) = 0.3821; the exact limits alone are 0.1197 to 0.2765.

    >>> low, high = limits(100, 0.2, 0.0082, confidence=0.95)
    >>> print(f"{low:.4f} {high:.4f}")
    0.0665 0.3821
    """
    ns, centres, variances = as_floats(n, target, tau2)
    exact = binomial_limits(ns, centres, confidence)
    widened = _arcsine_limits(ns, centres, variances, confidence)
    return Interval(
        np.where(variances > 0, np.minimum(exact.low, widened.low), exact.low),
        np.where(variances > 0, np.maximum(exact.high, widened.high), exact.high),
    )


def verdicts(
    comparison: Funnel, min_patients: npt.ArrayLike, coverage: npt.ArrayLike, min_coverage: float = MIN_COVERAGE
) -> CodeArray:
    """A code for each unit: where it lies between the limits, or why there is no verdict.

    A unit on a limit is within it. Reasons apply in the order missing, coverage, number of patients. Unknown
    coverage (NaN) is not low coverage: an indicator without coverage still has its verdicts.

    The answer is the same as comparing x / n with `limits`, reached without computing them: x / n lies below the exact
    lower limit just when P(R ≤ x) < p, and above the upper one just when P(R ≤ x) > 1 - p, apart from the ends (x = 0
    is never too many; x = n is not when P(R = n) > p). That makes 1.8 million units a matter of seconds.

    Parameters
    ----------
    comparison
        From `funnel`.
    min_patients
        Fewest patients for a verdict, for each unit or comparison; the indicator's ``min_denominator``.
    coverage
        Share of the patients who are registered, 0 to 1, NaN where unknown.
    min_coverage
        Least coverage for a verdict.

    Examples
    --------
    Bristol's heart surgery on children 1991-1995 among three hospitals: 41 of 143 died, against 12 % in all.

    >>> import dataclasses
    >>> comparison = funnel([41, 24, 58], [143, 323, 581], target=0.12)
    >>> print(*verdicts(dataclasses.replace(comparison, tau2=np.zeros(1)), 5, np.nan))
    deviation possible_deviation as_expected
    """
    xs, ns, centres, variances, min_counts, coverages = as_floats(
        comparison.x, comparison.n, comparison.target, comparison.tau2, min_patients, coverage
    )
    missing = np.isnan(xs) | np.isnan(centres)
    share = np.where(missing, 0.0, xs) / np.where(missing, 1.0, ns)
    probability = _binomial_cdf(np.where(missing, 0.0, xs), np.where(missing, 1.0, ns), np.where(missing, 0.5, centres))
    probability_of_all = np.where(xs == ns, centres**ns, 0.0)

    def is_outside(confidence: float) -> BoolArray:
        p = tail_probability(confidence)
        widened = _arcsine_limits(ns, centres, variances, confidence)
        is_outside_exact = (probability < p) | ((probability > 1 - p) & (xs > 0) & (probability_of_all <= p))
        is_outside_widened = (variances == 0) | (share < widened.low) | (share > widened.high)
        return np.asarray(is_outside_exact & is_outside_widened)

    # Index into `Verdict`: 0, 1 or 2 limits passed; a reason replaces it, and the last one that applies counts.
    code = is_outside(0.95).astype(np.intp) + is_outside(0.998)
    code = np.where(ns < min_counts, 4, code)
    code = np.where(coverages < min_coverage, 3, code)
    return _VERDICTS[np.where(missing, 5, code)]


def _binomial_cdf(x: FloatArray, n: FloatArray, target: FloatArray) -> FloatArray:
    """P(R ≤ x) for R binomial (n, target)."""
    return cast(FloatArray, stats.binom.cdf(x, n, target))


def _arcsine(share: FloatArray) -> FloatArray:
    return np.asarray(np.arcsin(np.sqrt(share)))


def _arcsine_limits(n: FloatArray, target: FloatArray, tau2: FloatArray, confidence: float) -> Interval:
    half_width = -special.ndtri(tail_probability(confidence)) * np.sqrt(0.25 / np.where(n > 0, n, np.nan) + tau2)
    centre = _arcsine(target)
    # Below 0 and above π/2 the squared sine would turn back: those limits are 0 and 1.
    return Interval(
        np.sin(np.clip(centre - half_width, 0.0, np.pi / 2)) ** 2,
        np.sin(np.clip(centre + half_width, 0.0, np.pi / 2)) ** 2,
    )


def _winsorised(z: FloatArray) -> FloatArray:
    """The z-scores, limited to their 10th and 90th percentile (along the last axis, NaN left out)."""
    known = ~np.isnan(z)
    if not known.any():
        return z
    ordered = np.sort(z, axis=-1)  # NaN last, which nanquantile does too, but row by row
    count = known.sum(axis=-1, keepdims=True)

    # Linear interpolation between order statistics (Hyndman and Fan's type 7, the default of NumPy).
    def percentile(share: float) -> FloatArray:
        position = share * np.maximum(count - 1, 0)
        lower_index = np.floor(position).astype(np.intp)
        lower = np.take_along_axis(ordered, lower_index, axis=-1)
        upper = np.take_along_axis(ordered, np.minimum(lower_index + 1, np.maximum(count - 1, 0)), axis=-1)
        return np.asarray(lower + (position - lower_index) * (upper - lower))

    return np.clip(z, percentile(WINSORISED_SHARE), percentile(1 - WINSORISED_SHARE))
