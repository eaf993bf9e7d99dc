"""What stands around the code: metadata, workflows, forms, containers and pinned files agree with each other."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PYTHONS = [version for each in PROJECT["classifiers"] if (version := each.rpartition(" :: ")[2]).startswith("3.")]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "docs" / "deploy" / "github-actions.yml"]
FORMS = ROOT / ".github" / "ISSUE_TEMPLATE"


def read(name: str) -> str:
    """A file of the repository."""
    return (ROOT / name).read_text("utf-8")


def yaml(path: Path) -> Any:
    """A YAML file's content."""
    return YAML(typ="safe").load(path.read_text("utf-8"))


def steps(workflow: Path) -> Iterator[dict[str, Any]]:
    """Every step of every job."""
    for job in yaml(workflow)["jobs"].values():
        yield from job["steps"]


def make_targets(text: str) -> set[str]:
    """What a command asks make for."""
    return set(re.findall(r"\bmake ([a-z]+)", text))


# --- metadata --------------------------------------------------------------------------------------------------------
def test_the_version_and_its_day_are_the_same_everywhere() -> None:
    """A reader who cites a version finds it in the log of changes, and the package calls itself so."""
    citation = yaml(ROOT / "CITATION.cff")
    newest = re.search(r"^## (\S+) \((\d{4}-\d\d-\d\d)\)$", read("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert (PROJECT["version"], citation["version"]) == (newest[1], newest[1])
    assert citation["date-released"] == newest[2]
    assert re.fullmatch(r"\d+\.\d+\.\d+", newest[1])


def test_who_made_it_and_where_it_lies_is_said_once() -> None:
    """The package's page and the citation name the same people, licence and addresses."""
    citation = yaml(ROOT / "CITATION.cff")
    assert [each["name"] for each in citation["authors"]] == [each["name"] for each in PROJECT["authors"]]
    assert citation["license"] == PROJECT["license"]
    assert citation["url"] == PROJECT["urls"]["Homepage"]
    assert citation["repository-code"] == PROJECT["urls"]["Source"]
    assert {"Documentation", "Issues", "Changelog"} < set(PROJECT["urls"])
    assert all(address.startswith("https://") for address in PROJECT["urls"].values())
    assert set(citation["keywords"]) <= set(PROJECT["keywords"])


def test_the_log_of_changes_speaks_to_three_kinds_of_people() -> None:
    """One line for each thing, sorted by who notices it."""
    section = read("CHANGELOG.md").split("\n## ")[1]
    assert re.findall(r"^### (.+)$", section, re.MULTILINE) == [
        "For readers",
        "For statisticians",
        "For those who run it",
    ]
    _, *groups = section.split("\n### ")
    lines = [line for group in groups for line in group.splitlines()[1:] if line]
    assert [line for line in lines if not re.fullmatch(r"- [A-Z`].{20,140}\.", line)] == []


# --- workflows and forms ---------------------------------------------------------------------------------------------
def test_every_python_that_is_promised_is_tested() -> None:
    """The classifiers, the least version and the matrix are of the same Pythons."""
    jobs = yaml(WORKFLOWS[0])["jobs"]
    assert PYTHONS == jobs["linux"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert PROJECT["requires-python"] == f">={PYTHONS[0]}"


def test_only_systems_that_are_not_supported_yet_may_fail() -> None:
    """A red Linux stops a change; Windows and macOS show what is missing."""
    jobs = yaml(WORKFLOWS[0])["jobs"]
    assert [name for name, job in jobs.items() if "continue-on-error" in job] == ["other-systems"]
    assert jobs["other-systems"]["continue-on-error"] is True
    assert set(jobs["other-systems"]["strategy"]["matrix"]["system"]) == {"macos-latest", "windows-latest"}


MAY = {("contents", "read"), ("pages", "write"), ("id-token", "write")}
"""Reading the repository, and handing a finished site to GitHub Pages."""


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_read_and_no_more(workflow: Path) -> None:
    """Neither a moved tag of an action nor what somebody types can make it do something else."""
    document = yaml(workflow)
    granted = [document["permissions"], *(job.get("permissions", {}) for job in document["jobs"].values())]
    assert {(scope, right) for rights in granted for scope, right in rights.items()} <= MAY
    used = re.findall(r"uses: (.*)", workflow.read_text("utf-8"))
    assert [
        each for each in used if not re.fullmatch(r"[\w-]+/[\w-]+@([0-9a-f]{40} # v[\d.]+|v\d+\.\d+\.\d+)", each)
    ] == []
    assert len(used) == sum("uses" in step for step in steps(workflow)) > 0
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_makes_can_be_made(workflow: Path) -> None:
    """A target that was renamed would be found only after a push."""
    assert make_targets(" ".join(step.get("run", "") for step in steps(workflow))) <= TARGETS


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("citation-file-format", ROOT / "CITATION.cff"),
        ("github-issue-config", FORMS / "config.yml"),
        *(("github-issue-forms", path) for path in sorted(FORMS.glob("*.yml")) if path.stem != "config"),
        *(("github-workflows", path) for path in WORKFLOWS),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_what_others_read_is_in_their_form(kind: str, path: Path) -> None:
    """GitHub shows nothing of a form with a fault in it, and runs no such workflow; it says so only after a push."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{kind}", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_fault_report_says_that_numbers_of_patients_stay_away() -> None:
    """Issues are public."""
    first = yaml(FORMS / "fault.yml")["body"][0]
    assert "Never write a number of patients" in first["attributes"]["value"]
    assert "SECURITY.md" in first["attributes"]["value"]


def test_hooks_run_what_tests_install() -> None:
    """Each hook's program comes with `make test`, and its files are there."""
    extra = {canonicalize_name(Requirement(each).name) for each in PROJECT["optional-dependencies"]["test"]}
    (local,) = yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert local["repo"] == "local"
    for hook in local["hooks"]:
        program, *arguments = hook["entry"].split()
        assert program.startswith(".venv/bin/")
        assert Path(program).name in {"python", *extra}
        assert [name for name in arguments if name.endswith(".py") and not (ROOT / name).is_file()] == []


# --- editors and containers ------------------------------------------------------------------------------------------
def test_files_are_as_editors_leave_them() -> None:
    """UTF-8, line feeds, one at the end, no blanks at the end of a line; deliveries stay as they came."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name and Path(name).suffix not in {".png", ".parquet"}]
    texts = {
        path: path.read_bytes().decode()
        for path in paths
        if path.is_file() and not {"data", "bibliographies"} & {*path.parts}
    }
    assert [str(path) for path, text in texts.items() if re.search(r"\r|[ \t]$", text, re.MULTILINE)] == []
    assert [str(path) for path, text in texts.items() if text and not text.endswith("\n")] == []


def test_editors_and_ruff_have_one_length_of_line() -> None:
    """An editor that breaks lines elsewhere than Ruff would undo its work."""
    ruff = tomllib.loads(read("pyproject.toml"))["tool"]["ruff"]
    assert f"max_line_length = {ruff['line-length']}\n" in read(".editorconfig")


def test_the_container_makes_the_site_as_somebody_without_rights() -> None:
    """On a Python that is tested, by a target that exists, and not as root."""
    lines = read("Dockerfile").splitlines()
    base = re.fullmatch(r"FROM python:(3\.\d+)-slim AS tools", next(line for line in lines if line.startswith("FROM")))
    assert base is not None
    assert base[1] in PYTHONS
    made = lines.index("RUN make site")
    users = [line for line in lines[:made] if line.startswith("USER ")]
    assert users[-1:] == ["USER kvalreg"]
    assert make_targets("\n".join(lines)) <= TARGETS


def test_a_container_holds_nothing_that_git_does_not() -> None:
    """The ledger holds true counts, and an image is copied to many machines."""
    kept_out = {line.removeprefix("**/") for line in read(".dockerignore").splitlines()}
    assert {line.strip("/") for line in read(".gitignore").splitlines()} | {".git"} <= kept_out


def test_the_devcontainer_is_built_of_the_dockerfile() -> None:
    """One list of tools for both."""
    document = json.loads(read(".devcontainer/devcontainer.json"))
    build = document["build"]
    assert (ROOT / ".devcontainer" / build["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert f" AS {build['target']}\n" in read("Dockerfile")
    assert make_targets(document["postCreateCommand"]) == {"site"}


# --- versions and hashes ---------------------------------------------------------------------------------------------
def pinned(name: str) -> dict[str, str]:
    """Versions by normalised name, of constraints.txt or requirements.txt."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", read(name), re.MULTILINE)
    return {canonicalize_name(each): version for each, version in found}


def needed(name: str) -> set[str]:
    """Every package that an installed one needs here, by the metadata of those that are installed."""
    found: set[str] = {canonicalize_name(name)}
    due = [name]
    while due:
        wanted = [Requirement(each) for each in requires(due.pop()) or ()]
        names = {
            canonicalize_name(each.name)
            for each in wanted
            if each.marker is None or each.marker.evaluate({"extra": ""})
        }
        due += names - found
        found |= names
    return found


def test_every_pinned_file_has_its_hash() -> None:
    """pip refuses the whole list when one package lacks it; nobody's package registry is named."""
    entries = re.split(r"\n(?=\S)", read("requirements.txt").strip())
    entries = [entry for entry in entries if not entry.startswith("#")]
    right = r"[a-z0-9-]+==[\w.]+( ; [^\n\\]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+"
    assert [entry.splitlines()[0] for entry in entries if not re.fullmatch(right, entry)] == []
    assert len(entries) == len(pinned("requirements.txt"))


def test_hashes_are_of_the_versions_that_are_tested() -> None:
    """After a change of constraints.txt or of pyproject.toml: make requirements."""
    tested = pinned("constraints.txt")
    assert {name: tested.get(name) for name in pinned("requirements.txt")} == pinned("requirements.txt")


def test_every_package_that_is_needed_has_its_hashes() -> None:
    """Those of pyproject.toml, and all that these need; nothing that only tests need."""
    wanted = {canonicalize_name(Requirement(each).name) for each in PROJECT["dependencies"]}
    needs = set().union(*(needed(name) for name in wanted))
    assert needs <= set(pinned("requirements.txt"))
    assert "pytest" not in pinned("requirements.txt")
