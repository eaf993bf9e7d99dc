"""Pages without a kernel, made at once: the lead and the table, for tests of what is around the pages."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from unittest.mock import patch

from kvalreg.batch.execution import Outcome, Workplace
from kvalreg.batch.plan import Job
from kvalreg.report import Report
from kvalreg.report.addresses import anchor
from kvalreg.report.display import html_piece
from kvalreg.report.readability import prose_of_page
from kvalreg.report.report import PUBLISHED_FOLDER


def made_at_once(jobs: Iterable[Job], workplace: Workplace, *_: object) -> Iterator[Outcome]:
    """Every job's page: the lead and the table of indicators."""
    for job in jobs:
        with patch.dict(os.environ, {PUBLISHED_FOLDER: str(workplace.published)}):
            report = Report.load(job.registry, job.year, job.round, job.language)
            places = [f'<div id="{anchor(one.id)}"></div>' for one in report.published.registry.indicators]
        pieces = report.lead(), report.heading("table"), report.table(), html_piece("".join(places))
        markdown = "\n\n".join(piece.markdown for piece in pieces)
        yield Outcome(job, markdown=markdown, prose=prose_of_page(markdown))
