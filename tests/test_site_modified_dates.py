"""When a page was last modified: a changed number changes the date of the pages that show it, and of no other."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.site.modified_dates import date_front_matter, date_placeholder, modified_date, resolve_date, without_date
from small_project import Silence

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)


def source(day: date, says: str) -> bytes:
    """A page whose inputs are of a date."""
    body = f"{says}: {date_placeholder('nb')}, {date_placeholder('en')}"
    return f"---\n{date_front_matter(day)}\ntitle: A\n---\n\n{body}\n".encode()


def test_a_page_keeps_its_date_while_its_content_stays_the_same() -> None:
    """Staged on Monday, then with inputs of Tuesday; then with other content."""
    first, day = resolve_date(source(MONDAY, "91 av 100"), None)
    assert day == modified_date(first) == MONDAY
    assert re.sub("<.*?>", "", first.decode()).endswith("91 av 100: 30. november 2026, 30 November 2026\n")
    assert resolve_date(source(TUESDAY, "91 av 100"), first) == (first, MONDAY)
    second, later = resolve_date(source(TUESDAY, "92 av 100"), first)
    assert later == modified_date(second) == TUESDAY
    assert "1. desember 2026" in second.decode()
    assert resolve_date(b"no page", None) == (b"no page", None)


def test_a_source_without_its_date_is_the_same_on_every_day() -> None:
    """The key of a page with placeholders is computed from it."""
    assert without_date(source(MONDAY, "a")) == without_date(source(TUESDAY, "a")) != without_date(source(MONDAY, "b"))


def test_one_changed_number_changes_the_dates_of_the_pages_that_show_it(
    project: Project, instant: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Tuesday one hospital of alfa has one more with the outcome: beta's pages and the texts keep Monday's date."""
    (project.root / "site.yml").write_text("address: https://example.org\n", encoding="utf-8")
    before = _built(project, MONDAY, monkeypatch)
    delivery = next(path for path in sorted(project.data("alfa").glob("*.csv")) if path.name != "deliveries.yml")
    lines = delivery.read_text("utf-8").splitlines()
    index = max(number for number, line in enumerate(lines) if ";2024;" in line)
    *key, x, n = lines[index].split(";")
    lines[index] = ";".join([*key, str(int(x) + 1), n])
    delivery.write_text("\n".join(lines) + "\n", encoding="utf-8")
    after = _built(project, TUESDAY, monkeypatch)
    changed = {name for name in before if before[name] != after[name] and name.endswith(".html")}
    assert "registre/alfa/2024/index.html" in changed
    assert not [name for name in changed if name.startswith(("registre/beta/", "om/", "en/om/", "nn/om/"))]
    for name, content in after.items():
        has_new_date = "Siden ble sist endret 1. desember 2026" in re.sub(
            "<.*?>", "", content.decode("utf-8", "replace")
        )
        assert not has_new_date or name in changed, name
    again = _built(project, date(2026, 12, 2), monkeypatch)
    assert again == after


def _built(project: Project, day: date, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    seconds = (day - date(1970, 1, 1)).days * 86_400 + 3_600
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(seconds))
    account = build(project, BuildRequest(renderer="pandoc", workers=1), Silence())
    assert account.exit_code == 0, account
    site: Path = project.site.resolve()
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}
