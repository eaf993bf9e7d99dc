"""Types of the arrays that statistics and disclosure control compute with.

They say what the elements are, never the shape: that stands in the docstring of whoever owns the array.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
"""Counts, codes and indices; -1 stands for "none" where a docstring says so."""
IndexArray = NDArray[np.intp]
"""Positions as NumPy itself returns them."""
FloatArray = NDArray[np.float64]
"""Numbers that are compared with targets: never 32-bit floats (see `kvalreg.statistics.achievement`)."""
CodeArray = NDArray[np.object_]
"""An array whose elements are members of one StrEnum, so that ``codes == Achievement.HIGH`` works elementwise."""
