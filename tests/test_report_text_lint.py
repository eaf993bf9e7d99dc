"""Remarks on a registry's own words: which text, where, which sentence, and that they stop nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.units import read_units
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.project import Project
from kvalreg.report.text_lint import registry_texts, text_diagnostics
from kvalreg.workbench.check import CheckRequest, check_project

HARD = "Registreringskomplettheten dokumenterer pasientadministrative systemers gjennomsnittlige dekningsgrad."
CHECKOUT = Path(__file__).parents[1]


def write_purpose(project: Project, purpose: str) -> None:
    """Give the registry alfa another purpose."""
    path = project.descriptor("alfa")
    text = path.read_text(encoding="utf-8")
    assert "  purpose: Vi prøver.\n" in text
    path.write_text(text.replace("  purpose: Vi prøver.\n", f"  purpose: '{purpose}'\n"), encoding="utf-8")


def html_remarks(project: Project) -> list[Diagnostic]:
    """What the check says of HTML in alfa's texts."""
    found = check_project(project, CheckRequest(date(2025, 3, 1), ("alfa",)))
    return [finding.diagnostic for finding in found.findings if finding.diagnostic.code is DiagnosticCode.HTML_REMOVED]


def test_a_hard_text_is_a_warning_with_file_key_and_sentence(project: Project) -> None:
    """check names file, line, key and the sentence that weighs most, and succeeds all the same."""
    write_purpose(project, f"Vi prøver. {HARD}")
    found = check_project(project, CheckRequest(date(2025, 3, 1)))
    assert found.exit_code == 0
    (remark,) = [finding.diagnostic for finding in found.findings if "LIX" in finding.diagnostic.message]
    line = 1 + project.descriptor("alfa").read_text("utf-8").splitlines().index(f"  purpose: 'Vi prøver. {HARD}'")
    assert str(remark).startswith(f"registries/alfa/registry.yml:{line}: about.purpose: The text is hard to read: LIX ")
    assert f"«{HARD}»" in remark.message
    assert "«Vi prøver.»" not in remark.message


@pytest.mark.parametrize(
    "purpose", ["Vi <b>prøver</b>.", "<script>x</script> Vi prøver.", "Vi <!-- kanskje --> prøver."]
)
def test_html_in_a_text_is_remarked(project: Project, purpose: str) -> None:
    """Taking out what somebody wrote is told to them."""
    write_purpose(project, purpose)
    (remark,) = html_remarks(project)
    assert remark.key == "about.purpose"


def test_signs_and_addresses_are_no_html(project: Project) -> None:
    """p < 0.05 and a bare address in angle brackets are fine."""
    write_purpose(project, "Vi prøver p <0,05 og 3 < 4 > 2. Se <https://example.org/a>.")
    assert html_remarks(project) == []


def test_the_demo_reads_easily() -> None:
    """Every text of the demo's registries is short and plain; there are many of them."""
    project = Project(CHECKOUT)
    units = read_units(project.units, "units.csv")
    registries, _ = read_descriptors(project)
    seen = 0
    for name, registry in registries.items():
        document = read_yaml(project.descriptor(name), name)
        assert [str(remark) for remark in text_diagnostics(registry, units, document)] == []
        seen += len(list(registry_texts(registry)))
    assert seen > 80
