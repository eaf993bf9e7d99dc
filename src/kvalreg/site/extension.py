"""A project's own copy of the Quarto extension: does it fit the pages of this version of kvalreg?

Input: a project. Output: nothing, or an error with what its copy lacks. Pages and scripts belong together: with scripts
of an earlier version charts stay empty, without any message.
"""

from __future__ import annotations

from pathlib import Path

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, Diagnostic
from kvalreg.inputs.yaml_file import read_yaml
from kvalreg.project import Project, shared_root

_SETTINGS_FILE = "_extension.yml"


def check_extension(project: Project) -> None:
    """Check that a project's own `_extensions/kvalreg`, where it has one, has this version's number and scripts.

    Its style sheets and templates may differ in any way: changing the site's look is what a copy is for.

    Raises
    ------
    ConfigurationError
        It is of another version, or a script or filter that pages need is missing.
    """
    shipped, project_copy = shared_root() / "_extensions" / "kvalreg", project.extension
    if project_copy.resolve() == shipped.resolve():
        return
    expected_version, version = _version(shipped), _version(project_copy)
    # style sheets are not required: scripts and filters are what pages of this version need
    required_files = (path.name for pattern in ("*.js", "*.lua") for path in shipped.glob(pattern))
    missing = sorted(name for name in required_files if not (project_copy / name).is_file())
    problems = []
    if version != expected_version:
        problems.append(f"It is of version {version or 'none'}, and the pages are made for version {expected_version}.")
    if missing:
        problems.append(f"It has no {', '.join(missing)}, without which charts and tables stay as they are printed.")
    if problems:
        hint = f"Copy {shipped} anew and make your changes again, or remove yours: then the shipped one is used."
        display_path = project.display_path(project_copy)
        raise ConfigurationError(
            Diagnostic(problem, hint, display_path, code=DiagnosticCode.EXTENSION_OUTDATED) for problem in problems
        )


def _version(extension: Path) -> str:
    settings = extension / _SETTINGS_FILE
    if not settings.is_file():
        return ""
    data = read_yaml(settings, str(settings)).data
    return str(data.get("version", "")) if isinstance(data, dict) else ""
