"""A draft: the whole site with numbers that nobody has approved yet, beside the one that can be published.

Comes in: a project. Goes out: the same project with a place of its own, `_build/drafting`, that begins with what has
been built, and `_build/draft` for its site. Neither the ledger nor what can be published is touched. Nobody but their
owner may enter either; a site that goes elsewhere, with ``--output``, is for whoever may read that place.
"""

from __future__ import annotations

import shutil

from kvalreg.project import Project
from kvalreg.storage.permissions import make_private_folder, secure_project


def prepare_draft(project: Project) -> Project:
    """The draft's project, with the cells and pages of every registry as they were built last."""
    draft = project.draft
    secure_project(draft)
    if project.output is None:
        make_private_folder(draft.site.with_name(f".{draft.site.name}"))
    for source, target in ((project.published, draft.published), (project.last_good_pages, draft.last_good_pages)):
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target)
    return draft
