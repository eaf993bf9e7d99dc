"""Which pages are to be made, and by which notebook.

Comes in: what a registry has published. Goes out: jobs, each with the four parameters of a report notebook. Whether
every notebook is fit to run is asked here, before anything runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kvalreg.batch.hygiene import report_faults
from kvalreg.disclosure.published import Published
from kvalreg.errors import ConfigurationError
from kvalreg.project import Project
from kvalreg.report.addresses import in_language, registry_page, year_page
from kvalreg.report.report import rounds
from kvalreg.report.wording import words


@dataclass(frozen=True)
class Job:
    """One page to make.

    Parameters
    ----------
    kind
        ``registry`` or ``year``: the name of the report notebook.
    address
        The page's source address, ``registre/slag/2025/index.qmd``.
    title, breadcrumb
        What the page is called, and the way to it.
    translated
        True for a page in another language than the registry's own.
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
        """What papermill is given: every one of `hygiene.PARAMETERS`."""
        return {"registry": self.registry, "year": self.year, "round": self.round, "language": self.language}

    @property
    def name(self) -> str:
        """The job in a message: ``slag 2025``, ``slag 2026 interim``, ``slag``, ``slag 2025 en``."""
        parts = [self.registry] if self.kind == "registry" else [self.registry, str(self.year)]
        parts += ["interim"] if self.kind != "registry" and self.round == "interim" else []
        return " ".join([*parts, self.language] if self.translated else parts)


def plan(published: Published, project: Project) -> list[Job]:
    """Every page of a registry, in each of its languages: its own page, and one per year and round, newest first.

    The registry's page tells of the newest final year, or of the newest year when none is final. Pages in a language
    that is offered beside the registry's own lie below that language's folder: ``en/registre/<id>/``.
    """
    years = rounds(published)[::-1]
    if not years:
        return []
    return [job for language in published.registry.languages for job in _of_language(published, project, language)]


def _of_language(published: Published, project: Project, language: str) -> list[Job]:
    """A registry's own page and its years' pages in one language."""
    registry = published.registry
    say = words(language, registry.language)
    years = rounds(published)[::-1]
    newest, newest_round = next((year for year in years if year[1] == "final"), years[0])
    own = registry_page(registry.id)
    top = (say("page.registries"), "registre/index.qmd")

    def addressed(address: str) -> str:
        return address if language == registry.language else in_language(address, language)

    def job(kind: str, year: int, round_: str, address: str, title: str) -> Job:
        above = () if kind == "registry" else ((registry.short_name, addressed(own)),)
        return Job(
            kind=kind,
            notebook=project.notebook(kind, registry.id),
            registry=registry.id,
            year=year,
            round=round_,
            language=language,
            address=addressed(address),
            title=title,
            breadcrumb=(top, *above),
            synthetic=registry.synthetic,
            translated=language != registry.language,
        )

    titles = {"interim": "page.interim_title", "final": "page.year_title"}
    pages = [
        job(
            "year",
            year,
            round_,
            year_page(registry.id, year, round_),
            say(titles[round_], name=registry.name, year=year),
        )
        for year, round_ in years
    ]
    return [job("registry", newest, newest_round, own, registry.name), *pages]


def check_notebooks(notebooks: Iterable[Path], project: Project) -> None:
    """Refuse, before anything runs, report notebooks that are not fit to run: see `kvalreg.batch.hygiene`.

    Raises
    ------
    ConfigurationError
        With every fault of every notebook: papermill itself only warns of a wrong parameter.
    """
    faults = [fault for path in sorted(set(notebooks)) for fault in report_faults(path, project.relative(path))]
    if faults:
        raise ConfigurationError(faults)
