"""The last build as one memoized stage: for the same request and unchanged files, its result is returned again.

Light to import: such a build ends before pandas is loaded.
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
    """A build's parameters as JSON: the request, whether results are due, and which Quarto it would find."""
    variables = [os.environ.get(name, "") for name in ("KVALREG_QUARTO", "QUARTO_PATH", "PATH")]
    # pages say whether last year's results are late; the date counts only where it changes that
    final, _ = deadlines(day := today())
    due = [final.year, final.status((), day)]
    return json.dumps([list(registries), list(years), renderer, skip_unknown_units, *due, *variables])


def unchanged_result(project: Project, parameters: str, memo: Memo) -> RunResult | None:
    """The result of the last build, when it succeeded and another one would have the same result; otherwise None."""
    stored = memo.get(WHOLE, _NAME, _key(project, parameters, memo))
    return None if stored is None else RunResult.from_dict(stored, project.site)


def save_result(project: Project, parameters: str, result: RunResult, memo: Memo) -> None:
    """Store the result of a build that succeeded; after a failure, the next build tries again."""
    if result.exit_code:
        memo.prune(WHOLE, ())
    else:
        memo.put(WHOLE, _NAME, _key(project, parameters, memo), result.to_dict())
    memo.close()


def _key(project: Project, parameters: str, memo: Memo) -> str:
    return memo.key(_inputs(project), parameters, _outputs(project))


def _inputs(project: Project) -> Iterator[Path]:
    """Everything in the project's folder that is not generated: also files that no stage reads, to be safe."""
    # hidden files, such as those of git and editors, decide nothing that a build does
    generated = {project.build_folder, project.site, project.public}
    for path in sorted(project.root.iterdir()):
        if path not in generated and path.name not in _GENERATED and not path.name.startswith("."):
            yield path


def _outputs(project: Project) -> str:
    """The digest of what builds and publications have written, by name, size and time.

    A page or site that somebody has changed is therefore built again. What commands write that change nothing, such as
    `status`, `check`, `audit`, `diff` and `preview`, is excluded.
    """
    draft = project.draft
    excluded = {
        *(project.cache, project.logs, project.lock, project.run_report, project.audit_cache, project.lint_cache),
        *(project.status_page.parent, draft.build_folder, draft.site, draft.site.with_name(f".{draft.site.name}")),
        *(project.workbench, *(project.staging / name for name in QUARTO_GENERATED)),
    }
    roots = (project.build_folder, project.site, project.public)
    files = (f"{path}={stat.st_size},{stat.st_mtime_ns}" for root in roots for path, stat in walk(root, excluded))
    return digest_of(sorted(files))
