"""The blocks of code in the documentation, and a folder to run them in.

The convention, told in CONTRIBUTING.md: `sh` and `python` blocks of a page run from top to bottom in one folder; a
block after ``<!-- file: PATH -->`` is written there; one after ``<!-- not run: why -->`` is left alone; `text` is shown
and never run. A page says what the folder holds with ``<!-- in: ... -->``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>file|not run|run): (?P<value>[^\n]+?) -->\n)?^```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
DAY = "1772452800"
"""2026-03-02, the day on which the documentation's commands are run."""


@dataclass(frozen=True)
class Block:
    """One block of code: its language, the mark above it, and where it is."""

    language: str
    code: str
    mark: str
    value: str
    line: int


def blocks(text: str) -> Iterator[Block]:
    """Every block of a page, from top to bottom."""
    for found in _BLOCK.finditer(text):
        line = text.count("\n", 0, found.start("code")) + 1
        yield Block(found["language"], found["code"], found["mark"] or "", found["value"] or "", line)


def folder_of(text: str) -> str:
    """What the page says that its folder holds; empty when it says nothing."""
    found = re.search(r"^<!-- in: (.+?) -->$", text, re.MULTILINE)
    return found[1] if found else ""


@dataclass
class Desk:
    """A folder in which a page's blocks run, one after the other, as a reader would run them."""

    folder: Path
    names: dict[str, object] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """The day is fixed, and kvalreg is this one."""
        commands = Path(sys.executable).parent
        return {
            **os.environ,
            "PATH": f"{commands}:{os.environ['PATH']}",
            "SOURCE_DATE_EPOCH": DAY,
            "NO_COLOR": "1",
            "PYTHONWARNINGS": "ignore",
        }

    def run(self, block: Block) -> str:
        """Run or write a block; what a command printed."""
        if block.mark == "file":
            path = self.folder / block.value
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
        elif block.language == "python":
            with chdir(self.folder):
                exec(compile(block.code, f"line {block.line}", "exec"), self.names)
        elif block.language == "sh":
            return self._shell(block)
        return ""

    def _shell(self, block: Block) -> str:
        """A shell that begins where the one before it ended."""
        where = self.folder / ".where"
        script = f"set -e\n{block.code}\npwd > {where}"
        done = subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"line {block.line}: {block.code}\n{done.stdout}\n{done.stderr}"
        there = Path(where.read_text(encoding="utf-8").strip())
        where.unlink()
        self.folder = there
        return done.stdout
