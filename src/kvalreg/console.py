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
    from kvalreg.batch.execution import Outcome
    from kvalreg.pipeline import Account, Entry


def plain(text: str) -> str:
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
            with open(os.devnull, "w") as nowhere:  # noqa: PTH123
                os.dup2(nowhere.fileno(), self._stream.fileno())


@dataclass
class Console:
    """A run's voice: `news` is silenced by --quiet, faults never are."""

    news: Terminal
    faults: Terminal
    verbose: bool
    _bar: Progress | None = field(default=None, init=False)
    _count: int = field(default=0, init=False)
    _total: int = field(default=0, init=False)

    @classmethod
    def of(cls, *, quiet: bool, verbose: bool) -> Console:
        """A console for these flags."""
        return cls(Terminal(quiet=quiet, highlight=False), Terminal(stderr=True, highlight=False), verbose)

    # --- progress ----------------------------------------------------------------------------------------------------
    def say(self, text: str) -> None:
        """A line of news."""
        self.news.print(escape(plain(text)), soft_wrap=True)

    def begin(self, jobs: int) -> None:
        """So many pages will be made."""
        self._total, self._count = jobs, 0
        if self.news.is_terminal and not self.news.quiet:
            columns = (
                TextColumn("Pages"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.description}"),
            )
            self._bar = Progress(*columns, console=self.news, transient=True)
            self._bar.start()
            self._bar.add_task("", total=jobs)
        else:
            self.say(f"Pages to make: {jobs}")

    def done(self, outcome: Outcome) -> None:
        """One page was made, or failed."""
        self._count += 1
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=1, description=escape(outcome.job.name))
        elif self.verbose or outcome.error is not None or self._count % 10 == 0 or self._count == self._total:
            state = "failed" if outcome.error else "made"
            self.say(f"[{self._count}/{self._total}] {outcome.job.name}: {state}")

    def end(self) -> None:
        """No more pages come."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    # --- the account -------------------------------------------------------------------------------------------------
    def account(self, account: Account) -> None:
        """Warnings, the table of what succeeded and failed, and what to open."""
        for warning in account.warnings:
            self.say(f"Warning: {warning}")
        failed = [entry for entry in account.entries if not entry.ok]
        succeeded = len(account.entries) - len(failed)
        (self.faults if failed else self.news).print(self._table(account.entries), soft_wrap=True)
        for line in account.failures:
            self.faults.print(escape(plain(line)), soft_wrap=True)
        summary = f"{succeeded} succeeded, {len(failed)} failed."
        (self.faults if failed else self.news).print(summary)
        if account.site is not None:
            self.say(f"Open {account.site / 'index.html'}")

    def _table(self, entries: list[Entry]) -> Table:
        """One line per registry's successes and per failure, whose causes follow; one per page with --verbose."""
        table = Table("What", "Result", "Cell", "Log")
        for column in table.columns:
            column.overflow = "fold"
        for registry, group in groupby(entries, key=lambda entry: entry.name.split()[0]):
            told = list(group)
            succeeded = [entry for entry in told if entry.ok]
            if self.verbose:
                for entry in succeeded:
                    lix = "" if entry.lix is None else f" (LIX {entry.lix:.0f})"
                    table.add_row(escape(entry.name), f"[green]succeeded[/green]{lix}", "", "")
            elif succeeded:
                table.add_row(escape(registry), f"[green]{len(succeeded)} succeeded[/green]", "", "")
            for entry in told:
                if not entry.ok:
                    cell = "" if entry.cell is None else str(entry.cell)
                    table.add_row(escape(entry.name), "[red]failed[/red]", cell, escape(plain(entry.log)))
        return table
