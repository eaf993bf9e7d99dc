"""Figures: Altair charts as components that display without JavaScript, made from published cells only.

Owns the list of figures. A new one needs a module here, an entry in `FIGURES`, a test and a page of docs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from kvalreg.report.figures.change import change
from kvalreg.report.figures.compare import compare
from kvalreg.report.figures.component import Figure
from kvalreg.report.figures.coverage import coverage
from kvalreg.report.figures.funnel import funnel
from kvalreg.report.figures.levels import levels
from kvalreg.report.figures.trend import trend

FIGURES: Mapping[str, Callable[..., Figure | None]] = {
    "trend": trend,
    "compare": compare,
    "funnel": funnel,
    "coverage": coverage,
    "levels": levels,
    "change": change,
}
"""Each figure takes an `IndicatorView`, and options of its own; None when there is too little to show."""
