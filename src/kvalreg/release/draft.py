"""A draft: the whole site with numbers that nobody has approved yet, beside the one that can be published.

Comes in: a project. Goes out: the same project with a place of its own, `_build/drafting`, that begins with what has
been built, and `_build/draft` for its site. Neither the ledger nor what can be published is touched. Nobody but their
owner may enter either; a site that goes elsewhere, with ``--output``, is for whoever may read that place.
"""

from __future__ import annotations

import shutil

from kvalreg.private_files import keep_private, private_folder
from kvalreg.project import Project


def prepare_draft(project: Project) -> Project:
    """The draft's project, with the cells and pages of every registry as they were built last."""
    draft = project.draft
    keep_private(draft)
    if project.output is None:
        private_folder(draft.site.with_name(f".{draft.site.name}"))
    for built, mine in ((project.published, draft.published), (project.accepted, draft.accepted)):
        shutil.rmtree(mine, ignore_errors=True)
        if built.is_dir():
            shutil.copytree(built, mine)
    return draft
