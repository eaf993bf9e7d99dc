"""Single faults of one registry, by name: how each is planted in registry alfa, and what a build must name.

Each goes into a project that was sound a moment ago; `test_single_faults.py` builds it. A fault is in the registry's
own files, in what it writes for its pages, or in what earlier builds left of it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from kvalreg.project import Project
from small_project import delivery_of

DESCRIPTOR, DELIVERY = "registries/alfa/registry.yml", "data/alfa/a.csv"
HEADER = "context;year;orgnr;ind_id;var;denominator\n"


@dataclass(frozen=True)
class SingleFault:
    """One fault.

    Parameters
    ----------
    plant
        Puts it into alfa.
    named
        What the build's line about alfa must hold, beside the registry's id.
    """

    plant: Callable[[Project], None]
    named: str


def new_delivery(project: Project, *rows: str) -> None:
    """A newer delivery of alfa's, in which 79 of 100 were helped instead of 84, and these rows after it."""
    text = delivery_of("alfa").replace("2024;111;alfa_a;80", "2024;111;alfa_a;60")
    (project.data("alfa") / "a.csv").write_text(text + "".join(f"{row}\n" for row in rows), encoding="utf-8")


# --- the descriptor --------------------------------------------------------------------------------------------------
def _text(change: Callable[[str], str]) -> Callable[[Project], None]:
    """A change of the descriptor's text."""

    def plant(project: Project) -> None:
        path = project.descriptor("alfa")
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")

    return plant


def _with(line: str) -> Callable[[Project], None]:
    return _text(lambda text: f"{text}{line}\n")


def _instead(old: str, new: str) -> Callable[[Project], None]:
    return _text(lambda text: text.replace(old, new))


def _bytes(content: bytes) -> Callable[[Project], None]:
    return lambda project: _write(project.descriptor("alfa"), content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _gone(project: Project) -> None:
    project.descriptor("alfa").unlink()


def _folder_instead(project: Project) -> None:
    project.descriptor("alfa").unlink()
    project.descriptor("alfa").mkdir()


def _dangling(project: Project) -> None:
    project.descriptor("alfa").unlink()
    project.descriptor("alfa").symlink_to("nowhere.yml")


_TWICE = "  - id: alfa_a\n    title: Den samme\n    type: andel"
_BOMB = "a: &a [x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]"
DESCRIPTORS = {
    "a tab": _instead("  purpose", "\tpurpose"),
    "a quotation mark that is never closed": _instead("name: Register", 'name: "Register'),
    "a colon in a text": _instead("Vi prøver.", "Vi prøver: alt"),
    "a control character": _instead("Vi prøver.", "Vi\x01prøver."),
    "an unknown key": _with("colour: red"),
    "a key twice": _with("language: nn"),
    "a missing key": _instead("language: nb\n", ""),
    "a number for a list": _instead("medical_fields: [Prøver]", "medical_fields: 3"),
    "a list for a mapping": _bytes(b"- id: alfa\n"),
    "a type that there is not": _instead("type: andel", "type: andelen"),
    "an impossible target": _instead("level_green: 0.9", "level_green: 90"),
    "a direction that is missing": _instead("    level_direction: 1\n", ""),
    "a link to itself in its place": lambda project: _linked_to_itself(project.descriptor("alfa")),
    "an id twice": _with(_TWICE),
    "an id of signs only": _instead("id: alfa_a", "id: '-.-'"),
    "an id that begins with a low line": _instead("id: alfa_a", "id: _a"),
    "beta's id": _instead("id: alfa_a", "id: beta_a"),
    "another folder's id": _instead("id: alfa\n", "id: gamma\n"),
    "300 decimals": _instead("type: andel", "type: andel\n    sformat: ',.300%'"),
    "a field of 300 letters": _instead("[Prøver]", f"[{'a' * 300}]"),
    "a title of 3 MB": _instead("Andel som fikk hjelp", "a" * 3_000_000),
    "a title of 2,000 letters": _instead("Andel som fikk hjelp", "a" * 2000),
    "a purpose of 3 MB": _instead("Vi prøver.", "Vi prøver. " * 300_000),
    "a title of digits": _instead("Andel som fikk hjelp", "'30'"),
    "a name of digits": _instead("name: Register for alfa", "name: '7'"),
    "a field of digits": _instead("[Prøver]", "['7']"),
    "a keyword of digits": _with("keywords: ['7']"),
    "a licence of digits": _with("licence: {name: '1.0'}"),
    "a number of 5,000 digits": _instead("level_green: 0.9", f"level_green: {'9' * 5000}"),
    "lists in lists in lists": _with(f"keywords: {'[' * 3000}{']' * 3000}"),
    "aliases that grow": _with(_BOMB),
    "a tag of Python's": _instead("Vi prøver.", "!!python/object/apply:os.getcwd []"),
    "two documents": _with("---\nid: alfa"),
    "another encoding": _bytes("id: alfa\nname: Prøver\n".encode("latin-1")),
    "nothing in it": _bytes(b""),
    "only a comment": _bytes(b"# soon\n"),
    "no text at all": _bytes(bytes(range(256))),
    "no file": _gone,
    "a folder in its place": _folder_instead,
    "a link to nowhere": _dangling,
    "an indicator without its rows' id": _instead("id: alfa_a", "id: alfa_b"),
}


# --- deliveries ------------------------------------------------------------------------------------------------------
def _rows(*rows: str) -> Callable[[Project], None]:
    return lambda project: new_delivery(project, *rows)


def _file(content: bytes, name: str = "a.csv") -> Callable[[Project], None]:
    return lambda project: _write(project.data("alfa") / name, content)


def _no_delivery(project: Project) -> None:
    for path in project.data("alfa").iterdir():
        path.unlink()


def _listed(text: str) -> Callable[[Project], None]:
    return lambda project: _write(project.delivery_list("alfa"), text.encode())


def _outside(project: Project) -> None:
    (project.root / "elsewhere.csv").write_text(delivery_of("alfa"), encoding="utf-8")
    (project.data("alfa") / "b.csv").symlink_to(project.root / "elsewhere.csv")


def _folder_delivery(project: Project) -> None:
    (project.data("alfa") / "a.csv").unlink()
    (project.data("alfa") / "a.csv").mkdir()


def _strange_name(project: Project) -> None:
    folder = os.fsencode(project.data("alfa"))
    with open(os.path.join(folder, b"\xe5\x1b[31m.csv"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(b"not a delivery")


def _approval(project: Project) -> None:
    _with("approval: required")(project)
    project.approvals_file("alfa").write_text("- [", encoding="utf-8")


def _file_for_data(project: Project) -> None:
    shutil.rmtree(project.data("alfa"))
    project.data("alfa").write_text("no folder", encoding="utf-8")


DELIVERIES = {
    "a file for the folder of data": SingleFault(_file_for_data, "data/alfa"),
    "a link to itself in its place": SingleFault(
        lambda project: _linked_to_itself(project.data("alfa") / "a.csv"), "data/alfa"
    ),
    "a year beyond all numbers": SingleFault(_rows(f"caregiver;{'9' * 40};111;alfa_a;1;9"), f"{DELIVERY}:10"),
    "a number beyond all numbers": SingleFault(_rows("caregiver;2024;111;alfa_a;1;1e400"), f"{DELIVERY}:10"),
    "a zero byte in a cell": SingleFault(_rows("caregiver;2024;111;alfa_a\0;1;9"), DELIVERY),
    "no delivery": SingleFault(_no_delivery, "data/alfa"),
    "no folder of data": SingleFault(lambda project: shutil.rmtree(project.data("alfa")), "data/alfa"),
    "nothing in it": SingleFault(_file(b""), DELIVERY),
    "a header alone": SingleFault(_file(HEADER.encode()), DELIVERY),
    "a missing column": SingleFault(
        _file(HEADER.replace("orgnr;", "").encode() + b"caregiver;2024;alfa_a;1;9\n"), DELIVERY
    ),
    "no table": SingleFault(_file(b"\x00\x01\x02" * 50), DELIVERY),
    "a workbook under another name": SingleFault(_file(b"PK\x03\x04" + bytes(200)), DELIVERY),
    "a damaged Parquet file": SingleFault(_file(b"PAR1junk", "b.parquet"), "data/alfa/b.parquet"),
    "a cell too many": SingleFault(_rows("caregiver;2024;111;alfa_a;1;9;9"), f"{DELIVERY}:10"),
    "an unknown indicator": SingleFault(_rows("caregiver;2024;111;alfa_z;1;9"), f"{DELIVERY}:10"),
    "an unknown unit": SingleFault(_rows("caregiver;2024;999999999;alfa_a;1;9"), f"{DELIVERY}:10"),
    "an unknown context": SingleFault(_rows("patient;2024;111;alfa_a;1;9"), f"{DELIVERY}:10"),
    "a text for a number": SingleFault(_rows("caregiver;2024;111;alfa_a;x;9"), f"{DELIVERY}:10"),
    "no number": SingleFault(_rows("caregiver;2024;111;alfa_a;;9"), f"{DELIVERY}:10"),
    "a year of three digits": SingleFault(_rows("caregiver;202;111;alfa_a;1;9"), f"{DELIVERY}:10"),
    "a denominator of 0": SingleFault(_rows("caregiver;2024;111;alfa_a;0;0"), f"{DELIVERY}:10"),
    "a numerator below 0": SingleFault(_rows("caregiver;2024;111;alfa_a;-1;9"), f"{DELIVERY}:10"),
    "a year to come": SingleFault(_rows("caregiver;2062;111;alfa_a;1;9"), f"{DELIVERY}:10"),
    "a thousand separator": SingleFault(_rows("caregiver;2024;111;alfa_a;1.000;2.000"), f"{DELIVERY}:10"),
    "a broken list of deliveries": SingleFault(_listed("- file: [a.csv"), "data/alfa/deliveries.yml"),
    "a listed file that is not there": SingleFault(_listed("- file: c.csv"), "data/alfa/deliveries.yml:1"),
    "a date that there is not": SingleFault(_listed("- file: a.csv\n  latest_affirm: 2024-13-45"), "deliveries.yml:2"),
    "a file from outside": SingleFault(_outside, "data/alfa/b.csv"),
    "a folder in its place": SingleFault(_folder_delivery, "data/alfa"),
    "a name in no encoding": SingleFault(_strange_name, "data/alfa/"),
    "a broken list of approvals": SingleFault(_approval, "data/alfa/approved.yml"),
}


def _linked_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


# --- notebooks -------------------------------------------------------------------------------------------------------
def _notebook(content: str) -> Callable[[Project], None]:
    def plant(project: Project) -> None:
        own = project.root / "notebooks" / "report" / "alfa"
        own.mkdir(parents=True)
        (own / "year.ipynb").write_text(content, encoding="utf-8")

    return plant


_NOTEBOOK = "notebooks/report/alfa/year.ipynb"
NOTEBOOKS = {
    "no JSON": SingleFault(_notebook("{"), _NOTEBOOK),
    "nothing in it": SingleFault(_notebook(""), _NOTEBOOK),
    "JSON that is no notebook": SingleFault(_notebook('{"a": 1}'), _NOTEBOOK),
    "no parameters": SingleFault(
        _notebook('{"cells": [], "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}'),
        _NOTEBOOK,
    ),
}
PAGES = {
    "a dead link": "[mer](borte.html)",
    "a dead place on a page": "[mer](../index.html#borte)",
    "a missing picture": "![Bilde](bilde.png)",
    "a picture of another host": '```{=html}\n<img src="https://example.org/a.png" alt="">\n```',
    "a style of another host": "```{=html}\n<p style=\"background: url('//example.org/a.png')\">x</p>\n```",
    "a script of another host": '```{=html}\n<script src="//example.org/a.js"></script>\n```',
    "a form to another host": '```{=html}\n<form action="https://example.org/"></form>\n```',
    "fences of divs": "```{=html}\n<p>a\n::: b</p>\n```",
    "a cell to run": "```{r}\n1\n```",
    "a class of its own": "::: {.mine}\na\n:::",
    "a heading of the first level": "# Overskrift",
    "half a letter": "Pasienter \ud800 her.",
    "two pages in one": "---\ntitle: [\n---",
    "a citation": "Se @svensson.",
    "a formula": "Vi regner $x^2$.",
    "a footnote": "Vi regner.[^1]\n\n[^1]: Slik.",
    "the end of the page": "```{=html}\n</main></body></html>\n```\n\n```{=html}\n<!--\n```",
    "a hidden number": "```{=html}\n<p>Vik: 1 av 3 pasienter i 2022.</p>\n```",
}
"""What alfa's pages of years hold, which no build may release; a page that is nothing but white space is another."""


# --- what a registry writes, which does no harm ----------------------------------------------------------------------
def _purpose(text: str) -> Callable[[Project], None]:
    quoted = text.replace("'", "''")
    return _instead("Vi prøver.", f"'{quoted}'")


def _title(text: str) -> Callable[[Project], None]:
    return _instead("Andel som fikk hjelp", f"'{text}'")


_TICKS = "```"
TEXTS = {
    "fences of divs": _instead("Vi prøver.", "|-\n    Vi prøver.\n    ::: {.x}\n    a\n    :::"),
    "a cell to run": _instead("Vi prøver.", f"|-\n    Vi prøver.\n\n    {_TICKS}{{r}}\n    1\n    {_TICKS}"),
    "a cell to run in a quotation": _instead("Vi prøver.", f"|-\n    > {_TICKS}{{python}}\n    > 1\n    > {_TICKS}"),
    "ids that differ in their case alone": _with(_TWICE.replace("alfa_a", "ALFA_A")),
    "raw HTML": _purpose("<script src=//example.org/a.js></script><b onclick=x>a</b> </div></main>"),
    "an address in a style": _purpose("Se url(//example.org/a.png) og @import //example.org."),
    "a link without a scheme": _purpose("Se [her](www.example.org/a) og [der](borte.html)."),
    "a shortcode": _purpose("{{< include /etc/passwd >}}"),
    "a mark of ours": _purpose("<!--kv-raw 1--> og <!--kv-kept 0123456789abcdef0123456789abcdef-->"),
    "a title with a cell to run": _title(f"Andel {_TICKS}{{r}} hjelp"),
    "a title with fences": _title("::: Andel :::"),
    "a title with HTML": _title("</title><b>Andel</b> & <img src=//example.org/a.png>"),
    "a title with a style": _title("Andel url(//example.org/a.png)"),
    "a title with a shortcode": _title("Andel {{< include a >}}"),
    "a title with a formula": _title("Andel $x^2$ @svensson [^1]"),
    "a name with signs": _instead("Register for alfa", "'# Register: `alfa` | {r} $x$ @a'"),
    "descriptions of digits": _instead("Vi prøver.", "'12'\n  phone: '22334455'\n  patients: '3'"),
    "a remark of digits": lambda project: _write(
        project.delivery_list("alfa"),
        b"- file: a.csv\n  latest_update: 2025-02-01\n  latest_affirm: 2024-12-31\n  remark: '5'\n",
    ),
    "a phone of digits for the site": lambda project: _write(
        project.registries / "site.yml", b"publisher: Senteret\nemail: a@example.org\nphone: '22334455'\n"
    ),
    "a field with signs": _instead("[Prøver]", "['::: {r} ``` <b>']"),
}
"""Texts that would break Markdown, ask another host or lead nowhere, if they were not shown as what they are: texts."""


def _many(project: Project) -> None:
    """A row with a numerator above its denominator is hidden, and told of."""
    new_delivery(project, "caregiver;2022;111;alfa_a;60;50", "caregiver;2022;112;alfa_a;40;50")


def _strange_files(project: Project) -> None:
    for folder in (project.descriptor("alfa").parent, project.data("alfa")):
        for name in (b"\xe5.txt", b"a\nb;$(x).md", "æ ø\u202e.docx".encode()):
            with open(os.path.join(os.fsencode(folder), name), "wb") as file:  # noqa: PTH118, PTH123
                file.write(b"x")


def _stray_notebook(project: Project) -> None:
    own = project.root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    (own / "year.ipynb").symlink_to("nowhere.ipynb")
    (project.root / "notebooks" / "report" / "gamma").mkdir()


def _file_for_notebooks(project: Project) -> None:
    (project.root / "notebooks" / "report").mkdir(parents=True)
    (project.root / "notebooks" / "report" / "alfa").write_text("no folder", encoding="utf-8")


HARMLESS = {
    "a file for the folder of notebooks": _file_for_notebooks,
    "a numerator above its denominator": _many,
    "files with strange names": _strange_files,
    "a link to no notebook": _stray_notebook,
}


# --- what earlier builds left ----------------------------------------------------------------------------------------
_JUNK = b"junk"


def _junk(path: str) -> Callable[[Project], None]:
    return lambda project: _write(project.build_folder / path, _JUNK)


def _folder(path: str) -> Callable[[Project], None]:
    def plant(project: Project) -> None:
        target = project.build_folder / path
        if target.is_dir():
            shutil.rmtree(target)
        target.unlink(missing_ok=True)
        (target / "junk").mkdir(parents=True)

    return plant


def _file_for_folder(path: str) -> Callable[[Project], None]:
    def plant(project: Project) -> None:
        shutil.rmtree(project.build_folder / path, ignore_errors=True)
        (project.build_folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.build_folder / path).write_bytes(_JUNK)

    return plant


def _every_page(project: Project) -> None:
    for path in (project.last_good_pages / "alfa").glob("*.json"):
        path.write_bytes(_JUNK)


def _strange_cells(project: Project) -> None:
    with open(os.path.join(os.fsencode(project.published), b"\xe5.parquet"), "wb") as file:  # noqa: PTH118, PTH123
        file.write(_JUNK)


def _page_of_beta(project: Project) -> None:
    for path in (project.last_good_pages / "beta").glob("*.json"):
        shutil.copy(path, project.last_good_pages / "alfa" / path.name)


LEFT = {
    "junk for cells": _junk("published/alfa.parquet"),
    "a folder for cells": _folder("published/alfa.parquet"),
    "junk beside the cells": _junk("published/junk.parquet"),
    "a folder beside the cells": _folder("published/junk.parquet"),
    "a strange name beside the cells": _strange_cells,
    "junk for newest cells": _junk("newest/alfa.parquet"),
    "a folder for newest cells": _folder("newest/alfa.parquet"),
    "junk for shares": _junk("newest/alfa.shares"),
    "junk for pages": _every_page,
    "a file for pages": _file_for_folder("accepted/alfa"),
    "a folder for a page": _folder("accepted/alfa/junk.json"),
    "junk in the cache": _junk("cache/gate/alfa"),
    "a folder in the cache": _folder("cache/gate/alfa"),
    "a folder in the cache of parts": _folder("cache/parts/alfa"),
    "junk for what the ledger will keep": _junk("ledger/next/alfa.parquet"),
    "a folder for what the ledger will keep": _folder("ledger/next/alfa.parquet"),
    "a page of beta's among alfa's": _page_of_beta,
    "a file for the last good result": _file_for_folder("last_good/alfa"),
    "junk for the last good cells": _junk("last_good/alfa/cells.parquet"),
    "a file for its logs": _file_for_folder("logs/alfa"),
    "a folder for a staged page": _folder("site/registre/alfa/index.qmd"),
}
"""Damage that a build mends by itself: all of this can be made again."""


def _cut(path: str, size: int) -> Callable[[Project], None]:
    def plant(project: Project) -> None:
        content = (project.build_folder / path).read_bytes()
        (project.build_folder / path).write_bytes(content[:size])

    return plant


def _lost(path: str) -> Callable[[Project], None]:
    return lambda project: (project.build_folder / path).unlink()


_ENTRY = "ledger/2026-01/alfa.parquet"
LEDGER = {
    "an entry that is missing": SingleFault(_lost(_ENTRY), f"_build/{_ENTRY}"),
    "an entry that is cut": SingleFault(_cut(_ENTRY, 100), f"_build/{_ENTRY}"),
    "an entry that is empty": SingleFault(_cut(_ENTRY, 0), f"_build/{_ENTRY}"),
    "an entry that is a folder": SingleFault(_folder(_ENTRY), f"_build/{_ENTRY}"),
    "a snapshot that is missing": SingleFault(_lost("snapshots/2026-01/alfa.parquet"), "_build/snapshots/2026-01"),
    "a snapshot that is cut": SingleFault(_cut("snapshots/2026-01/alfa.parquet", 100), "_build/snapshots/2026-01"),
}
