"""A project's own copy of the Quarto extension: is it made for the pages that this kvalreg makes?

Comes in: a project. Goes out: nothing, or what its copy lacks. Pages and scripts belong together: with scripts of an
earlier version charts stay empty, and nothing else would say so.
"""

from __future__ import annotations

from pathlib import Path

from kvalreg.errors import ConfigurationError, Fault
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.kinds import Kind
from kvalreg.project import Project, shared_root

_SETTINGS = "_extension.yml"


def check_extension(project: Project) -> None:
    """See that a project's own `_extensions/kvalreg`, where it has one, has this kvalreg's version and scripts.

    Its looks may differ in everything.

    Raises
    ------
    ConfigurationError
        It is of another version, or a script or filter that pages need is not there.
    """
    shipped, own = shared_root() / "_extensions" / "kvalreg", project.extension
    if own.resolve() == shipped.resolve():
        return
    wanted, found = _version(shipped), _version(own)
    needed = (path.name for pattern in ("*.js", "*.lua") for path in shipped.glob(pattern))
    missing = sorted(name for name in needed if not (own / name).is_file())
    faults = []
    if found != wanted:
        faults.append(f"It is of version {found or 'none'}, and the pages are made for version {wanted}.")
    if missing:
        faults.append(f"It has no {', '.join(missing)}, without which charts and tables stay as they are printed.")
    if faults:
        todo = f"Copy {shipped} anew and make your changes again, or remove yours: then the shipped one is used."
        place = project.relative(own)
        raise ConfigurationError(Fault(what, todo, place, kind=Kind.EXTENSION_OLD) for what in faults)


def _version(extension: Path) -> str:
    settings = extension / _SETTINGS
    if not settings.is_file():
        return ""
    told = read_yaml(settings, str(settings)).data
    return str(told.get("version", "")) if isinstance(told, dict) else ""
