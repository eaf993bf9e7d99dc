"""Editions made by the product for the attacker: whole sites, or only the open data of what passes the gate.

The only module of the attack that imports kvalreg.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from attacker_truth import Row
from kvalreg.disclosure.gate import apply_gate
from kvalreg.disclosure.ledger import commit_edition, prepare_edition, read_editions, save_edition
from kvalreg.disclosure.published import RegistrySource, save_published
from kvalreg.errors import DiagnosticsError
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import RegistryDeliveries
from kvalreg.inputs.units import read_units
from kvalreg.project import Project
from kvalreg.release.history import save_snapshot
from kvalreg.site.open_files import open_files, registry_files
from kvalreg.site.site_model import PublishedRegistry, Site
from kvalreg.statistics.aggregation import aggregate


def publish_cells(root: Path, registry_id: str, edition: str, rows: Sequence[Row]) -> Path | str:
    """Put rows of a project's registry through the gate; the folder of its open data, or why it was refused.

    The rows go past the checks of a delivery. No page is made.
    """
    project = Project(root)
    units = read_units(project.units, "units.csv")
    registry = read_descriptors(project)[0][registry_id]
    known = [row for row in rows if row.orgnr in units]
    table = pd.DataFrame(known, columns=list(Row._fields)).assign(provisional=False, delivery=0)
    results = aggregate(RegistryDeliveries(registry_id, table, (), ()), registry, units)
    source = RegistrySource(registry, units, ())
    try:
        gated = apply_gate(results, source, read_editions(registry_id, project))
    except DiagnosticsError as error:
        return str(error)
    save_published(gated.published, project.published)
    save_edition(gated.edition, registry_id, project.pending_ledger)
    prepare_edition(edition, project)
    commit_edition(edition, project)
    save_snapshot(edition, None, project)
    shown = PublishedRegistry(gated.published, ())
    folder = project.editions / edition
    for name, content in {**open_files(Site((shown,))).files, **registry_files(shown, Site((shown,)))}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def publish_site(root: Path, edition: str) -> Path | str:
    """Build the project's whole site and publish it; the edition's permanent folder, or why it was refused."""
    from kvalreg.pipeline import BuildRequest, build
    from kvalreg.release.publish import publish_edition
    from small_project import Silence

    project = Project(root)
    try:
        account = build(project, BuildRequest(renderer="pandoc", workers=1), Silence())
        failed = [str(entry.error) for entry in account.task_results if not entry.ok]
        if failed:
            return "; ".join(failed)
        publish_edition(edition, project)
    except DiagnosticsError as error:
        return str(error)
    return project.editions / edition
