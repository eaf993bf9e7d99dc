"""One notebook through papermill: the page it makes, and how a failure is told."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from kvalreg.batch.execution import Workplace, execute, page_markdown
from kvalreg.batch.plan import Job, check_notebooks
from kvalreg.errors import ConfigurationError
from kvalreg.project import Project
from small_project import write_notebook


def job_of(notebook: Path, year: int = 2024) -> Job:
    """A job that runs this notebook."""
    address = f"registre/slag/{year}/index.qmd"
    return Job("year", notebook, "slag", year, "final", "nb", address, "Slag", (), synthetic=True)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    """Two at a time, with logs in a temporary folder."""
    return Workplace(tmp_path / "published", tmp_path / "logs", workers=2)


def test_parameters_reach_the_notebook_and_its_outputs_the_page(tmp_path: Path, workplace: Workplace) -> None:
    """The page holds what is displayed, as Markdown, with the job's parameters; no code and nothing printed."""
    source = (
        'from IPython.display import Markdown, display\nprint("hemmelig")\ndisplay(Markdown(f"**{registry} {year}**"))'
    )
    notebook = write_notebook(tmp_path / "year.ipynb", [source])
    (outcome,) = execute([job_of(notebook)], workplace)
    assert outcome.error is None
    assert outcome.markdown == "**slag 2024**\n"


def test_a_failing_notebook_stops_no_neighbour(tmp_path: Path, workplace: Workplace) -> None:
    """One notebook raises in its third cell, the other succeeds; the failure names cell, error and log."""
    bad = write_notebook(tmp_path / "bad.ipynb", ["a = 1", "b = 2\nraise ValueError('galt tall')"])
    good = write_notebook(tmp_path / "good.ipynb", ["from IPython.display import Markdown\nMarkdown('god')"])
    by_year = {outcome.job.year: outcome for outcome in execute([job_of(bad, 2023), job_of(good, 2024)], workplace)}
    assert by_year[2024].markdown == "god\n"
    error = by_year[2023].error
    assert error is not None
    assert (error.cell, error.error) == (3, "ValueError: galt tall")
    log = by_year[2023].log
    assert log is not None
    assert "raise ValueError" in log.read_text(encoding="utf-8")
    assert "\x1b" not in log.read_text(encoding="utf-8")


def test_a_kernel_that_dies_fails_alone(tmp_path: Path, workplace: Workplace) -> None:
    """A notebook that ends its process is a failed page with a sentence, not a crash of the run."""
    notebook = write_notebook(tmp_path / "dies.ipynb", ["import os\nos._exit(1)"])
    (outcome,) = execute([job_of(notebook)], workplace)
    assert outcome.error is not None
    assert "the kernel died" in outcome.error.error


def test_the_notebook_sees_the_published_folder_and_a_folder_of_its_own(tmp_path: Path, workplace: Workplace) -> None:
    """KVALREG_PUBLISHED is what the workplace says, and the current folder is empty and temporary."""
    source = (
        "import os\nfrom pathlib import Path\nfrom IPython.display import Markdown\n"
        "Markdown(os.environ['KVALREG_PUBLISHED'] + '|' + str(Path.cwd()))"
    )
    notebook = write_notebook(tmp_path / "year.ipynb", [source])
    (outcome,) = execute([job_of(notebook)], workplace)
    published, folder = outcome.markdown.strip().split("|")
    assert published == str(workplace.published)
    assert not Path(folder).exists()


def test_unknown_and_missing_parameters_are_refused_before_anything_runs(tmp_path: Path) -> None:
    """A notebook without 'language' and with 'hospital' gets one fault for each, naming the notebook."""
    notebook = write_notebook(tmp_path / "year.ipynb", [], 'registry = "x"\nyear = 1\nround = "final"\nhospital = 7')
    with pytest.raises(ConfigurationError) as caught:
        check_notebooks([notebook], Project(tmp_path))
    texts = [str(fault) for fault in caught.value.faults]
    assert len(texts) == 2
    assert "does not take the parameter 'language'" in texts[0]
    assert "asks for the parameter 'hospital'" in texts[1]
    assert all(text.startswith("year.ipynb") for text in texts)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "no notebook"), ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "names no kernel")],
)
def test_what_is_no_notebook_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A broken or kernel-less file is a fault with advice, not a traceback."""
    path = tmp_path / "year.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=said):
        check_notebooks([path], Project(tmp_path))


def test_html_becomes_a_raw_block_and_plain_text_nothing() -> None:
    """HTML outputs are fenced as raw HTML; a bare value's text representation does not reach the page."""
    output = {"text/html": "<b>x</b>", "text/plain": "x"}
    cells = [
        nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("display_data", data=output)]),
        nbformat.v4.new_code_cell(outputs=[nbformat.v4.new_output("execute_result", data={"text/plain": "42"})]),
        nbformat.v4.new_markdown_cell("## Tekst"),
    ]
    assert page_markdown(nbformat.v4.new_notebook(cells=cells)) == "```{=html}\n<b>x</b>\n```\n\n## Tekst\n"
