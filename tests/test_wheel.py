"""The wheel: what is installed from it works where there is no repository."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

from kvalreg.workbench.diagnostic_reference import pages

pytestmark = pytest.mark.xdist_group("wheel")
ROOT = Path(__file__).parents[1]
DAY = "1772452800"
"""2026-03-02."""


def run(*command: object, cwd: Path) -> str:
    """What a program printed, without the variables that would lead it into the repository."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**environment, "SOURCE_DATE_EPOCH": DAY, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `make wheel` does."""
    folder = tmp_path_factory.mktemp("wheel")
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    run(sys.executable, "-m", "pip", "wheel", ROOT, *options, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with kvalreg from the wheel; its dependencies are those of this one, since tests work offline."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-index", "--no-deps", wheel, cwd=folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    where = run(python, "-c", "import kvalreg; print(kvalreg.__file__)", cwd=folder)
    assert Path(where.strip()).is_relative_to(packages)
    return folder


def test_the_wheel_has_the_documentation_that_it_points_to(wheel: Path) -> None:
    """Every page that `kvalreg explain` shows, the pinned versions and their hashes; no picture or program of docs."""
    held = set(ZipFile(wheel).namelist())
    docs = {f"kvalreg/shared/{path.relative_to(ROOT).as_posix()}" for path in pages().values()}
    assert docs <= held
    assert {"kvalreg/shared/constraints.txt", "kvalreg/shared/requirements.txt"} <= held
    assert [name for name in held if name.startswith("kvalreg/shared/docs/") and not name.endswith(".md")] == []


def test_the_wheel_holds_nothing_that_git_does_not(wheel: Path) -> None:
    """No cache and nothing that was made."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    names = [name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name]
    sources = [name.replace("kvalreg/shared/", "") if "/shared/" in name else f"src/{name}" for name in names]
    assert set(sources) <= set(listed)


def test_a_site_is_made_with_the_wheel_alone(environment: Path, tmp_path: Path) -> None:
    """From an empty folder to a site with a registry's pages; `explain` shows a page where no repository is."""
    kvalreg = environment / "bin" / "kvalreg"
    run(kvalreg, "new", "site", "results", "--registry", "hofte", cwd=tmp_path)
    run(kvalreg, "build", "--project", "results", "--renderer", "pandoc", cwd=tmp_path)
    site = tmp_path / "results" / "_site"
    assert "<main" in (site / "index.html").read_text("utf-8")
    assert list(site.glob("registre/hofte/*/index.html"))
    assert run(kvalreg, "explain", "descriptor", cwd=tmp_path).startswith("# The descriptor\n")


def test_it_runs_as_a_module(environment: Path, tmp_path: Path) -> None:
    """Where the folder of programs is not on the path."""
    assert run(environment / "bin" / "python", "-m", "kvalreg", "--version", cwd=tmp_path).startswith(
        "kvalreg, version "
    )
