"""The report of a run, for programs: `_build/report.json`, written however the run ends.

Input: the progress of a run, and its result. Output: one file, replaced atomically; `docs/deploy/README.md` describes
its keys. A run that found the project locked writes nothing, since the file belongs to the run that holds the lock. It
holds nothing that the console does not print.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kvalreg.errors import EXIT_UNEXPECTED, BusyError, KvalregError, describe_unexpected
from kvalreg.project import Project
from kvalreg.run_result import RunResult, diagnostic_to_dict

if TYPE_CHECKING:
    from kvalreg.execution.execute import JobResult
    from kvalreg.pipeline import Progress

REPORT_VERSION = 1
"""Raised when a key changes its meaning or goes away."""


@dataclass
class RunReport:
    """What is reported of a run.

    Parameters
    ----------
    command
        ``build`` or ``build --due``.
    run_result
        Set when the run has ended.
    seconds_by_page
        By the name of each page that was executed, the seconds from the start of all pages until it was done.
    """

    command: str
    run_result: RunResult | None = None
    seconds_by_page: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Pages and warnings as JSON."""
        run_result = self.run_result or RunResult()
        # a page that succeeded and was not executed in this run came from the cache
        pages = [
            {**asdict(task_result), "result": self._page_outcome(task_result.name, ok=task_result.ok)}
            for task_result in run_result.task_results
        ]
        for page in pages:
            page["seconds"] = self.seconds_by_page.get(str(page["name"]))
        counts = {name: sum(page["result"] == name for page in pages) for name in ("made", "cached", "failed")}
        warnings = [{**diagnostic_to_dict(diagnostic), "text": str(diagnostic)} for diagnostic in run_result.warnings]
        site = str(run_result.site) if run_result.site else None
        return {"site": site, "counts": counts, "pages": pages, "warnings": warnings}

    def _page_outcome(self, name: str, *, ok: bool) -> str:
        return ("made" if name in self.seconds_by_page else "cached") if ok else "failed"


class RecordingProgress:
    """A progress that also records when each page was done."""

    def __init__(self, progress: Progress, report: RunReport) -> None:
        self._progress, self._report, self._start_time = progress, report, time.monotonic()

    def info(self, text: str) -> None:
        """Pass on a message."""
        self._progress.info(text)

    def start(self, job_count: int) -> None:
        """Start the clock."""
        self._start_time = time.monotonic()
        self._progress.start(job_count)

    def advance(self, job_result: JobResult) -> None:
        """Record when a page was done."""
        self._report.seconds_by_page[job_result.job.name] = round(time.monotonic() - self._start_time, 3)
        self._progress.advance(job_result)

    def finish(self) -> None:
        """Pass on the end."""
        self._progress.finish()


@contextmanager
def recorded_run(project: Project, command: str) -> Iterator[RunReport]:
    """Write the report when the block ends, successfully or not; exceptions are raised again."""
    report, start_time, started_at = RunReport(command), time.monotonic(), datetime.now(UTC)
    exit_code, error = EXIT_UNEXPECTED, ""
    try:
        yield report
        exit_code = report.run_result.exit_code if report.run_result else 0
    except BusyError:
        exit_code = -1  # no report
        raise
    except KvalregError as exception:
        exit_code, error = exception.exit_code, str(exception)
        raise
    except BaseException as exception:  # also Ctrl-C: its exit code is that of the unexpected
        error = describe_unexpected(exception)
        raise
    finally:
        if exit_code >= 0:
            outcome = {"exit_code": exit_code, "error": error, "seconds": round(time.monotonic() - start_time, 3)}
            header = {
                "version": REPORT_VERSION,
                "command": command,
                "started": started_at.isoformat(timespec="seconds"),
            }
            try:
                _write(project, {**header, **outcome, **report.to_dict()})
            except OSError:
                _remove(project)  # a report of an earlier run would be taken for this one's
                if not error:  # on a full disk, the first error is the one to report
                    raise


def _remove(project: Project) -> None:
    for path in (project.run_report, project.run_report.with_suffix(".new")):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _write(project: Project, document: dict[str, Any]) -> None:
    project.run_report.parent.mkdir(parents=True, exist_ok=True)
    temp_path = project.run_report.with_suffix(".new")
    temp_path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    temp_path.replace(project.run_report)
