"""Registry ids as people type them: refused, with the ids that exist, where there is no such registry.

Input: ids, and a project or its known ids. Output: the ids to work on, or a `UsageError`.
"""

from __future__ import annotations

from collections.abc import Sequence

from kvalreg.errors import UsageError
from kvalreg.inputs.text_file import quote
from kvalreg.project import Project


def select_registries(requested_ids: Sequence[str], known_ids: Sequence[str]) -> list[str]:
    """The requested ids, each once, or all known ones where none is requested.

    Raises
    ------
    UsageError
        When a requested id is not known.
    """
    for registry_id in requested_ids:
        if registry_id not in known_ids:
            listed = ", ".join(known_ids) or "none"
            raise UsageError(f"There is no registry {quote(registry_id)}. This project has: {listed}.")
    return list(dict.fromkeys(requested_ids)) or list(known_ids)


def require_registry(registry_id: str, project: Project) -> None:
    """Refuse an id that is no registry of the project; descriptors are not read, so that faulty ones count."""
    select_registries([registry_id], [path.parent.name for path in project.descriptors()])
