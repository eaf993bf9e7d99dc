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
from kvalreg.report.addresses import registry_page, year_page
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

    @property
    def parameters(self) -> dict[str, str | int]:
        """What papermill is given: every one of `hygiene.PARAMETERS`."""
        return {"registry": self.registry, "year": self.year, "round": self.round, "language": self.language}

    @property
    def name(self) -> str:
        """The job in a message: ``slag 2025``, ``slag 2026 interim``, ``slag``."""
        if self.kind == "registry":
            return self.registry
        return f"{self.registry} {self.year}" + (" interim" if self.round == "interim" else "")


def plan(published: Published, project: Project) -> list[Job]:
    """Every page of a registry: one per year and round, newest first, and the registry's own page.

    The registry's page tells of the newest final year, or of the newest year when none is final.
    """
    registry = published.registry
    say = words(registry.language)
    years = rounds(published)[::-1]
    if not years:
        return []
    top = ("Registre", "registre/index.qmd")
    jobs = []
    for year, round_ in years:
        key = "page.interim_title" if round_ == "interim" else "page.year_title"
        jobs.append(
            Job(
                kind="year",
                notebook=project.notebook("year", registry.id),
                registry=registry.id,
                year=year,
                round=round_,
                language=registry.language,
                address=year_page(registry.id, year, round_),
                title=say(key, name=registry.name, year=year),
                breadcrumb=(top, (registry.short_name, registry_page(registry.id))),
                synthetic=registry.synthetic,
            )
        )
    newest, round_ = next((y for y in years if y[1] == "final"), years[0])
    front = Job(
        kind="registry",
        notebook=project.notebook("registry", registry.id),
        registry=registry.id,
        year=newest,
        round=round_,
        language=registry.language,
        address=registry_page(registry.id),
        title=registry.name,
        breadcrumb=(top,),
        synthetic=registry.synthetic,
    )
    return [front, *jobs]


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
