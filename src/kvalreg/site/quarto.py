"""Quarto, the publisher: found on this machine, and run on the staged project.

Comes in: a staged project. Goes out: the finished site, switched in when Quarto has succeeded. Quarto executes nothing
here, and asks nothing of the network.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kvalreg.errors import RendererError
from kvalreg.site.output import Approve, replaced, unasked

OLDEST = (1, 4)
"""The first version with extension formats, templates and tables as ours uses them."""
_VARIABLES = ("KVALREG_QUARTO", "QUARTO_PATH")
_PATIENCE = 20
"""Seconds that `quarto --version` may take; the first run after an installation is slow."""
_LAST_LINES = 20
_TAKEN_AWAY = ("sitemap.xml",)
"""Files of ours that Quarto removes from a site."""


@dataclass(frozen=True)
class Quarto:
    """A Quarto that answers."""

    command: str
    version: str
    name: str = "quarto"

    def render(self, staged: Path, output: Path, approve: Approve = unasked) -> None:
        """Render with `quarto render`; on failure RendererError carries the last lines of what Quarto said."""
        with replaced(output, staged, approve) as aside:
            done = subprocess.run(
                [self.command, "render", str(staged), "--no-execute", "--output-dir", str(aside)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
                check=False,
                env={**os.environ, "NO_COLOR": "1"},
            )
            if done.returncode:
                raise RendererError(
                    f"Quarto {self.version} could not render {staged}. The old site stays. It said:\n"
                    f"{_tail(done.stdout)}\n"
                    "Correct what it names, or use --renderer pandoc."
                )
            for name in _TAKEN_AWAY:  # without a whole address of its own, Quarto removes what it takes for old
                if (staged / name).exists():
                    shutil.copyfile(staged / name, aside / name)


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


def _tail(text: str) -> str:
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).rstrip() for line in text.splitlines()]
    return "\n".join(f"  {line}" for line in [line for line in lines if line][-_LAST_LINES:])
