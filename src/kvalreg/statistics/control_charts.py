"""Control charts: is a long series stable, or did something happen? XmR limits and the Anhøj runs rules.

Input: one series in the order of time. Output: limits and signals, or None when the series is too short. Annual series
have 3-12 points and are classified by `change`; these methods are for 12 points or more.

Bad input: missing points are left out, and the points beside them become neighbours. Fewer than 12 remaining points
give None: no chart is better than one that finds patterns in noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from kvalreg.arrays import BoolArray, FloatArray
from kvalreg.statistics.intervals import as_floats

MIN_POINTS = 12
"""Fewest points for a control chart."""
_D2 = 1.128
"""Expected range of two observations, in standard deviations (Shewhart's constant d2 for n = 2)."""


@dataclass(frozen=True)
class XmRChart:
    """Limits of an individuals chart. `outside` has one element per point of the input; a missing one is inside."""

    centre: float
    low: float
    high: float
    outside: BoolArray


@dataclass(frozen=True)
class RunsAnalysis:
    """Runs about the median. A signal is an unusually long run, or unusually few crossings.

    Parameters
    ----------
    longest, longest_allowed
        Points in a row on one side of the median, and the greatest number that chance explains.
    crossings, crossings_needed
        Times the series crosses the median, and the least number that chance explains.
    """

    longest: int
    longest_allowed: int
    crossings: int
    crossings_needed: int

    @property
    def signal(self) -> bool:
        """True when the series does more than vary at random."""
        return self.longest > self.longest_allowed or self.crossings < self.crossings_needed


def xmr(values: npt.ArrayLike) -> XmRChart | None:
    r"""Limits of an individuals (XmR) chart, from the mean moving range.

    .. math:: \bar x \pm 3\,\overline{mR}/1.128, \quad mR_i = |x_i - x_{i-1}|

    A point on a limit is inside. Source: Wheeler DJ, Chambers DS. Understanding statistical process control. SPC Press
    1992.

    Examples
    --------
    10 and 12 in turn, twelve points: mean 11, every moving range 2, so 11 ± 3·2/1.128 = 5.6809 to 16.3191.

    >>> chart = xmr([10, 12] * 6)
    >>> print(f"{chart.centre:.1f} {chart.low:.4f} {chart.high:.4f} {chart.outside.any()}")
    11.0 5.6809 16.3191 False
    """
    series, points = _points(values)
    if points.size < MIN_POINTS:
        return None
    centre = float(points.mean())
    # The mean moving range over d2 estimates the standard deviation between neighbours: a slow drift does not widen the
    # limits, as it would widen an ordinary standard deviation.
    half_width = 3 * float(np.abs(np.diff(points)).mean()) / _D2
    return XmRChart(
        centre,
        centre - half_width,
        centre + half_width,
        (series < centre - half_width) | (series > centre + half_width),
    )


def runs(values: npt.ArrayLike) -> RunsAnalysis | None:
    r"""The two Anhøj rules about the median. Points on the median are on neither side, and are left out first.

    .. math:: \text{longest} \le \mathrm{round}(\log_2 n + 3), \quad \text{crossings} \ge Q_{0.05}(B(n - 1, 1/2))

    with n the points off the median. Source: Anhøj J, Olesen AV. Run charts revisited: a simulation study of run chart
    rules for detection of non-random variation in health care processes. PLoS ONE 2014;9:e113825.

    Examples
    --------
    Twelve low points and then twelve high ones: one run of 12 (8 allowed) and 1 crossing (8 needed).

    >>> analysis = runs([1] * 12 + [2] * 12)
    >>> print(analysis, analysis.signal)
    RunsAnalysis(longest=12, longest_allowed=8, crossings=1, crossings_needed=8) True
    """
    _, points = _points(values)
    is_above = points[points != np.median(points)] > np.median(points) if points.size else np.zeros(0, bool)
    if is_above.size < MIN_POINTS:
        return None
    # A run ends where the series crosses the median, and at the end.
    crossings = np.flatnonzero(np.diff(is_above))
    lengths = np.diff(np.concatenate(([-1], crossings, [is_above.size - 1])))
    return RunsAnalysis(
        longest=int(lengths.max()),
        longest_allowed=round(float(np.log2(is_above.size)) + 3),
        crossings=int(crossings.size),
        crossings_needed=int(stats.binom.ppf(0.05, is_above.size - 1, 0.5)),
    )


def _points(values: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """The series, and its known points. ValueError unless it has one axis."""
    (series,) = as_floats(values)
    if series.ndim != 1:
        raise ValueError(f"a series has one axis, these values have {series.ndim}. Call it once for each series.")
    return series, series[~np.isnan(series)]
