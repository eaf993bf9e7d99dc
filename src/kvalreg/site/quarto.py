"""The renderer Quarto: found on this machine, and run for the pages of the staged project that have changed.

Input: a staged project. Output: the finished site, switched in when Quarto has succeeded: changed pages newly rendered,
all others reused from the site before. Quarto executes nothing here, and requests nothing from the network.
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

from kvalreg.errors import RendererError
from kvalreg.execution.worker_pool import available_cpus
from kvalreg.site.atomic_output import ReleaseCheck, atomic_output, no_release_check
from kvalreg.site.quarto_chunk import OUTPUT_FOLDER, SEARCH_FILE, merge_chunk, prepare_chunk, reuse_pages
from kvalreg.site.render_chunks import copy_static, split_pages
from kvalreg.site.render_manifest import RenderManifest, renderer_digest, save_manifest

MINIMUM_VERSION = (1, 4)
"""The first version with extension formats, templates and tables as ours uses them."""
_ENVIRONMENT_VARIABLES = ("KVALREG_QUARTO", "QUARTO_PATH")
_VERSION_TIMEOUT = 20
"""Seconds that `quarto --version` may take; the first run after an installation is slow."""
_LAST_LINES = 20
_WORK_FOLDER = ".quarto-work"
"""Where chunks are rendered, inside the new site: what a killed run leaves behind is removed with that site."""
_PAGES_PER_PROCESS = 16
"""How many pages are worth one more Quarto: starting one takes as long as rendering six pages."""
_PAGE_OVERHEAD = 100_000
"""The weight of a page beside its size, in bytes: most of its rendering time does not depend on its size."""
_PAGE_STARTED = re.compile(r"^\[ *\d+/\d+\] (\S+\.qmd)$")
_ERROR = re.compile(r"^ERROR:? *(?:\([^)]*\) *)?(.*\w.*)")
_QUOTED_LENGTH = 200
"""How many letters of Quarto's message about a page are quoted."""
_MAX_PROCESSES = 4
"""How many Quartos run at once: each may need half a gigabyte."""


@dataclass(frozen=True)
class Quarto:
    """A Quarto that answers."""

    command: str
    version: str
    name: str = "quarto"

    def render(self, staged: Path, output: Path, check_release: ReleaseCheck = no_release_check) -> None:
        """Render the pages that have changed; on failure RendererError carries the last lines of what Quarto said."""
        digest = renderer_digest(f"{self.name} {self.version}", staged)
        with atomic_output(output, staged, check_release) as new_site:
            pages = copy_static(staged, new_site)
            previous_site = output.resolve()
            # pages that can be reused: their entries for searching are in Quarto's list, so that must be unchanged too
            manifest = RenderManifest.load(staged, output, digest)
            unchanged = set(manifest.unchanged_pages([*pages, SEARCH_FILE], staged, output))
            reused = [page for page in pages if page in unchanged] if SEARCH_FILE in unchanged else []
            reused = reused[: len(pages) - 1]  # at least one page is rendered, since Quarto's library comes with it
            # the others are rendered; all of them, where a reused page needs a part of the library that none brought
            unexpected = self._render_pages(staged, sorted({*pages} - {*reused}), new_site)
            if not reuse_pages(reused, previous_site, new_site):
                unexpected += self._render_pages(staged, reused, new_site)
        # files beyond pages and library belong to pages unknown, so none can be reused: without a manifest all are
        # rendered next time
        if not unexpected:
            save_manifest(digest, [*pages, SEARCH_FILE], staged, output)

    def _render_pages(self, staged: Path, pages: list[str], new_site: Path) -> list[str]:
        """Render pages, each chunk by a Quarto of its own; the unexpected files that Quarto made."""
        count = min(available_cpus(), _MAX_PROCESSES, 1 + len(pages) // _PAGES_PER_PROCESS)
        chunks = split_pages({page: (staged / page).stat().st_size + _PAGE_OVERHEAD for page in pages}, count)
        work_folders = [new_site / _WORK_FOLDER / str(number) for number in range(len(chunks))]
        try:
            for chunk, work_folder in zip(chunks, work_folders, strict=True):
                prepare_chunk(staged, chunk, work_folder)
            with ThreadPoolExecutor(max(1, len(chunks))) as threads:
                failures = [
                    process_output
                    for process_output in threads.map(self._run_quarto, work_folders)
                    if process_output is not None
                ]
            if failures:
                raise RendererError(
                    f"Quarto {self.version} could not render {staged}. The old site stays. It said:\n"
                    + "\n".join(map(_tail, failures))
                    + "\nCorrect what it names, or use --renderer pandoc.",
                    dict(page for message in failures if (page := _refused_page(message)) is not None),
                )
            unexpected = [
                name
                for chunk, work_folder in zip(chunks, work_folders, strict=True)
                for name in merge_chunk(work_folder, chunk, new_site)
            ]
        finally:
            shutil.rmtree(new_site / _WORK_FOLDER, ignore_errors=True)
        return unexpected

    def _run_quarto(self, work_folder: Path) -> str | None:
        """Render a chunk; Quarto's output if it failed."""
        try:
            result = subprocess.run(
                [self.command, "render", ".", "--no-execute", "--output-dir", OUTPUT_FOLDER],
                cwd=work_folder,
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
        return result.stdout if result.returncode else None


def find() -> tuple[Quarto | None, str]:
    """The first Quarto that answers and is new enough, and where it was found; or None, and why."""
    rejections = []
    for command, location in _candidates():
        version = _version(command)
        if version is None:
            rejections.append(f"the Quarto {location} does not answer")
        elif _parse_version(version) < MINIMUM_VERSION:
            oldest = ".".join(map(str, MINIMUM_VERSION))
            rejections.append(f"the Quarto {location} is {version}, older than {oldest}")
        else:
            return Quarto(command, version), f"({location})" if location.startswith("named") else f"(found {location})"
    return None, " and ".join(rejections) or "no Quarto was found"


def _candidates() -> Iterator[tuple[str, str]]:
    """Where Quarto may be: named by the user, beside this Python (the wheel puts it there), on PATH."""
    seen = set()
    for variable in _ENVIRONMENT_VARIABLES:
        if configured := os.environ.get(variable):  # the program itself, or the folder that it is in
            path = Path(configured)
            yield str(path / "quarto" if path.is_dir() else path), f"named by {variable}"
    beside_python = shutil.which("quarto", path=str(Path(sys.executable).parent))
    on_path = shutil.which("quarto")
    for command, location in ((beside_python, "beside Python"), (on_path, "on PATH")):
        if command and command not in seen:
            seen.add(command)
            yield command, location


def _version(command: str) -> str | None:
    try:
        result = subprocess.run(
            [command, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT,
            check=False,
            encoding="utf-8",
        )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return None
    version = result.stdout.strip()
    return version if result.returncode == 0 and _parse_version(version) else None


def _parse_version(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _refused_page(message: str) -> tuple[str, str] | None:
    """The page at which Quarto stopped, and its first words about why.

    Quarto names each page before it renders it; the last one named before an error is the one that failed::

        [3/8] registre/slag/2024/index.qmd
        ERROR: Error running filter a.lua        ->  ("registre/slag/2024/index.qmd", "Quarto says «Error running…»")
    """
    page = ""
    for line in _plain(message):
        if started := _PAGE_STARTED.search(line):
            page = started[1]
        elif page and (error := _ERROR.match(line)):
            return page, f"Quarto says «{error[1].strip().rstrip('.')[:_QUOTED_LENGTH]}»"
    return None


def _plain(text: str) -> list[str]:
    """The lines of Quarto's output, without escape sequences for colours."""
    return [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in text.splitlines()]


def _tail(text: str) -> str:
    lines = _plain(text)
    return "\n".join(f"  {line}" for line in [line for line in lines if line][-_LAST_LINES:])
