"""The last good pages: what is kept of them, and the day on which their content last changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from kvalreg.clock import SOURCE_DATE
from kvalreg.execution.plan import Job
from kvalreg.storage.last_good import load_last_good_headers, load_last_good_pages, mark_stale, save_last_good

ADDRESS = "registre/slag/2024/index.qmd"
JOB = Job("year", Path("year.ipynb"), "slag", 2024, "final", "nb", ADDRESS, "Slag", (), synthetic=True)
# 2026-06-01 and 2026-06-02, at noon in UTC
FIRST, SECOND = "1780315200", "1780401600"


def made(folder: Path) -> date:
    """The day of the only page that is kept."""
    (page,) = load_last_good_pages("slag", folder)
    return page.made


def test_a_page_has_the_day_on_which_its_content_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same title and Markdown keep their day, also across a delay; a change of either has its own."""
    monkeypatch.setenv(SOURCE_DATE, FIRST)
    save_last_good(JOB, "tekst", tmp_path)
    assert made(tmp_path) == date(2026, 6, 1)
    monkeypatch.setenv(SOURCE_DATE, SECOND)
    mark_stale("slag", None, tmp_path)
    assert made(tmp_path) == date(2026, 6, 1)
    save_last_good(JOB, "tekst", tmp_path)
    assert made(tmp_path) == date(2026, 6, 1)
    save_last_good(replace(JOB, title="Hjerneslag"), "tekst", tmp_path)
    assert made(tmp_path) == date(2026, 6, 2)
    monkeypatch.setenv(SOURCE_DATE, FIRST)
    save_last_good(replace(JOB, title="Hjerneslag"), "ny tekst", tmp_path)
    assert made(tmp_path) == date(2026, 6, 1)


def test_a_page_without_its_markdown_is_otherwise_the_same(tmp_path: Path) -> None:
    """Whatever is on the page, also what looks like the file itself."""
    save_last_good(JOB, 'en\n "markdown": "to",\n "delayed": true', tmp_path)
    mark_stale("slag", None, tmp_path)
    (page,), (head,) = load_last_good_pages("slag", tmp_path), load_last_good_headers("slag", tmp_path)
    assert page.markdown.endswith("true")
    assert head == page.model_copy(update={"markdown": ""})
    assert head.delayed


def test_a_damaged_page_is_as_if_it_were_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a file stops no run: the page is missing until it is made again."""
    monkeypatch.setenv(SOURCE_DATE, FIRST)
    save_last_good(JOB, "tekst", tmp_path)
    (file,) = (tmp_path / "slag").glob("*.json")
    file.write_bytes(file.read_bytes()[:50])
    assert load_last_good_pages("slag", tmp_path) == load_last_good_headers("slag", tmp_path) == []
    save_last_good(JOB, "tekst", tmp_path)
    assert made(tmp_path) == date(2026, 6, 1)
