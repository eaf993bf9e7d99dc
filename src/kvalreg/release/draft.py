"""A draft: the complete site with numbers that nobody has approved yet, separate from the one that can be published.

Input: a project. Output: the same project with folders of its own: `_build/drafting`, which starts as a copy of the
last build, and `_build/draft` for its site. Neither the ledger nor what can be published is changed. Only the owner may
enter either; a site that goes elsewhere, with ``--output``, has the permissions of that folder.
"""

from __future__ import annotations

import shutil

from kvalreg.project import Project
from kvalreg.storage.permissions import make_private_folder, secure_project


def prepare_draft(project: Project) -> Project:
    """The draft's project, with the cells and pages of every registry from the last build."""
    draft = project.draft
    secure_project(draft)
    if project.output is None:
        make_private_folder(draft.site.with_name(f".{draft.site.name}"))
    # a registry that fails in the draft shows what was built last, as it would in a build
    for source, target in ((project.published, draft.published), (project.last_good_pages, draft.last_good_pages)):
        shutil.rmtree(target, ignore_errors=True)
        if source.is_dir():
            shutil.copytree(source, target)
    return draft
