"""The two renderers beside a plain `quarto render`, on the same staged project: pages a second, medians of three.

Input: nothing; a made-up nation of one registry is built first. Output: three rates, and how many times faster than a
plain Quarto ours are. Where Quarto is not installed, only the embedded renderer is measured::

    python benchmarks/renderers.py 5    # so many years, which is about so many large pages
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from nation import build
from nation_data import Scale, write_nation

from kvalreg.project import Project
from kvalreg.site import pandoc, quarto
from kvalreg.site.atomic_output import ReleaseCheck, no_release_check
from kvalreg.site.renderer import Renderer

PLAIN = "quarto render"
ROUNDS = 3


@dataclass(frozen=True)
class Plain:
    """Quarto as anybody runs it by hand."""

    command: str
    version: str
    name: str = PLAIN

    def render(self, staged: Path, output: Path, approve: ReleaseCheck = no_release_check) -> None:
        """Render the staged project where it is."""
        order = [self.command, "render", str(staged), "--no-execute", "--output-dir", str(output)]
        subprocess.run(order, check=True, capture_output=True)
        approve(output)


def pages_a_second(renderer: Renderer, project: Project, output: Path) -> float:
    """Render a staged project and say how fast."""
    pages = sum(
        1 for path in project.staging.rglob("*.qmd") if path.relative_to(project.staging).parts[0][0] not in "._"
    )
    began = time.monotonic()
    renderer.render(project.staging, output)
    return pages / (time.monotonic() - began)


def main(years: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="renderers-") as folder:
        root = Path(folder, "nation")
        write_nation(root, Scale(registries=1, years=years))
        build(root)
        project = Project(root)
        rates = {}
        by_quarto, said = quarto.find()
        by_pandoc, _ = pandoc.find()
        plain = Plain(by_quarto.command, by_quarto.version) if by_quarto else None
        for renderer in (by_pandoc, by_quarto, plain):
            if renderer is not None:
                outputs = [root / f"{renderer.name}-{number}" for number in range(ROUNDS)]
                measured = sorted(pages_a_second(renderer, project, output) for output in outputs)
                rates[renderer.name] = measured[ROUNDS // 2]
                sys.stdout.write(f"{renderer.name}: {rates[renderer.name]:.2f} pages a second\n")
    if PLAIN not in rates:
        sys.stdout.write(f"{PLAIN}: {said}\n")
        return
    for name in ("pandoc", "quarto"):
        sys.stdout.write(f"--renderer {name} is {rates[name] / rates[PLAIN]:.1f} times faster than {PLAIN}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
