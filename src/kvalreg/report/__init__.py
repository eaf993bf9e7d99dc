"""What a report notebook imports: ``from kvalreg.report import Report``."""

from kvalreg.report.report import Report

__all__ = ["Report"]
