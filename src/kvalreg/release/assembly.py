"""The site of all registries, made so that one registry's fault is its own.

Comes in: where each registry stands, and what makes the site. Goes out: the site in its place. What fails is made again
without it: a registry that is at fault goes on with its last good result, and one whose last good result fails as well
is left out. Where nothing tells whose a fault is, it is looked for among the registries that are new in this build.
Only a fault that all share stops the site.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kvalreg.batch.diagnosis import diagnose, is_shared
from kvalreg.batch.last_good import Standing, failure
from kvalreg.errors import Fault, RegistriesError, RendererError
from kvalreg.kinds import Kind
from kvalreg.release.approval import refuse, registry_of

Attempt = Callable[[], list[Fault]]
"""Makes the site of every registry as it stands, and puts it in place; remarks on what was met."""


_MOST_TRIALS = 16
"""So often the site is made to find out whose a fault is; one of 1,000 new registries is found in 11 trials."""


def assemble(attempt: Attempt, standing: Standing) -> list[Fault]:
    """Make the site of all registries that can be released.

    Raises
    ------
    DisclosureError, SiteError
        When what is wrong is no registry's own, or no registry would be left.
    KvalregError, Exception
        Any other error that is no registry's own.
    """
    trials = _Trials(attempt, standing)
    while True:
        try:
            return attempt()
        except Exception as error:
            found = _by_registry(error, standing)
            if not found:
                found = trials.search(error)
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


@dataclass
class _Trials:
    """The search for whose fault an error is that tells of no registry; `left` says how often it may try yet."""

    attempt: Attempt
    standing: Standing
    left: int = _MOST_TRIALS

    def search(self, error: Exception) -> dict[str, tuple[Fault, ...]]:
        """The registry without whose new result the site can be made.

        Half of the new results are taken back, then half of those that are left: one of 60 is found in 7 trials. Where
        no trial is left, as when many are at fault, all that are suspected are taken back together.
        """
        suspects = self.standing.new()
        if is_shared(error, self.standing.project) or not suspects:
            return {}
        if self.left and not self._works_without(suspects):
            return {}
        while len(suspects) > 1 and self.left:
            half = suspects[: len(suspects) // 2]
            suspects = half if self._works_without(half) else suspects[len(half) :]
        return {name: self._faults(error, name, suspects) for name in suspects}

    def _faults(self, error: Exception, name: str, suspects: Sequence[str]) -> tuple[Fault, ...]:
        told = error.shared if isinstance(error, RegistriesError) else diagnose(error, name, self.standing.project)
        others = ", ".join(one for one in suspects if one != name)
        if not others:
            return told
        todo = (
            f"It may be the fault of another registry, as the new results of these were taken back as well: {others}."
        )
        return tuple(replace(fault, todo=f"{fault.todo} {todo}".strip()) for fault in told)

    def _works_without(self, registries: Sequence[str]) -> bool:
        """Whether the site can be made when these registries stand as they stood before."""
        self.left -= 1
        with self.standing.without(registries):
            try:
                self.attempt()
            except Exception as error:
                if is_shared(error, self.standing.project):
                    raise
                return False
        return True


def _raise(error: Exception) -> None:
    if isinstance(error, RegistriesError):
        refuse(error)
    raise error
