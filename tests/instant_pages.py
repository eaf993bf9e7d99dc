"""Pages without a kernel, made at once: the lead and the table, for tests of what is around the pages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from unittest.mock import patch

from kvalreg.execution.execute import ExecutorConfig, JobResult
from kvalreg.execution.plan import Job
from kvalreg.report import Report
from kvalreg.report.html_fragment import html_fragment
from kvalreg.report.readability import prose_of_page
from kvalreg.report.report import PUBLISHED_FOLDER
from kvalreg.urls import anchor


def made_at_once(jobs: Iterable[Job], workplace: ExecutorConfig, *_: object) -> Iterator[JobResult]:
    """Every job's page: the lead and the table of indicators."""
    for job in jobs:
        with patch.dict(os.environ, {PUBLISHED_FOLDER: str(workplace.published)}):
            report = Report.load(job.registry, job.year, job.round, job.language)
            places = [f'<div id="{anchor(one.id)}"></div>' for one in report.published.registry.indicators]
        pieces = report.lead(), report.heading("table"), report.table(), html_fragment("".join(places))
        markdown = "\n\n".join(piece.markdown for piece in pieces)
        yield JobResult(job, markdown=markdown, prose=prose_of_page(markdown))
