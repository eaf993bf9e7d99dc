"""What several tests share: a small project, the demo's site built once, the shared folder, a browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kvalreg.pipeline import Account, Request, build
from kvalreg.project import Project

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from kvalreg.batch.execution import Outcome

CHECKOUT = Path(__file__).parents[1]
SHARED = CHECKOUT.parent / "shared"

UNITS = """\
orgnr;name;short_name;level;parent;county
0;Nasjonen;Nasjonen;nation;;
1;Nord RHF;Nord;rhf;0;
11;Vik HF;Vik HF;hf;1;
12;Nes HF;Nes HF;hf;1;
111;Vik sykehus;Vik;hospital;11;Vestfylke
112;Li sykehus;Li;hospital;11;Vestfylke
121;Nes sykehus;Nes;hospital;12;Østfylke
122;Å sykehus;Å;hospital;12;Østfylke
"""
DESCRIPTOR = """\
id: {id}
name: Register for {id}
short_name: {id}
language: nb
medical_fields: [Prøver]
synthetic: true
about:
  purpose: Vi prøver.
indicators:
  - id: {id}_a
    title: Andel som fikk hjelp
    type: andel
    level_green: 0.9
    level_yellow: 0.8
    level_direction: 1
"""


class Silence:
    """A progress nobody watches; it keeps what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def begin(self, jobs: int) -> None:
        """Nothing to do."""

    def done(self, outcome: Outcome) -> None:
        """Nothing to do."""

    def end(self) -> None:
        """Nothing to do."""


def write_registry(root: Path, registry: str, delivery: str) -> None:
    """One registry with one indicator, and its delivery."""
    (root / "registries" / registry).mkdir(parents=True)
    (root / "registries" / registry / "registry.yml").write_text(DESCRIPTOR.format(id=registry), encoding="utf-8")
    (root / "data" / registry).mkdir(parents=True)
    (root / "data" / registry / "a.csv").write_text(delivery, encoding="utf-8")
    listed = "- file: a.csv\n  latest_update: 2025-02-01\n  latest_affirm: 2024-12-31\n"
    (root / "data" / registry / "deliveries.yml").write_text(listed, encoding="utf-8")


def delivery_of(registry: str, years: tuple[int, ...] = (2023, 2024)) -> str:
    """Four hospitals a year, in imongr's format."""
    rows = ["context;year;orgnr;ind_id;var;denominator"]
    for year in years:
        rows += [
            f"caregiver;{year};{orgnr};{registry}_a;{var};{denominator}"
            for orgnr, var, denominator in (("111", 80, 100), ("112", 45, 50), ("121", 190, 200), ("122", 30, 60))
        ]
    return "\n".join(rows) + "\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project: two registries, two years, four hospitals."""
    for registry in ("alfa", "beta"):
        write_registry(tmp_path, registry, delivery_of(registry))
    (tmp_path / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Project(tmp_path)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real deliveries and published numbers beside the checkout; skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder 'shared' beside the checkout, which this machine does not have")
    return SHARED


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, Account]:
    """The demo, built once with the embedded renderer; tests that use it are marked xdist_group("demo")."""
    root = tmp_path_factory.mktemp("demo")
    for folder in ("registries", "data"):
        shutil.copytree(CHECKOUT / folder, root / folder)
    project = Project(root)
    return project, build(project, Request(renderer="pandoc", workers=2), Silence())


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium; without it the test is skipped, except where CI must not skip."""
    from playwright.sync_api import sync_playwright

    found = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no Chromium: tests/install_browser.sh should have installed it")
        pytest.skip("needs Chromium, which this machine does not have: install it")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()
