"""The first stage: the project's own files, read and checked before anything runs.

Comes in: a project and a request. Goes out: `RunInputs`, with each descriptor's faults by registry: they are that
registry's alone. A fault in a file that all registries share stops the run.
"""

from __future__ import annotations

from dataclasses import dataclass

from kvalreg.disclosure.ledger import published_files
from kvalreg.disclosure.published import load_source
from kvalreg.errors import Diagnostic, UsageError
from kvalreg.inputs.approval import DeliveryScope
from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import Registry
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.site_descriptor import read_site_descriptor
from kvalreg.inputs.slugs import read_slugs
from kvalreg.inputs.units import Units, read_units
from kvalreg.project import Project
from kvalreg.request import BuildRequest
from kvalreg.site.extension import check_extension


@dataclass(frozen=True)
class RunInputs:
    """The project's own files, read.

    Parameters
    ----------
    registries, faults
        Good descriptors, and the faults of the others, by registry.
    chosen
        The registries of this run, by id.
    """

    units: Units
    registries: dict[str, Registry]
    faults: dict[str, tuple[Diagnostic, ...]]
    chosen: list[str]
    unknown_units: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE
    which: DeliveryScope = DeliveryScope.APPROVED


def read_inputs(project: Project, request: BuildRequest) -> RunInputs:
    """Read what all registries share, and every descriptor.

    Raises
    ------
    UsageError, ConfigurationError
        An unknown registry, or a fault in a file that all share.
    """
    read_site_descriptor(project)
    check_extension(project)
    units = read_units(project.units, project.display_path(project.units))
    read_slugs(project.slugs, project.display_path(project.slugs))
    registries, faults = read_descriptors(project, lambda: _indicator_owners(project))
    chosen = _chosen(request.registries, {*registries, *faults})
    return RunInputs(units, registries, faults, chosen, request.unknown_units, request.scope)


def _indicator_owners(project: Project) -> dict[str, str]:
    """The indicator ids that are taken, and by which registry: who had one first keeps it."""
    sources = [load_source(path.stem, project.published) for path in published_files(project)]
    return {
        indicator.id: source.registry.id
        for source in sources
        if source is not None
        for indicator in source.registry.indicators
    }


def _chosen(requested: tuple[str, ...], registries: set[str]) -> list[str]:
    known = sorted(registries)
    for registry in requested:
        if registry not in known:
            raise UsageError(f"There is no registry {registry!r}. This project has: {', '.join(known) or 'none'}.")
    if not known:
        raise UsageError("This project has no registry: make registries/<id>/registry.yml first.")
    return list(dict.fromkeys(requested)) or known
