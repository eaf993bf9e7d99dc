"""Files that are safe to open: no cell that a spreadsheet runs, and no control character on any page or in any file."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import etree

from kvalreg.errors import ConfigurationError
from kvalreg.inputs.units import read_units
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.pipeline import BuildRequest, build
from kvalreg.project import Project
from kvalreg.release.publish import publish_edition
from kvalreg.report.spreadsheet import as_text, from_text
from small_project import UNITS, Silence, delivery_of, write_registry

FORMULA = "=HYPERLINK(1)"
UNIT = {"Vik;": "+Vik;", "Li;": "@Li;", "Nes sykehus;Nes;": "-Nes sykehus;-Nes;"}
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
ESCAPED = re.compile(r"\\u00(?:0[0-8bBcCeEfF]|1[0-9a-fA-F]|7[fF]|[89][0-9a-fA-F])|&#(?:x?0*[0-8]|x0*1[0-9a-f]);")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A registry whose titles and units' names begin as formulas, with control characters where they get in at all."""
    root = tmp_path_factory.mktemp("safe")
    write_registry(root, "alfa", delivery_of("alfa"))
    units = UNITS
    for name, begins in UNIT.items():
        units = units.replace(f";{name}", f";{begins}", 1)
    (root / "registries" / "units.csv").write_text(units, encoding="utf-8")
    descriptor = root / "registries" / "alfa" / "registry.yml"
    text = descriptor.read_text("utf-8").replace("title: Andel som fikk hjelp", f"title: '{FORMULA}'")
    descriptor.write_text(
        text + "    short_description: '-1 er lite'\n    long_description: '@SUM(1)'\n", encoding="utf-8"
    )
    project = Project(root)
    own = root / "notebooks" / "report" / "alfa"
    own.mkdir(parents=True)
    shutil.copy(project.notebook("year", "beta"), own / "year.ipynb")
    notebook = json.loads((own / "year.ipynb").read_text("utf-8"))
    source = (
        "from kvalreg.report.html_fragment import html_fragment\n"
        "html_fragment('<p>Et tegn\\x01 og\\x0b et til\\x85.</p>')"
    )
    notebook["cells"].append(
        {
            **notebook["cells"][-1],
            "id": "controls",
            "cell_type": "code",
            "source": source,
            "outputs": [],
            "execution_count": None,
            "metadata": {},
        }
    )
    (own / "year.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    account = build(project, BuildRequest(renderer="pandoc", workers=2), Silence())
    assert account.exit_code == 0, account.failures
    publish_edition("2026-06", project)
    (project.data("alfa") / "a.csv").write_text(delivery_of("alfa").replace(";80;100", ";81;100"), encoding="utf-8")
    assert build(project, BuildRequest(renderer="pandoc", workers=2), Silence()).exit_code == 0
    return project


def files(project: Project) -> dict[str, str]:
    """Every file of the site that is text."""
    paths = [path for path in project.site.rglob("*") if path.is_file() and "site_libs" not in path.parts]
    return {str(path.relative_to(project.site)): path.read_text("utf-8") for path in paths if path.suffix != ".png"}


def tables(project: Project) -> dict[str, list[list[str]]]:
    """Every CSV file, also those that lie in a page."""
    texts = {place: text for place, text in files(project).items() if place.endswith(".csv")}
    for place, text in files(project).items():
        for number, found in enumerate(re.findall(r'href="data:text/csv[^,]*,([^"]*)"', text)):
            texts[f"{place}#{number}"] = unquote(found)
    found = {}
    for place, text in texts.items():
        separator = "," if place.startswith("endringer/") else ";"
        found[place] = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator))
    return found


def test_no_cell_of_any_file_is_run(built: Project) -> None:
    """Whatever begins as a formula is a number, or has an apostrophe before it; the names themselves are unchanged."""
    every = tables(built)
    assert {"data/alfa/resultater.csv", "data/alfa/indikatorer.csv", "data/enheter.csv", "endringer/alfa.csv"} <= {
        *every
    }
    assert any("#" in place for place in every)
    run = [
        (place, cell)
        for place, rows in every.items()
        for row in rows
        for cell in row
        if re.match(r"[=+\-@\t\r\n]", cell) and not re.fullmatch(r"-?\d+([.,]\d+)?(e-?\d+)?", cell)
    ]
    assert run == []
    assert {row[4] for row in every["data/alfa/resultater.csv"]} >= {"'+Vik", "'@Li", "'-Nes"}
    assert any(f"'{FORMULA}" in row for row in every["data/alfa/indikatorer.csv"])
    names = json.loads(files(built)["data/alfa/resultater.json"])["unit_name"]
    assert {"+Vik", "@Li", "-Nes"} <= set(names)


def test_the_dictionary_says_so(built: Project) -> None:
    """The page, and for programs each file's description in the Data Package."""
    assert "har en apostrof foran" in files(built)["data/index.html"]
    package = json.loads(files(built)["data/alfa/datapackage.json"])
    assert all("apostrof" in one["description"] for one in package["resources"])


@pytest.mark.parametrize("text", ["=1", "+a", "-5", "@x", "\t=1", "＝1", "'=1", "a=1", "'", "", "''-"])
def test_a_text_is_found_again(text: str) -> None:
    """What a reader takes away is what was put before it."""
    told = as_text(text)
    assert isinstance(told, str)
    assert not re.match(r"[=+\-@\t\r\n＝]", told)
    assert from_text(told) == text
    assert as_text(-5) == -5


def test_no_control_character_is_in_any_file(built: Project) -> None:
    """In pages, feeds, JSON and CSV, as it is or escaped; a visible sign stands where one was."""
    every = files(built)
    found = [place for place, text in every.items() if CONTROL.search(text) or ESCAPED.search(text)]
    assert found == []
    assert "Et tegn\N{REPLACEMENT CHARACTER} og" in every["registre/alfa/2024/index.html"]
    for feed in ("nytt.xml", "endringer.xml"):
        etree.fromstring(every[feed].encode())


@pytest.mark.parametrize("sign", ["\\x01", "\\u0085", "\\e", "\\ud800", "\\x7f"])
def test_yaml_that_escapes_a_control_character_is_refused(tmp_path: Path, sign: str) -> None:
    """YAML has a way to write every character; the fault has its line."""
    (tmp_path / "a.yml").write_text(f'id: a\nname: "B{sign}"\n', encoding="utf-8")
    try:
        faults = read_yaml(tmp_path / "a.yml", "a.yml").diagnostics
    except ConfigurationError as error:
        faults = error.diagnostics
    assert [(fault.message, fault.line) for fault in faults] == [("The text holds a control character.", 2)]


@pytest.mark.parametrize("sign", ["\x01", "\x0b", "\x1b", "\x7f", "\x85"])
def test_a_unit_with_a_control_character_is_refused(tmp_path: Path, sign: str) -> None:
    """Nothing else in a table is free text; the fault has its row and its column."""
    path = tmp_path / "units.csv"
    path.write_text(UNITS.replace("Å sykehus;", f"Å{sign} sykehus;"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as caught:
        read_units(path, "units.csv")
    assert {(fault.key, fault.line) for fault in caught.value.diagnostics} == {("name", 9)}


@pytest.mark.skipif(shutil.which("node") is None, reason="Node is not here")
@pytest.mark.parametrize("script", ["rows.js", "number.js"])
def test_scripts_take_the_apostrophe_away(script: str) -> None:
    """What pages' own scripts read from these files is the name itself."""
    text = (Path(__file__).parents[1] / "_extensions" / "kvalreg" / script).read_text("utf-8")
    (pattern,) = re.findall(r"""replace\((/\^'\S+/), ""\)""", text)
    code = f"console.log(['\\'=1', '\\'a', 'a', '\\'-b'].map((one) => one.replace({pattern}, '')).join('|'))"
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "=1|'a|a|-b"
