"""The command line: help with examples, exit codes, quiet and plain output."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kvalreg import __version__
from kvalreg.project import Project


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """kvalreg in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "kvalreg", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **environment},
    )


@pytest.mark.parametrize("command", [(), ("build",), ("check",), ("audit",), ("import", "imongr")])
def test_help_shows_examples(command: tuple[str, ...]) -> None:
    """Every command's help ends in something to copy."""
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "Example" in done.stdout
    assert "kvalreg " + " ".join(command) in done.stdout


def test_version() -> None:
    """--version says which kvalreg this is."""
    assert run("--version").stdout.strip() == f"kvalreg, version {__version__}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("build", "--no-such-option"), "No such option"),
        (("build", "--jobs", "0"), "--jobs"),
        (("build", "--project", "/nonexistent"), "no kvalreg project"),
        (("import", "imongr", "/nonexistent", "/tmp/x"), "/nonexistent"),
    ],
)
def test_usage_errors_end_with_2_and_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    """What must be corrected in the command is said without a traceback, with exit code 2."""
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_unknown_registry_names_those_there_are(project: Project) -> None:
    """A misspelt id is answered with the project's ids."""
    done = run("check", "gamma", "--project", str(project.root))
    assert done.returncode == 2
    assert "alfa, beta" in done.stderr


def test_a_faulty_delivery_is_told_with_code_1(project: Project) -> None:
    """check reports file, row, what to do and a number; NO_COLOR and a pipe give text without escapes."""
    (project.data("alfa") / "a.csv").write_text("context;year;orgnr;ind_id;var;denominator\nx;1;2;3;4;5\n", "utf-8")
    done = run("check", "--project", str(project.root), NO_COLOR="1")
    assert done.returncode == 1
    assert "2 registries checked, 1 ready to build. Stopped: alfa." in done.stderr
    assert "data/alfa/a.csv:2: context: The context" in done.stderr
    assert "(KV313)" in done.stderr
    assert "\x1b" not in done.stderr + done.stdout


DEFECT = """
import sys
import kvalreg.workbench.check
from kvalreg.cli import main

def fail(*_):
    cells = {"var": 8741}
    raise KeyError(cells["var"], "8741 of 9000")

kvalreg.workbench.check.read_descriptors = fail
sys.argv = ["kvalreg", "check", "--project", sys.argv[1]]
main()
"""


def test_an_unexpected_error_is_told_without_its_message(project: Project) -> None:
    """Type, the places in our code, what to do and code 3; neither the message nor a variable, not even on request."""
    command = [sys.executable, "-c", DEFECT, str(project.root)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    for told in (
        "KeyError",
        "at kvalreg/workbench/check.py:",
        "in check",
        "Send these lines to whoever maintains kvalreg",
    ):
        assert told in done.stderr
    assert "8741" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_quiet_prints_nothing_when_all_is_well(project: Project) -> None:
    """--quiet is for schedulers: no news is good news."""
    done = run("check", "--quiet", "--project", str(project.root))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_schema_is_a_json_schema() -> None:
    """Editors get a schema with the descriptor's fields."""
    found = json.loads(run("schema").stdout)
    assert {"id", "name", "language", "about", "indicators"} <= set(found["properties"])
    committed = Path(__file__).parents[1] / "registries" / "registry.schema.json"
    assert json.loads(committed.read_text("utf-8")) == found, "run: kvalreg schema > registries/registry.schema.json"


def test_import_reports_unknown_units_by_row(shared: Path, tmp_path: Path) -> None:
    """The real export's unit 444444444 is named with rows, and the import succeeds."""
    done = run("import", "imongr", str(shared / "data" / "real"), str(tmp_path / "real"))
    assert done.returncode == 0
    assert "Ready to build (2): hjerneslag, hoftebrudd." in done.stdout
    assert "444444444" in done.stdout
    assert "row" in done.stdout
    checked = run("check", "--project", str(tmp_path / "real"))
    assert checked.returncode == 0
    assert "444444444" in checked.stdout


def test_refusing_unknown_units_is_a_choice(shared: Path, tmp_path: Path) -> None:
    """With refuse the check fails by row; with --skip-unknown-units the rest goes on."""
    target = str(tmp_path / "real")
    run("import", "imongr", str(shared / "data" / "real"), target, "--unknown-units", "refuse")
    refused = run("check", "--project", target)
    assert refused.returncode == 1
    assert "444444444" in refused.stderr
    assert run("check", "--project", target, "--skip-unknown-units").returncode == 0
