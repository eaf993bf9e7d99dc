"""The report of a run, for programs: `_build/report.json`, written however the run ends.

Comes in: what a run told on its way, and how it ended. Goes out: one file, replaced in one step; its keys are described
in `docs/deploy/README.md`. A run that another one kept from starting writes nothing, since the file is the other's.
It tells nothing that the console does not.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from kvalreg.account import Account
from kvalreg.errors import EXIT_UNEXPECTED, BusyError, KvalregError, describe_unexpected
from kvalreg.project import Project

if TYPE_CHECKING:
    from kvalreg.batch.execution import Outcome
    from kvalreg.pipeline import Progress

VERSION = 1
"""Raised when a key changes its meaning or goes away."""


@dataclass
class RunReport:
    """What is told of a run.

    Parameters
    ----------
    command
        ``build`` or ``build --due``.
    account
        Set when the run has come to its end.
    ran
        Seconds from the start of the pages until each page that was made or failed, by its name.
    """

    command: str
    account: Account | None = None
    ran: dict[str, float] = field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Pages and warnings as JSON."""
        account = self.account or Account()
        pages = [{**asdict(entry), "result": self._result(entry.name, ok=entry.ok)} for entry in account.entries]
        for page in pages:
            page["seconds"] = self.ran.get(str(page["name"]))
        counts = {name: sum(page["result"] == name for page in pages) for name in ("made", "cached", "failed")}
        warnings = [{**asdict(fault), "text": str(fault)} for fault in account.warnings]
        site = str(account.site) if account.site else None
        return {"site": site, "counts": counts, "pages": pages, "warnings": warnings}

    def _result(self, name: str, *, ok: bool) -> str:
        return ("made" if name in self.ran else "cached") if ok else "failed"


class Recorder:
    """A progress that also notes when each page was done."""

    def __init__(self, progress: Progress, report: RunReport) -> None:
        self._progress, self._report, self._began = progress, report, time.monotonic()

    def say(self, text: str) -> None:
        """A line of news."""
        self._progress.say(text)

    def begin(self, jobs: int) -> None:
        """So many pages will be made."""
        self._began = time.monotonic()
        self._progress.begin(jobs)

    def done(self, outcome: Outcome) -> None:
        """One page was made, or failed."""
        self._report.ran[outcome.job.name] = round(time.monotonic() - self._began, 3)
        self._progress.done(outcome)

    def end(self) -> None:
        """No more pages come."""
        self._progress.end()


@contextmanager
def reported(project: Project, command: str) -> Iterator[RunReport]:
    """Write the report when the block ends, well or badly; what was raised goes on."""
    report, began, started = RunReport(command), time.monotonic(), datetime.now(UTC)
    code, error = EXIT_UNEXPECTED, ""
    try:
        yield report
        code = report.account.exit_code if report.account else 0
    except BusyError:
        code = -1
        raise
    except KvalregError as raised:
        code, error = raised.exit_code, str(raised)
        raise
    except BaseException as raised:
        error = describe_unexpected(raised)
        raise
    finally:
        if code >= 0:
            ended = {"exit_code": code, "error": error, "seconds": round(time.monotonic() - began, 3)}
            head = {"version": VERSION, "command": command, "started": started.isoformat(timespec="seconds")}
            try:
                _write(project, {**head, **ended, **report.told()})
            except OSError:
                _forget(project)  # a report of an earlier run would say that this one had gone as that did
                if not error:  # on a full disk, the first error is the one to tell
                    raise


def _forget(project: Project) -> None:
    for path in (project.report, project.report.with_suffix(".new")):
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _write(project: Project, document: dict[str, Any]) -> None:
    project.report.parent.mkdir(parents=True, exist_ok=True)
    aside = project.report.with_suffix(".new")
    aside.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    aside.replace(project.report)
