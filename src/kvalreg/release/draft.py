"""A draft: the whole site with numbers that nobody has approved yet, beside the one that can be published.

Comes in: a project. Goes out: the same project with a place of its own, `_build/drafting`, that begins with what has
been built, and `_build/draft` for its site. Neither the ledger nor what can be published is touched.
"""

from __future__ import annotations

import shutil

from kvalreg.project import Project


def prepare_draft(project: Project) -> Project:
    """The draft's project, with the cells and pages of every registry as they were built last."""
    draft = project.draft
    for built, mine in ((project.published, draft.published), (project.accepted, draft.accepted)):
        shutil.rmtree(mine, ignore_errors=True)
        if built.is_dir():
            shutil.copytree(built, mine)
    return draft
