"""Quarto, the publisher: found on this machine, and asked for the pages of the staged project that have changed.

Comes in: a staged project. Goes out: the finished site, switched in when Quarto has succeeded: what has changed newly
rendered, all else taken over from the site before. Quarto executes nothing here, and asks nothing of the network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kvalreg.batch.workers import processors
from kvalreg.errors import RendererError
from kvalreg.site.output import Approve, replaced, unasked
from kvalreg.site.quarto_share import OUTPUT, SEARCH, lay_out, take_in, take_over
from kvalreg.site.rendered import Rendered, remember, tools_of
from kvalreg.site.work import pass_on, shares

OLDEST = (1, 4)
"""The first version with extension formats, templates and tables as ours uses them."""
_VARIABLES = ("KVALREG_QUARTO", "QUARTO_PATH")
_PATIENCE = 20
"""Seconds that `quarto --version` may take; the first run after an installation is slow."""
_LAST_LINES = 20
_WORK = ".quarto-work"
"""Where the shares are rendered, inside the new site: what a killed run leaves goes with the site it was making."""
_WORTHWHILE = 16
"""Pages that are worth one more Quarto: starting one takes as long as rendering six pages."""
_EVERY_PAGE = 100_000
"""What a page weighs before its first byte: most of its time does not follow its size."""
_BEGUN = re.compile(r"^\[ *\d+/\d+\] (\S+\.qmd)$")
_ERROR = re.compile(r"^ERROR:? *(?:\([^)]*\) *)?(.*\w.*)")
_LONGEST = 200
"""Letters of what Quarto said of a page."""
_MOST = 4
"""Quartos at once: each may want half a gigabyte."""


@dataclass(frozen=True)
class Quarto:
    """A Quarto that answers."""

    command: str
    version: str
    name: str = "quarto"

    def render(self, staged: Path, output: Path, approve: Approve = unasked) -> None:
        """Render the pages that have changed; on failure RendererError carries the last lines of what Quarto said."""
        tools = tools_of(f"{self.name} {self.version}", staged)
        with replaced(output, staged, approve) as aside:
            pages = pass_on(staged, aside)
            before = output.resolve()
            last = Rendered.last(staged, output, tools)
            kept = last.unchanged(pages, staged, output) if last.unchanged([SEARCH], staged, output) else []
            kept = kept[: len(pages) - 1]  # one page at least is rendered, since with it Quarto brings its library
            strange = self._make(staged, sorted({*pages} - {*kept}), aside)
            if not take_over(kept, before, aside):
                strange += self._make(staged, kept, aside)
        if not strange:  # what else Quarto made belongs to pages that nobody can tell: next time all are rendered
            remember(tools, [*pages, SEARCH], staged, output)

    def _make(self, staged: Path, pages: list[str], aside: Path) -> list[str]:
        """Have pages rendered, each share by a Quarto of its own."""
        count = min(processors(), _MOST, 1 + len(pages) // _WORTHWHILE)
        parts = shares({page: (staged / page).stat().st_size + _EVERY_PAGE for page in pages}, count)
        works = [aside / _WORK / str(number) for number in range(len(parts))]
        try:
            for part, work in zip(parts, works, strict=True):
                lay_out(staged, part, work)
            with ThreadPoolExecutor(max(1, len(parts))) as threads:
                failed = [said for said in threads.map(self._run, works) if said is not None]
            if failed:
                raise RendererError(
                    f"Quarto {self.version} could not render {staged}. The old site stays. It said:\n"
                    + "\n".join(map(_tail, failed))
                    + "\nCorrect what it names, or use --renderer pandoc.",
                    dict(page for said in failed if (page := _refused(said)) is not None),
                )
            strange = [name for part, work in zip(parts, works, strict=True) for name in take_in(work, part, aside)]
        finally:
            shutil.rmtree(aside / _WORK, ignore_errors=True)
        return strange

    def _run(self, work: Path) -> str | None:
        """Render a share; what Quarto said if it failed."""
        try:
            done = subprocess.run(
                [self.command, "render", ".", "--no-execute", "--output-dir", OUTPUT],
                cwd=work,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                env={**os.environ, "NO_COLOR": "1"},
            )
        except OSError as error:
            return f"It was found and cannot be started any longer ({error.strerror}): {self.command}"
        return done.stdout if done.returncode else None


def find() -> tuple[Quarto | None, str]:
    """The first Quarto that answers and is new enough, and where it was found; or None, and why."""
    refused = []
    for command, place in _places():
        answer = _version(command)
        if answer is None:
            refused.append(f"the Quarto {place} does not answer")
        elif _numbers(answer) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            refused.append(f"the Quarto {place} is {answer}, older than {oldest}")
        else:
            return Quarto(command, answer), f"({place})" if place.startswith("named") else f"(found {place})"
    return None, " and ".join(refused) or "no Quarto was found"


def _places() -> Iterator[tuple[str, str]]:
    """Where Quarto may be: named by the user, beside this Python (the wheel puts it there), on PATH."""
    seen = set()
    for variable in _VARIABLES:
        if named := os.environ.get(variable):
            path = Path(named)
            yield str(path / "quarto" if path.is_dir() else path), f"named by {variable}"
    beside = shutil.which("quarto", path=str(Path(sys.executable).parent))
    on_path = shutil.which("quarto")
    for command, place in ((beside, "beside Python"), (on_path, "on PATH")):
        if command and command not in seen:
            seen.add(command)
            yield command, place


def _version(command: str) -> str | None:
    try:
        done = subprocess.run(
            [command, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False, encoding="utf-8"
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    answer = done.stdout.strip()
    return answer if done.returncode == 0 and _numbers(answer) else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _refused(said: str) -> tuple[str, str] | None:
    """The page at which Quarto stopped, which it names before it begins it, and its first words about why."""
    page = ""
    for line in _plain(said):
        if begun := _BEGUN.search(line):
            page = begun[1]
        elif page and (error := _ERROR.match(line)):
            return page, f"Quarto says «{error[1].strip().rstrip('.')[:_LONGEST]}»"
    return None


def _plain(text: str) -> list[str]:
    """The lines of what Quarto said, without colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in text.splitlines()]


def _tail(text: str) -> str:
    lines = _plain(text)
    return "\n".join(f"  {line}" for line in [line for line in lines if line][-_LAST_LINES:])
