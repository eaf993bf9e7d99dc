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
    """The search for whose fault an error is that tells of no registry.

    Parameters
    ----------
    left
        How often the site may still be made for it.
    suspects
        The registries among whose new results all culprits are, once that is known: it can be made without these.
    """

    attempt: Attempt
    standing: Standing
    left: int = _MOST_TRIALS
    suspects: list[str] | None = None

    def search(self, error: Exception) -> dict[str, tuple[Fault, ...]]:
        """A registry that is at fault for certain; none where the fault is shared.

        New results are taken back from the first on: the site can be made as soon as the last culprit is among them.
        How many that are is found by halving, one of 60 in 7 trials. Where no trial is left, as when many are at fault,
        all that are suspected are taken back together.
        """
        new = self.standing.new()
        suspects = new if self.suspects is None else [name for name in self.suspects if name in new]
        if is_shared(error, self.standing.project) or not suspects:
            return {}
        if self.suspects is None and not self._works_without(suspects):
            return {}
        too_few, enough = 0, len(suspects)
        while enough - too_few > 1 and self.left:
            middle = (too_few + enough) // 2
            if self._works_without(suspects[:middle]):
                enough = middle
            else:
                too_few = middle
        self.suspects = suspects[:enough]
        found = [suspects[enough - 1]] if enough - too_few == 1 else self.suspects
        return {name: self._faults(error, name, found) for name in found}

    def _faults(self, error: Exception, name: str, suspects: Sequence[str]) -> tuple[Fault, ...]:
        told = error.shared if isinstance(error, RegistriesError) else diagnose(error, name, self.standing.project)
        if len(suspects) == 1:
            return told
        others = len(suspects) - 1
        todo = f"It may be another registry's fault: the new results of {others} others were taken back with it."
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
