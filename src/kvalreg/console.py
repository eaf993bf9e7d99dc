"""What a run prints: a progress bar on a terminal, plain lines otherwise, and its result at the end.

Colours follow NO_COLOR and the terminal, through rich. Diagnostics go through `sanitize`, since they hold file names
and descriptors, which are untrusted.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from rich.console import Console as Terminal
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from kvalreg.execution.execute import JobResult
    from kvalreg.pipeline import RunResult, TaskResult


def sanitize(text: str) -> str:
    r"""Text without control characters, which could repaint a terminal or forge a line of a log.

    >>> sanitize("a.csv\x1b[2J")
    'a.csv�[2J'
    """
    # C0 but tab and line feed, C1, and the marks that reverse the direction of text (CVE-2021-42574, "Trojan Source")
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\N{REPLACEMENT CHARACTER}", text)


class Output(io.TextIOBase):
    """Standard output whose failure stops no work: a closed pipe or a full disk loses the text, not the build.

    `lost` says why something could not be printed; empty for a closed pipe, since ``head`` has read what it wants.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The stream's own."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The stream's own."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str, /) -> int:
        """Write, or drop the text."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, or drop what is buffered."""
        self._try(self._stream.flush)

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.lost = os.strerror(error.errno or 0)
            # all further output goes to /dev/null, also that of Python's own flush at exit, which would raise again
            with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - only its descriptor is used
                os.dup2(nowhere.fileno(), self._stream.fileno())


@dataclass
class Console:
    """A run's two output streams: --quiet silences `stdout`, never `stderr`."""

    stdout: Terminal
    stderr: Terminal
    verbose: bool
    _progress_bar: Progress | None = field(default=None, init=False)
    _count: int = field(default=0, init=False)
    _total: int = field(default=0, init=False)

    @classmethod
    def from_flags(cls, *, quiet: bool, verbose: bool) -> Console:
        """A console for these flags."""
        return cls(Terminal(quiet=quiet, highlight=False), Terminal(stderr=True, highlight=False), verbose)

    # --- progress ----------------------------------------------------------------------------------------------------
    def info(self, text: str) -> None:
        """Print a line."""
        self.stdout.print(escape(sanitize(text)), soft_wrap=True)

    def start(self, job_count: int) -> None:
        """Begin the progress of so many pages."""
        self._total, self._count = job_count, 0
        if self.stdout.is_terminal and not self.stdout.quiet:
            # transient: the bar disappears, and the result stays
            columns = (
                TextColumn("Pages"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
            )
            self._progress_bar = Progress(*columns, console=self.stdout, transient=True)
            self._progress_bar.start()
            self._progress_bar.add_task("", total=job_count)
        else:
            self.info(f"Pages to make: {job_count}")

    def advance(self, job_result: JobResult) -> None:
        """Note that a page was made, or failed."""
        self._count += 1
        if self._progress_bar is not None:
            self._progress_bar.update(
                self._progress_bar.task_ids[0], advance=1, description=escape(job_result.job.name)
            )
        elif self.verbose or job_result.error is not None or self._count % 10 == 0 or self._count == self._total:
            # without a terminal, a line for each tenth page: logs stay short and still show that the run goes on
            state = "failed" if job_result.error else "made"
            self.info(f"[{self._count}/{self._total}] {job_result.job.name}: {state}")

    def finish(self) -> None:
        """End the progress."""
        if self._progress_bar is not None:
            self._progress_bar.stop()
            self._progress_bar = None

    # --- the result --------------------------------------------------------------------------------------------------
    def print_result(self, run_result: RunResult) -> None:
        """Warnings, the table of what succeeded and failed, and what to open."""
        for warning in run_result.warnings:
            self.info(f"Warning: {warning}")
        failed = [task_result for task_result in run_result.task_results if not task_result.ok]
        succeeded = len(run_result.task_results) - len(failed)
        (self.stderr if failed else self.stdout).print(self._result_table(run_result.task_results), soft_wrap=True)
        for line in run_result.failures:
            self.stderr.print(escape(sanitize(line)), soft_wrap=True)
        summary = f"{succeeded} succeeded, {len(failed)} failed."
        (self.stderr if failed else self.stdout).print(summary)
        if run_result.site is not None:
            self.info(f"Open {run_result.site / 'index.html'}")

    def _result_table(self, task_results: list[TaskResult]) -> Table:
        """A row for each registry's successes and one for each failure; with --verbose, one for each page."""
        table = Table("What", "Result", "Cell", "Log")
        for column in table.columns:
            column.overflow = "fold"
        for registry, group in groupby(task_results, key=lambda task_result: task_result.registry):
            registry_results = list(group)
            succeeded = [task_result for task_result in registry_results if task_result.ok]
            if self.verbose:
                for task_result in succeeded:
                    lix = "" if task_result.lix is None else f" (LIX {task_result.lix:.0f})"
                    table.add_row(escape(task_result.name), f"[green]succeeded[/green]{lix}", "", "")
            elif succeeded:
                table.add_row(escape(registry), f"[green]{len(succeeded)} succeeded[/green]", "", "")
            for task_result in registry_results:
                if not task_result.ok:
                    cell = "" if task_result.cell is None else str(task_result.cell)
                    table.add_row(
                        escape(task_result.name), "[red]failed[/red]", cell, escape(sanitize(task_result.log))
                    )
        return table
