"""What a run prints: a progress display on a terminal, plain lines otherwise, and the account at the end.

Colours follow NO_COLOR and the terminal, through rich. Texts of faults go through `plain`, since file names and
descriptors are untrusted.
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
    """Text without control characters, which could repaint a terminal or forge a line of a log."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "\N{REPLACEMENT CHARACTER}", text)


class Output(io.TextIOBase):
    """Standard output that stops no work: what is not read any longer, or has no room, is left out.

    `lost` says why something could not be printed; a reader who has seen enough, as ``head`` does, has lost nothing.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.lost = ""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As the stream's own."""
        return self._stream.encoding

    def isatty(self) -> bool:
        """Whether somebody looks at it."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """The stream's own."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str, /) -> int:
        """Write, or leave out."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, or leave out."""
        self._try(self._stream.flush)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except OSError as error:
            if not isinstance(error, BrokenPipeError):
                self.lost = os.strerror(error.errno or 0)
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), self._stream.fileno())


@dataclass
class Console:
    """A run's voice: `news` is silenced by --quiet, faults never are."""

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
        """A line of news."""
        self.stdout.print(escape(sanitize(text)), soft_wrap=True)

    def start(self, job_count: int) -> None:
        """So many pages will be made."""
        self._total, self._count = job_count, 0
        if self.stdout.is_terminal and not self.stdout.quiet:
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
        """One page was made, or failed."""
        self._count += 1
        if self._progress_bar is not None:
            self._progress_bar.update(
                self._progress_bar.task_ids[0], advance=1, description=escape(job_result.job.name)
            )
        elif self.verbose or job_result.error is not None or self._count % 10 == 0 or self._count == self._total:
            state = "failed" if job_result.error else "made"
            self.info(f"[{self._count}/{self._total}] {job_result.job.name}: {state}")

    def finish(self) -> None:
        """No more pages come."""
        if self._progress_bar is not None:
            self._progress_bar.stop()
            self._progress_bar = None

    # --- the account -------------------------------------------------------------------------------------------------
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
        """One line per registry's successes and per failure, whose causes follow; one per page with --verbose."""
        table = Table("What", "Result", "Cell", "Log")
        for column in table.columns:
            column.overflow = "fold"
        for registry, group in groupby(task_results, key=lambda task_result: task_result.name.split()[0]):
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
