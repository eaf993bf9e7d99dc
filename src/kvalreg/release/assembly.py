"""The site of all registries, made so that one registry's fault is its own.

Comes in: where each registry stands, and what makes the site. Goes out: the site in its place. What fails is made again
without it: a registry that is at fault goes on with its last good result, and one whose last good result fails as well
is left out. Where nothing tells whose a fault is, it is looked for among the registries that are new in this build.
Only a fault that all share stops the site.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from kvalreg.batch.diagnosis import diagnose, is_shared
from kvalreg.batch.last_good import Standing, failure
from kvalreg.errors import Fault, RegistriesError, RendererError
from kvalreg.kinds import Kind
from kvalreg.release.approval import refuse, registry_of

Attempt = Callable[[], list[Fault]]
"""Makes the site of every registry as it stands, and puts it in place; remarks on what was met."""


def assemble(attempt: Attempt, standing: Standing) -> list[Fault]:
    """Make the site of all registries that can be released.

    Raises
    ------
    DisclosureError, SiteError
        When what is wrong is no registry's own, or no registry would be left.
    KvalregError, Exception
        Any other error that is no registry's own.
    """
    while True:
        try:
            return attempt()
        except Exception as error:
            found = _by_registry(error, standing)
            if not found:
                found = _search(attempt, standing, error)
            answered = [standing.fail(name, [failure(name, faults)]) for name, faults in found.items()]
            if not any(answered) or not standing.shown():
                _raise(error)


def _by_registry(error: Exception, standing: Standing) -> dict[str, tuple[Fault, ...]]:
    """Whose the faults are, as far as they tell."""
    if isinstance(error, RegistriesError):
        return error.faults
    if not isinstance(error, RendererError):
        return {}
    found: dict[str, list[Fault]] = {}
    for page, what in error.pages.items():
        fault = Fault(f"The renderer refuses the page: {what}.", "Remove it.", page, kind=Kind.PAGE_REFUSED)
        registry = registry_of(fault, standing.project)
        if registry:
            found.setdefault(registry, []).append(fault)
    return {registry: tuple(faults) for registry, faults in found.items()}


def _search(attempt: Attempt, standing: Standing, error: Exception) -> dict[str, tuple[Fault, ...]]:
    """Whose fault an error is that tells of no registry: the one without whose new result the site can be made.

    Half of the new results are taken back, then half of those that are left: one of 60 is found in 7 attempts.
    """
    suspects = standing.new()
    if is_shared(error, standing.project) or not suspects or not _works_without(suspects, attempt, standing):
        return {}
    while len(suspects) > 1:
        half = suspects[: len(suspects) // 2]
        suspects = half if _works_without(half, attempt, standing) else suspects[len(half) :]
    (culprit,) = suspects
    if isinstance(error, RegistriesError):
        return {culprit: error.shared}
    return {culprit: diagnose(error, culprit, standing.project)}


def _works_without(registries: Sequence[str], attempt: Attempt, standing: Standing) -> bool:
    """Whether the site can be made when these registries stand as they stood before."""
    with standing.without(registries):
        try:
            attempt()
        except Exception as error:
            if is_shared(error, standing.project):
                raise
            return False
    return True


def _raise(error: Exception) -> None:
    if isinstance(error, RegistriesError):
        refuse(error)
    raise error
