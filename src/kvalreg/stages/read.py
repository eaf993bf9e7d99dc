"""Stage one: the project's own files, read and validated before anything runs.

Input: a project and a request. Output: `RunInputs`, with the diagnostics of invalid descriptors by registry: each fails
that registry only. An error in a file that all registries share ends the run.
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
    registries, diagnostics
        Valid descriptors, and the diagnostics of the others, by registry.
    selected
        The ids of this run's registries.
    unknown_units, scope
        As in the request.
    """

    units: Units
    registries: dict[str, Registry]
    diagnostics: dict[str, tuple[Diagnostic, ...]]
    selected: list[str]
    unknown_units: UnknownUnitPolicy = UnknownUnitPolicy.REFUSE
    scope: DeliveryScope = DeliveryScope.APPROVED


def read_inputs(project: Project, request: BuildRequest) -> RunInputs:
    """Read what all registries share, and every descriptor.

    Raises
    ------
    UsageError, ConfigurationError
        An unknown registry, or an error in a file that all share.
    """
    # the site's descriptor, the extension and the slugs are read again when the site is assembled; reading them here
    # reports their errors at once, not after an hour of notebooks
    read_site_descriptor(project)
    check_extension(project)
    units = read_units(project.units, project.display_path(project.units))
    read_slugs(project.slugs, project.display_path(project.slugs))
    registries, diagnostics = read_descriptors(project, lambda: _indicator_owners(project))
    selected = _select(request.registries, {*registries, *diagnostics})
    return RunInputs(units, registries, diagnostics, selected, request.unknown_units, request.scope)


def _indicator_owners(project: Project) -> dict[str, str]:
    """By indicator id the registry that has published it: of two registries with one id, that one keeps it."""
    sources = [load_source(path.stem, project.published) for path in published_files(project)]
    return {
        indicator.id: source.registry.id
        for source in sources
        if source is not None
        for indicator in source.registry.indicators
    }


def _select(requested: tuple[str, ...], registries: set[str]) -> list[str]:
    """The registries that were requested, without repetition, or all of them."""
    available = sorted(registries)
    for registry in requested:
        if registry not in available:
            listed = ", ".join(available) or "none"
            raise UsageError(f"There is no registry {registry!r}. This project has: {listed}.")
    if not available:
        raise UsageError("This project has no registry: make registries/<id>/registry.yml first.")
    return list(dict.fromkeys(requested)) or available
