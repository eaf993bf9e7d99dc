"""`kvalreg preview`: pages made anew at each save, the last good one kept, and nothing of a build touched."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError

import nbformat
import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, NotebookError, UsageError
from kvalreg.execution.execute import ExecutorConfig, JobResult
from kvalreg.execution.plan import Job
from kvalreg.project import Project, shared_root
from kvalreg.site.renderer import choose_renderer
from kvalreg.workbench import preview as module
from kvalreg.workbench.file_watcher import snapshot, wait_for_change
from kvalreg.workbench.preview import Preview, PreviewRequest, watch_preview
from kvalreg.workbench.preview_server import PreviewServer, PreviewState

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Notebooks are not run: each makes a page with its name; the list says which were due."""
    names: list[str] = []

    def execute(jobs: list[Job], _: ExecutorConfig) -> Iterator[JobResult]:
        for job in jobs:
            names.append(job.name)
            failing = "1 / 0" in job.notebook.read_text(encoding="utf-8")
            yield (
                JobResult(job, error=NotebookError("ZeroDivisionError", 2))
                if failing
                else JobResult(job, f"Side {job.name}")
            )

    monkeypatch.setattr(module, "execute", execute)
    return names


def previewed(project: Project, year: int | None = None) -> Preview:
    """A preview of alfa."""
    return Preview(project, PreviewRequest("alfa", year), choose_renderer("pandoc"))


def own_notebook(project: Project) -> Path:
    """Alfa gets a year notebook of its own."""
    path = project.root / "notebooks" / "report" / "alfa" / "year.ipynb"
    path.parent.mkdir(parents=True)
    shutil.copyfile(shared_root() / "notebooks" / "report" / "year.ipynb", path)
    return path


def purpose(project: Project, text: str) -> None:
    """Give alfa another purpose."""
    path = project.descriptor("alfa")
    path.write_text(path.read_text("utf-8").replace("purpose: Vi prøver.", text), encoding="utf-8")


# --- pages -----------------------------------------------------------------------------------------------------------
def test_a_preview_makes_just_its_pages_in_a_place_of_its_own(project: Project, ran: list[str]) -> None:
    """The newest year and the registry's own page; neither _site nor what a build keeps is touched."""
    showing = previewed(project)
    assert showing.build() == ()
    assert ran == ["alfa", "alfa 2024"]
    assert showing.address == "registre/alfa/2024/index.html"
    assert "Side alfa 2024" in (showing.output_project.site / showing.address).read_text(encoding="utf-8")
    assert not project.site.exists()
    assert [path.name for path in project.build_folder.iterdir()] == ["workbench"]


def test_another_year_may_be_asked_for(project: Project, ran: list[str]) -> None:
    """A year without results is answered with those there are."""
    assert previewed(project, 2023).build() == ()
    assert ran == ["alfa", "alfa 2023"]
    (fault,) = previewed(project, 1999).build()
    assert "no results from 1999. It has: 2024, 2023." in fault.message


def test_only_what_has_changed_is_run_again(project: Project, ran: list[str]) -> None:
    """A text of the registry is on both pages; a notebook of one page is on that page alone."""
    path = own_notebook(project)
    showing = previewed(project)
    showing.build()
    showing.build()
    assert ran == ["alfa", "alfa 2024"]
    purpose(project, "purpose: Vi prøver igjen.")
    showing.build()
    assert ran[2:] == ["alfa", "alfa 2024"]
    path.write_text(path.read_text("utf-8").replace("report.lead()", "report.introduction()"), encoding="utf-8")
    showing.build()
    assert ran[4:] == ["alfa 2024"]


def test_a_fault_is_told_with_its_place_and_the_last_good_page_stays(project: Project, ran: list[str]) -> None:
    """A tab in the descriptor: file and line, and the page of before is still there; corrected, it is made again."""
    showing = previewed(project)
    showing.build()
    purpose(project, "\tpurpose: Vi prøver.")
    (fault,) = showing.build()
    assert (fault.file, fault.line, fault.code) == ("registries/alfa/registry.yml", 8, DiagnosticCode.TAB_INDENT)
    assert "Side alfa 2024" in (showing.output_project.site / showing.address).read_text(encoding="utf-8")
    path = project.descriptor("alfa")
    path.write_text(path.read_text("utf-8").replace("\t", "  ").replace("    purpose", "  purpose"), encoding="utf-8")
    assert showing.build() == ()


def test_a_notebook_that_fails_is_told_by_cell_and_tried_again(project: Project, ran: list[str]) -> None:
    """The cell and the cause; the page of before stays, and the next save runs it again."""
    path = own_notebook(project)
    showing = previewed(project)
    showing.build()
    good = path.read_text(encoding="utf-8")
    path.write_text(good.replace("report.lead()", "never = 1 / 0"), encoding="utf-8")
    (fault,) = showing.build()
    assert str(fault).startswith("notebooks/report/alfa/year.ipynb: cell 2: ZeroDivisionError")
    assert "Side alfa 2024" in (showing.output_project.site / showing.address).read_text(encoding="utf-8")
    path.write_text(good, encoding="utf-8")
    assert showing.build() == ()


def test_outputs_that_jupyter_has_stored_do_not_stop_a_preview(project: Project, ran: list[str]) -> None:
    """Whoever works in Jupyter has outputs until the end; the check still refuses them."""
    path = own_notebook(project)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", name="stdout", text="4711")]
    nbformat.write(notebook, path)
    assert previewed(project).build() == ()


def test_a_defect_is_told_and_ends_nothing(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """By type and place, never by its message."""

    def fail(*_: object) -> None:
        raise KeyError("8741 of 9000")

    monkeypatch.setattr(module, "aggregate", fail)
    (fault,) = previewed(project).build()
    assert "KeyError" in fault.message
    assert "8741" not in fault.message


# --- saves -----------------------------------------------------------------------------------------------------------
class Pause:
    """Stands in for waiting: does one thing a turn."""

    def __init__(self, *turns: Callable[[], object]) -> None:
        self.turns = list(turns)

    def __call__(self, _: float) -> None:
        if not self.turns:
            raise KeyboardInterrupt
        self.turns.pop(0)()


def test_a_change_is_told_when_it_has_come_to_rest(tmp_path: Path) -> None:
    """A file that is still growing is not read; what editors leave beside it does not count."""
    file = tmp_path / "a.csv"
    file.write_text("1", encoding="utf-8")
    before = snapshot([tmp_path])
    beside = tmp_path / ".~lock.a.csv"
    pause = Pause(
        lambda: beside.write_text("x", encoding="utf-8"),
        lambda: file.write_text("12", encoding="utf-8"),
        lambda: file.write_text("123", encoding="utf-8"),
        lambda: None,
    )
    assert wait_for_change([tmp_path], before, pause)[str(file)][1] == 3
    assert pause.turns == []


def test_new_and_removed_files_are_changes(tmp_path: Path) -> None:
    """A delivery that is added counts like one that is changed."""
    before = snapshot([tmp_path])
    (tmp_path / "new.csv").write_text("1", encoding="utf-8")
    there = wait_for_change([tmp_path], before, Pause(lambda: None, lambda: None))
    (tmp_path / "new.csv").unlink()
    assert wait_for_change([tmp_path], there, Pause(lambda: None, lambda: None)) == before


def test_each_save_makes_the_pages_anew_until_it_is_ended(project: Project, ran: list[str]) -> None:
    """A save of the descriptor, one of the data and one of the notebook; then Ctrl-C."""
    path = own_notebook(project)
    delivery = project.data("alfa") / "a.csv"
    pause = Pause(
        lambda: purpose(project, "purpose: Vi prøver igjen."),
        lambda: None,
        lambda: delivery.write_text(delivery.read_text("utf-8").replace("80;100", "81;100"), encoding="utf-8"),
        lambda: None,
        lambda: path.write_text(path.read_text("utf-8") + "\n", encoding="utf-8"),
        lambda: None,
    )
    told: list[tuple[Diagnostic, ...]] = []
    with pytest.raises(KeyboardInterrupt):
        watch_preview(previewed(project), lambda faults, _: told.append(faults), pause)
    assert told == [(), (), (), ()]
    assert ran == [*["alfa", "alfa 2024"] * 3, "alfa 2024"]


# --- in the browser --------------------------------------------------------------------------------------------------
@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[PreviewServer, PreviewState]]:
    """A folder with one page, served."""
    csp = "default-src 'none'; script-src 'self'; connect-src 'self'"
    meta = f'<meta http-equiv="Content-Security-Policy" content="{csp}">'
    html = f"<html><head>{meta}</head><body><p>First</p></body></html>"
    (tmp_path / "index.html").write_text(html, encoding="utf-8")
    state = PreviewState(version=1)
    with PreviewServer(tmp_path, state, 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server, state
        server.shutdown()
        thread.join()


def get(server: PreviewServer, path: str, host: str = "") -> tuple[int, str]:
    """What the server answers."""
    request = urllib.request.Request(f"{server.address}{path}", headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_only_the_served_page_has_the_script(served: tuple[PreviewServer, PreviewState], tmp_path: Path) -> None:
    """The file that might be published stays as it was."""
    server, _ = served
    status, html = get(server, "index.html")
    assert status == 200
    assert '<script src="/_kvalreg/reload.js" data-version="1" defer></script></body>' in html
    assert "_kvalreg" not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_only_this_machine_is_answered(served: tuple[PreviewServer, PreviewState]) -> None:
    """The server listens on 127.0.0.1, and a page elsewhere that has its name lead here is refused."""
    server, _ = served
    assert server.server_address[0] == "127.0.0.1"
    assert get(server, "", host=f"localhost:{server.server_port}")[0] == 200
    assert get(server, "", host="example.org")[0] == 403


def test_a_page_that_could_not_be_made_says_why(served: tuple[PreviewServer, PreviewState]) -> None:
    """The fault stands in its place, escaped; a page outside the preview says that it is one."""
    server, state = served
    assert "not part of the preview" in get(server, "registre/beta/index.html")[1]
    state.update([Diagnostic("'<b>' is wrong.", "Correct it.", "a.csv", 3)])
    status, html = get(server, "registre/alfa/index.html")
    assert status == 404
    assert "a.csv:3: &#x27;&lt;b&gt;&#x27; is wrong. Correct it." in html


def test_the_files_around_are_out_of_reach(served: tuple[PreviewServer, PreviewState], tmp_path: Path) -> None:
    """A path that climbs out of the folder leads nowhere."""
    server, _ = served
    (tmp_path.parent / "secret.csv").write_text("4711", encoding="utf-8")
    for path in ("../secret.csv", "%2e%2e/secret.csv", "..%2fsecret.csv"):
        status, body = get(server, path)
        assert (status, "4711" in body) == (404, False)


def test_a_port_that_is_used_is_told_in_a_sentence(served: tuple[PreviewServer, PreviewState], tmp_path: Path) -> None:
    """The port's number, and what to do."""
    port = served[0].server_port
    with pytest.raises(UsageError, match=rf"Port {port} cannot be used.*--port"):
        PreviewServer(tmp_path, PreviewState(), port)


def test_events_tell_version_and_faults(served: tuple[PreviewServer, PreviewState]) -> None:
    """A browser that comes late learns how things are; then it hears of what follows."""
    server, state = served
    with urllib.request.urlopen(f"{server.address}_kvalreg/events") as stream:
        assert json.loads(stream.readline().removeprefix(b"data: ")) == {"version": 1, "faults": []}
        stream.readline()
        state.update([Diagnostic("Wrong.", "Correct it.", "a.csv")])
        assert json.loads(stream.readline().removeprefix(b"data: "))["faults"] == ["a.csv: Wrong. Correct it."]


def test_the_browser_reloads_by_itself_and_shows_what_is_wrong(
    served: tuple[PreviewServer, PreviewState], tmp_path: Path, visit: Callable[..., Page]
) -> None:
    """A fault is shown over the last good page; the next good version takes its place, under the page's own policy."""
    server, state = served
    page = visit(server.address)
    page.wait_for_selector("text=First")
    state.update([Diagnostic("A tab <b>.", "Use spaces.", "registry.yml", 4)])
    page.wait_for_selector("#kv-preview-faults >> text=registry.yml:4: A tab <b>. Use spaces.")
    assert page.is_visible("text=First")
    index = tmp_path / "index.html"
    index.write_text(index.read_text("utf-8").replace("First", "Second"), encoding="utf-8")
    state.update([])
    page.wait_for_selector("text=Second")
    assert page.query_selector("#kv-preview-faults") is None
