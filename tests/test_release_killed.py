"""Builds killed with -9 at random moments: readers never notice, and the next build completes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from kvalreg.project import Project
from small_project import delivery_of

KILLS = 50


def test_a_killed_build_leaves_a_whole_site(project: Project) -> None:
    """50 killed before their end: every file is the old site's or the new one's, always there; nothing stays behind."""
    other = delivery_of("alfa").replace("2024;111;alfa_a;80;100", "2024;111;alfa_a;60;100")
    (project.root / "other.csv").write_text(other, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed_builds.py")), str(project.root), str(KILLS), "2026"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1780000000", "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{KILLS} killed"), done.stdout
