"""Means: the t interval.

Input: a mean, its standard deviation and the number of patients. Output: an interval in the unit of the mean. A
delivery without a standard deviation has no interval, and none is claimed.

Bad input, for each element: a missing number, fewer than 2 patients or a negative standard deviation gives NaN. A
standard deviation of 0 gives an interval of no width, which is what the data say.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import special

from kvalreg.statistics.intervals import Interval, as_floats, tail_probability


def mean_interval(mean: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike, confidence: float = 0.95) -> Interval:
    r"""Student's t interval for a mean.

    .. math:: \bar y \pm t_{1-\alpha/2,\,n-1}\, s/\sqrt{n}

    Parameters
    ----------
    mean, sd, n
        Mean, standard deviation (with n - 1) and number of patients, of any shapes that broadcast.
    confidence
        Coverage of the interval.

    Notes
    -----
    Source: Student. The probable error of a mean. Biometrika 1908;6:1-25.

    Examples
    --------
    Mean 10, standard deviation 2, 16 patients: t = 2.1314, so 10 ± 2.1314 · 2/4 = 8.9343 to 11.0657.

    >>> low, high = mean_interval(10, 2, 16)
    >>> print(f"{low:.4f} {high:.4f}")
    8.9343 11.0657
    """
    means, sds, ns = as_floats(mean, sd, n)
    usable = (ns >= 2) & (sds >= 0)
    ns = np.where(usable, ns, np.nan)
    half_width = special.stdtrit(ns - 1, 1 - tail_probability(confidence)) * np.where(usable, sds, np.nan) / np.sqrt(ns)
    return Interval(means - half_width, means + half_width)
