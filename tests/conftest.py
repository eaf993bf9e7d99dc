"""What several tests share: a small project, the demo's site built once, the shared folder, a browser and a server."""

from __future__ import annotations

import fcntl
import functools
import os
import pickle
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from instant_pages import made_at_once
from kvalreg.pipeline import BuildRequest, RunResult, build
from kvalreg.project import Project
from small_project import UNITS, Silence, delivery_of, write_registry

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHECKOUT = Path(__file__).parents[1]
SHARED = CHECKOUT.parent / "shared"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A small project: two registries, two years, four hospitals."""
    for registry in ("alfa", "beta"):
        write_registry(tmp_path, registry, delivery_of(registry))
    (tmp_path / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    return Project(tmp_path)


@pytest.fixture
def instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Builds of this test make their pages at once, without a kernel."""
    monkeypatch.setattr("kvalreg.stages.execute.execute", made_at_once)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real deliveries and published numbers beside the checkout; skipped where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("needs the folder 'shared' beside the checkout, which this machine does not have")
    return SHARED


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, RunResult]:
    """The demo's site with the embedded renderer, built once for all test processes."""
    run = tmp_path_factory.getbasetemp()
    run = run.parent if "PYTEST_XDIST_WORKER" in os.environ else run
    root = run / "demo-site"
    project, told = Project(root), root / "account.pickle"
    with (run / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            for folder in ("registries", "data"):
                shutil.copytree(CHECKOUT / folder, root / folder)
            told.write_bytes(pickle.dumps(build(project, BuildRequest(renderer="pandoc", workers=2), Silence())))
        account: RunResult = pickle.loads(told.read_bytes())
    return project, account


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


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """A folder as a site on this machine: browsers load modules from a server only."""
    with ExitStack() as servers:
        yield lambda folder: servers.enter_context(_served(folder))


@pytest.fixture(scope="session")
def demo_address(demo: tuple[Project, RunResult], serve: Callable[[Path], str]) -> str:
    """Where the demo's site is served."""
    return serve(demo[0].site)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a context of its own; an error on the page or a request to another host fails the test."""
    trouble: list[str] = []
    own = ("file:", "data:", "blob:", "http://127.0.0.1:")
    with ExitStack() as contexts:

        def open_page(address: str, **options: Any) -> Page:
            page = contexts.enter_context(browser.new_context(**options)).new_page()
            page.on("pageerror", lambda error: trouble.append(str(error)))
            page.on("request", lambda request: None if request.url.startswith(own) else trouble.append(request.url))
            page.goto(address)
            return page

        yield open_page
    assert trouble == []
