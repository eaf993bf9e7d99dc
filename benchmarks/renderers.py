"""The embedded renderer beside `quarto render`, on the same staged project: pages a second.

Comes in: nothing; a made-up nation of one registry is built first. Goes out: two rates and their ratio. Where Quarto is
not installed, only the embedded renderer is measured::

    python benchmarks/renderers.py 5    # so many years, which is about so many large pages
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from nation import build
from nation_data import Scale, write_nation

from kvalreg.project import Project
from kvalreg.site import pandoc, quarto
from kvalreg.site.renderer import Renderer


def pages_a_second(renderer: Renderer, project: Project, output: Path) -> float:
    """Render a staged project and say how fast."""
    pages = sum(1 for path in project.staged.rglob("*.qmd") if path.relative_to(project.staged).parts[0][0] not in "._")
    began = time.monotonic()
    renderer.render(project.staged, output)
    return pages / (time.monotonic() - began)


def main(years: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="renderers-") as folder:
        root = Path(folder)
        write_nation(root, Scale(registries=1, years=years))
        build(root)
        project = Project(root)
        rates = {}
        for name, find in (("pandoc", pandoc.find), ("quarto", quarto.find)):
            renderer, said = find()
            if renderer is None:
                sys.stdout.write(f"{name}: {said}\n")
                continue
            rates[name] = pages_a_second(renderer, project, root / name)
            sys.stdout.write(f"{name}: {rates[name]:.2f} pages a second\n")
    if len(rates) > 1:
        sys.stdout.write(f"the embedded renderer is {rates['pandoc'] / rates['quarto']:.0f} times faster\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
