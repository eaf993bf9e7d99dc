"""Plan the pages of a registry, and the notebook of each.

Input: the registry's published results. Output: jobs, each with the four parameters of a report notebook. Notebooks are
checked here, before any of them runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kvalreg.disclosure.published import PublishedResults
from kvalreg.errors import ConfigurationError
from kvalreg.execution.notebook_lint import lint_report_notebook
from kvalreg.project import Project
from kvalreg.report.report import rounds
from kvalreg.report.translation import get_translator
from kvalreg.urls import localized_page, registry_page, year_page


@dataclass(frozen=True)
class Job:
    """One page to execute.

    Parameters
    ----------
    kind
        ``registry`` or ``year``: the name of the report notebook.
    address
        The page's source address, ``registre/slag/2025/index.qmd``.
    title, breadcrumb
        The page's title, and the titles and sources of the pages above it.
    translated
        Whether the page is in another language than the registry's own.
    """

    kind: str
    notebook: Path
    registry: str
    year: int
    round: str
    language: str
    address: str
    title: str
    breadcrumb: tuple[tuple[str, str], ...]
    synthetic: bool
    translated: bool = False

    @property
    def parameters(self) -> dict[str, str | int]:
        """The values for papermill: all of `notebook_lint.PARAMETERS`."""
        return {"registry": self.registry, "year": self.year, "round": self.round, "language": self.language}

    @property
    def name(self) -> str:
        """The job in a message: ``slag 2025``, ``slag 2026 interim``, ``slag``, ``slag 2025 en``."""
        parts = [self.registry] if self.kind == "registry" else [self.registry, str(self.year)]
        parts += ["interim"] if self.kind != "registry" and self.round == "interim" else []
        return " ".join([*parts, self.language] if self.translated else parts)


def plan_jobs(published: PublishedResults, project: Project) -> list[Job]:
    """Every page of a registry, in each of its languages: its own page, and one for each year and round, newest first.

    The registry's page shows the newest final year, or the newest year when none is final. Pages in a language other
    than the registry's own are in that language's folder: ``en/registre/<id>/``.
    """
    years = rounds(published)[::-1]
    if not years:
        return []
    return [job for language in published.registry.languages for job in _plan_language(published, project, language)]


def _plan_language(published: PublishedResults, project: Project, language: str) -> list[Job]:
    """A registry's own page and its years' pages in one language."""
    registry = published.registry
    translator = get_translator(language, registry.language)
    years = rounds(published)[::-1]
    newest_year, newest_round = next((year for year in years if year[1] == "final"), years[0])
    registry_address = registry_page(registry.id)
    root_crumb = (translator("page.registries"), "registre/index.qmd")

    def localize(address: str) -> str:
        return address if language == registry.language else localized_page(address, language)

    # what differs between the pages of one registry and language are these five values
    def make_job(kind: str, year: int, round_: str, address: str, title: str) -> Job:
        parent_crumbs = () if kind == "registry" else ((registry.short_name, localize(registry_address)),)
        return Job(
            kind=kind,
            notebook=project.notebook(kind, registry.id),
            registry=registry.id,
            year=year,
            round=round_,
            language=language,
            address=localize(address),
            title=title,
            breadcrumb=(root_crumb, *parent_crumbs),
            synthetic=registry.synthetic,
            translated=language != registry.language,
        )

    # keys of the message catalogue: a year-to-date page says so in its title
    title_keys = {"interim": "page.interim_title", "final": "page.year_title"}
    pages = [
        make_job(
            "year",
            year,
            round_,
            year_page(registry.id, year, round_),
            translator(title_keys[round_], name=registry.name, year=year),
        )
        for year, round_ in years
    ]
    return [make_job("registry", newest_year, newest_round, registry_address, registry.name), *pages]


def check_notebooks(notebooks: Iterable[Path], project: Project) -> None:
    """Refuse report notebooks that break a rule, before anything runs: see `kvalreg.execution.notebook_lint`.

    Raises
    ------
    ConfigurationError
        With every diagnostic of every notebook: papermill itself only warns of a wrong parameter.
    """
    diagnostics = [
        diagnostic
        for path in sorted(set(notebooks))
        for diagnostic in lint_report_notebook(path, project.display_path(path))
    ]
    if diagnostics:
        raise ConfigurationError(diagnostics)
