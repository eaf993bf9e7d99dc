"""The last build as a whole: when it was asked for the same and nothing has changed since, its result is told again.

Light to import, so that such a build takes no time.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from kvalreg.clock import today
from kvalreg.inputs.rounds import deadlines
from kvalreg.project import QUARTO_GENERATED, Project
from kvalreg.run_result import RunResult
from kvalreg.storage.content_store import ContentStore
from kvalreg.storage.fingerprint import digest_of, walk
from kvalreg.storage.memo import WHOLE, Memo

UNCHANGED = "Nothing has changed since the last build."
_NAME = "result"
_GENERATED = ("_build", "_site", "_public")


def open_memo(project: Project, *, use_cache: bool = True) -> Memo:
    """The memo of a project's builds."""
    return Memo(ContentStore(project.cache), project.root / "data", use_cache=use_cache)


def parameters_of(registries: Iterable[str], years: Iterable[int], renderer: str, *, skip_unknown_units: bool) -> str:
    """What a build is asked for, whether this year's results are due by now, and which Quarto it would find."""
    variables = [os.environ.get(name, "") for name in ("KVALREG_QUARTO", "QUARTO_PATH", "PATH")]
    final, _ = deadlines(day := today())
    due = [final.year, final.status((), day)]
    return json.dumps([list(registries), list(years), renderer, skip_unknown_units, *due, *variables])


def unchanged_result(project: Project, parameters: str, memo: Memo) -> RunResult | None:
    """The result of the last build, when it succeeded and would come to the same now."""
    stored = memo.get(WHOLE, _NAME, _key(project, parameters, memo))
    return None if stored is None else RunResult.from_dict(stored, project.site)


def save_result(project: Project, parameters: str, result: RunResult, memo: Memo) -> None:
    """Keep the result of a build that succeeded."""
    if result.exit_code:
        memo.prune(WHOLE, ())
    else:
        memo.put(WHOLE, _NAME, _key(project, parameters, memo), result.to_dict())
    memo.close()


def _key(project: Project, parameters: str, memo: Memo) -> str:
    return memo.key(_inputs(project), parameters, _outputs(project))


def _inputs(project: Project) -> Iterator[Path]:
    """Everything in the project's folder that was not generated."""
    generated = {project.build_folder, project.site, project.public}
    for path in sorted(project.root.iterdir()):
        if path not in generated and path.name not in _GENERATED and not path.name.startswith("."):
            yield path


def _outputs(project: Project) -> str:
    """What builds and publications have made, by name, size and time; not what those leave who only look."""
    draft = project.draft
    excluded = {
        *(project.cache, project.logs, project.lock, project.run_report, project.audit_cache, project.lint_cache),
        *(project.status_page.parent, draft.build_folder, draft.site, draft.site.with_name(f".{draft.site.name}")),
        *(project.workbench, *(project.staging / name for name in QUARTO_GENERATED)),
    }
    roots = (project.build_folder, project.site, project.public)
    files = (f"{path}={stat.st_size},{stat.st_mtime_ns}" for root in roots for path, stat in walk(root, excluded))
    return digest_of(sorted(files))
