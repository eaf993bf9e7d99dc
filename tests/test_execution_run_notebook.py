"""One notebook through papermill: the page it makes, and how a failure is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from kvalreg.errors import NotebookError
from kvalreg.execution.execute import ExecutorConfig, execute
from kvalreg.execution.markdown_export import export_markdown, mark_registry_markdown
from kvalreg.execution.notebook_lint import REVIEWED_TAG
from kvalreg.execution.plan import Job
from small_project import write_notebook


def job_of(notebook: Path, year: int = 2024) -> Job:
    """A job that runs this notebook."""
    address = f"registre/slag/{year}/index.qmd"
    return Job("year", notebook, "slag", year, "final", "nb", address, "Slag", (), synthetic=True)


@pytest.fixture
def workplace(tmp_path: Path) -> ExecutorConfig:
    """Two at a time, with logs in a temporary folder."""
    return ExecutorConfig(tmp_path / "published", tmp_path / "logs", workers=2)


def test_parameters_reach_the_notebook_and_its_outputs_the_page(tmp_path: Path, workplace: ExecutorConfig) -> None:
    """The page holds what is displayed, as Markdown, with the job's parameters, and no code."""
    source = 'from kvalreg.report.html_fragment import HtmlFragment\ndisplay(HtmlFragment(f"**{registry} {year}**"))'
    notebook = write_notebook(tmp_path / "year.ipynb", [source])
    (outcome,) = execute([job_of(notebook)], workplace)
    assert outcome.error is None
    assert outcome.markdown == "**slag 2024**\n"


def test_a_failing_notebook_stops_no_neighbour(tmp_path: Path, workplace: ExecutorConfig) -> None:
    """One notebook raises in its third cell, the other succeeds; the failure names cell, error and log."""
    bad = write_notebook(tmp_path / "bad.ipynb", ["a = 1", "b = 2\nraise ValueError('galt tall')"])
    good = write_notebook(
        tmp_path / "good.ipynb", ["from kvalreg.report.html_fragment import HtmlFragment\nHtmlFragment('god')"]
    )
    by_year = {outcome.job.year: outcome for outcome in execute([job_of(bad, 2023), job_of(good, 2024)], workplace)}
    assert by_year[2024].markdown == "god\n"
    error = by_year[2023].error
    assert error is not None
    assert (error.cell, error.cause) == (3, "ValueError: galt tall")
    log = by_year[2023].log
    assert log is not None
    assert "raise ValueError" in log.read_text(encoding="utf-8")
    assert "\x1b" not in log.read_text(encoding="utf-8")


def test_a_cell_that_may_exit_leaves_the_page_whole(tmp_path: Path, workplace: ExecutorConfig) -> None:
    """What the other cells show is on the page, though papermill keeps the notebook with the error."""
    notebook = write_notebook(
        tmp_path / "year.ipynb",
        ["raise SystemExit", "from kvalreg.report.html_fragment import HtmlFragment\nHtmlFragment('god')"],
    )
    read = nbformat.read(notebook, as_version=4)
    for cell in read.cells:
        if cell.source == "raise SystemExit":
            cell.metadata["tags"] = ["raises-exception"]
    nbformat.write(read, notebook)
    (outcome,) = execute([job_of(notebook)], workplace)
    assert outcome.error is None
    assert outcome.markdown == "god\n"


def test_a_kernel_that_dies_fails_alone(tmp_path: Path, workplace: ExecutorConfig) -> None:
    """A notebook that ends its process is a failed page with a sentence, not a crash of the run."""
    notebook = write_notebook(tmp_path / "dies.ipynb", ["import os\nos._exit(1)"])
    (outcome,) = execute([job_of(notebook)], workplace)
    assert outcome.error is not None
    assert "the kernel died" in outcome.error.cause


def test_the_notebook_sees_its_own_published_cells_and_an_empty_folder(
    tmp_path: Path, workplace: ExecutorConfig
) -> None:
    """KVALREG_PUBLISHED holds its registry's file and no other; the current folder is empty, and gone afterwards."""
    workplace.published.mkdir()
    for registry in ("slag", "hofte"):
        (workplace.published / f"{registry}.parquet").write_bytes(b"cells")
    source = (
        "import os\nfrom pathlib import Path\nfrom kvalreg.report.html_fragment import HtmlFragment\n"
        "seen = [p.name for folder in (os.environ['KVALREG_PUBLISHED'], '.') for p in Path(folder).iterdir()]\n"
        "HtmlFragment(f'{seen}|{Path.cwd()}')"
    )
    notebook = write_notebook(tmp_path / "year.ipynb", [source])
    (outcome,) = execute([job_of(notebook)], workplace)
    seen, folder = outcome.markdown.strip().split("|")
    assert seen == "['slag.parquet']"
    assert not Path(folder).exists()


def executed(*outputs: dict[str, str], tags: tuple[str, ...] = (), source: str = "") -> Any:
    """A notebook that has run: the parameters, papermill's own cell, and a cell with these outputs."""
    cells = [nbformat.v4.new_code_cell("year = 1"), nbformat.v4.new_code_cell("year = 2"), nbformat.v4.new_code_cell()]
    cells[0].metadata["tags"], cells[1].metadata["tags"] = ["parameters"], ["injected-parameters"]
    cells[2].metadata["tags"], cells[2].source = list(tags), source
    cells[2].outputs = [nbformat.v4.new_output("display_data", data=data) for data in outputs]
    return nbformat.v4.new_notebook(cells=cells)


def test_a_page_is_made_of_pieces_and_markdown_cells() -> None:
    """Our pieces are used as their Markdown, beside the notebook's own Markdown cells."""
    notebook = executed({"text/markdown": "**en**", "application/vnd.kvalreg.fragment": "1"})
    notebook.cells.append(nbformat.v4.new_markdown_cell("## Tekst"))
    assert export_markdown(notebook) == "**en**\n\n## Tekst\n"


FOREIGN = [
    ({"text/html": "<table><td>4711</td></table>", "text/plain": "4711"}, "shows a table or other HTML"),
    ({"image/png": "4711", "text/plain": "<Figure>"}, "shows a picture"),
    ({"image/svg+xml": "<svg>4711</svg>"}, "shows a picture"),
    ({"text/markdown": "4711"}, "shows a value"),
    ({"text/plain": "4711"}, "shows a value"),
]


@pytest.mark.parametrize(("data", "told"), FOREIGN)
def test_what_is_not_ours_fails_the_page_and_is_not_repeated(data: dict[str, str], told: str) -> None:
    """A bare data frame, picture or value is refused by its type; the message has cell and advice, no content."""
    with pytest.raises(NotebookError) as caught:
        export_markdown(executed(data))
    assert caught.value.cell == 2
    assert told in caught.value.cause
    assert REVIEWED_TAG in caught.value.cause
    assert "4711" not in f"{caught.value} {caught.value.detail}"


def test_printed_text_fails_the_page_and_warnings_do_not() -> None:
    """Printing may print rows, so it is refused; what a library says on stderr never reaches the page."""
    notebook = executed()
    notebook.cells[2].outputs = [nbformat.v4.new_output("stream", name="stderr", text="4711")]
    assert export_markdown(notebook) == "\n"
    notebook.cells[2].outputs += [nbformat.v4.new_output("stream", name="stdout", text="4711")]
    with pytest.raises(NotebookError, match="cell 2: the cell prints text"):
        export_markdown(notebook)


def test_a_reviewed_cell_may_show_other_things() -> None:
    """HTML becomes a raw block, a picture has its words; printed text and bare values are left out."""
    html = executed({"text/html": "<b>x</b>", "text/plain": "x"}, {"text/plain": "42"}, tags=(REVIEWED_TAG,))
    html.cells[2].outputs.append(nbformat.v4.new_output("stream", name="stdout", text="42"))
    assert export_markdown(html) == '```{=html}\n<div data-kv-text="registry"><b>x</b></div>\n```\n'
    words = '#| fig-alt: "Søyler: 3 & 4"\nplot()'
    picture = executed({"image/png": "iVBO", "text/plain": "x"}, tags=(REVIEWED_TAG,), source=words)
    assert '<img alt="Søyler: 3 &amp; 4" src="data:image/png;base64,iVBO">' in export_markdown(picture)


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ("## Bakgrunn\n\nUten tall.", "## Bakgrunn\n\nUten tall."),
        ("## 2. Bakgrunn {#to}", '## [2. Bakgrunn]{kv-text="registry"} {#to}'),
        (
            "## Om\n\nAv 240 fikk 209 hjelp.\n\n### Mer",
            '## Om\n\n```{=html}\n<div data-kv-text="registry">\n```\n\nAv 240 fikk 209 hjelp.\n\n'
            "```{=html}\n</div>\n```\n\n### Mer",
        ),
        (
            "~~~\n# 3 tegn\n~~~",
            '```{=html}\n<div data-kv-text="registry">\n```\n\n~~~\n# 3 tegn\n~~~\n\n```{=html}\n</div>\n```',
        ),
    ],
    ids=["no digit", "heading", "text", "code"],
)
def test_a_notebooks_own_words_are_marked_as_such(source: str, marked: str) -> None:
    """What a registry writes into its notebook is its own, and no number of kvalreg's: the audit leaves it alone."""
    assert mark_registry_markdown(source) == marked


def test_a_reviewed_picture_needs_words() -> None:
    """Nobody publishes a picture that some readers cannot see, without telling them what it shows."""
    with pytest.raises(NotebookError, match=r"cell 2: .*fig-alt"):
        export_markdown(executed({"image/png": "iVBO"}, tags=(REVIEWED_TAG,)))


def test_a_data_frame_in_a_notebook_fails_its_page_alone(tmp_path: Path, workplace: ExecutorConfig) -> None:
    """Run for real: the frame's page fails with its cell, its rows are in no message or log, the neighbour is made."""
    frame = write_notebook(tmp_path / "bad.ipynb", ["import pandas as pd\npd.DataFrame({'pasient': [4711]})"])
    good = write_notebook(
        tmp_path / "good.ipynb", ["from kvalreg.report.html_fragment import HtmlFragment\nHtmlFragment('god')"]
    )
    by_year = {outcome.job.year: outcome for outcome in execute([job_of(frame, 2023), job_of(good, 2024)], workplace)}
    failed = by_year[2023]
    assert failed.error is not None
    assert failed.log is not None
    assert failed.error.cell == 2
    assert "4711" not in str(failed.error) + failed.log.read_text(encoding="utf-8")
    assert by_year[2024].markdown == "god\n"
