"""The site of all registries, made so that one registry's fault is its own.

Comes in: where each registry stands, and what makes the site. Goes out: the site in its place. What fails is made again
without it: a registry that is at fault goes on with its last good result, and one whose last good result fails as well
is left out. Where nothing tells whose a fault is, it is looked for among the registries that are new in this build.
Only a fault that all share stops the site.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, RegistriesError, RendererError
from kvalreg.execution.diagnose import diagnose, is_global_error
from kvalreg.release.fallback import RegistryFallback, failed_registry_result
from kvalreg.release.preflight import raise_preflight_error, registry_of_diagnostic

BuildAttempt = Callable[[], list[Diagnostic]]
"""Makes the site of every registry as it stands, and puts it in place; remarks on what was met."""


_MOST_TRIALS = 16
"""So often the site is made to find out whose a fault is; one of 1,000 new registries is found in 11 trials."""


def build_with_fallback(attempt: BuildAttempt, fallback: RegistryFallback) -> list[Diagnostic]:
    """Make the site of all registries that can be released.

    Raises
    ------
    DisclosureError, SiteError
        When what is wrong is no registry's own, or no registry would be left.
    KvalregError, Exception
        Any other error that is no registry's own.
    """
    trials = _Trials(attempt, fallback)
    while True:
        try:
            return attempt()
        except Exception as error:
            diagnostics_by_registry = _attribute_error(error, fallback)
            if not diagnostics_by_registry:
                diagnostics_by_registry = trials.search(error)
            fell_back = [
                fallback.fall_back(name, [failed_registry_result(name, diagnostics)])
                for name, diagnostics in diagnostics_by_registry.items()
            ]
            if not any(fell_back) or not fallback.published_ids():
                _raise_final(error)


def _attribute_error(error: Exception, fallback: RegistryFallback) -> dict[str, tuple[Diagnostic, ...]]:
    """Whose the faults are, as far as they tell."""
    if isinstance(error, RegistriesError):
        return error.diagnostics_by_registry
    if not isinstance(error, RendererError):
        return {}
    diagnostics_by_registry: dict[str, list[Diagnostic]] = {}
    for page, message in error.pages.items():
        diagnostic = Diagnostic(
            f"The renderer refuses the page: {message}.", "Remove it.", page, code=DiagnosticCode.RENDERER_REFUSED_PAGE
        )
        registry = registry_of_diagnostic(diagnostic, fallback.project)
        if registry:
            diagnostics_by_registry.setdefault(registry, []).append(diagnostic)
    return {registry: tuple(diagnostics) for registry, diagnostics in diagnostics_by_registry.items()}


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

    attempt: BuildAttempt
    standing: RegistryFallback
    left: int = _MOST_TRIALS
    suspects: list[str] | None = None

    def search(self, error: Exception) -> dict[str, tuple[Diagnostic, ...]]:
        """A registry that is at fault for certain; none where the fault is shared.

        New results are taken back from the first on: the site can be made as soon as the last culprit is among them.
        How many that are is found by halving, one of 60 in 7 trials. Where no trial is left, as when many are at fault,
        all that are suspected are taken back together.
        """
        new = self.standing.changed_ids()
        suspects = new if self.suspects is None else [name for name in self.suspects if name in new]
        if is_global_error(error, self.standing.project) or not suspects:
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

    def _faults(self, error: Exception, name: str, suspects: Sequence[str]) -> tuple[Diagnostic, ...]:
        told = (
            error.shared_diagnostics
            if isinstance(error, RegistriesError)
            else diagnose(error, name, self.standing.project)
        )
        if len(suspects) == 1:
            return told
        others = len(suspects) - 1
        todo = f"It may be another registry's fault: the new results of {others} others were taken back with it."
        return tuple(replace(fault, hint=f"{fault.hint} {todo}".strip()) for fault in told)

    def _works_without(self, registries: Sequence[str]) -> bool:
        """Whether the site can be made when these registries stand as they stood before."""
        self.left -= 1
        with self.standing.reverted(registries):
            try:
                self.attempt()
            except Exception as error:
                if is_global_error(error, self.standing.project):
                    raise
                return False
        return True


def _raise_final(error: Exception) -> None:
    if isinstance(error, RegistriesError):
        raise_preflight_error(error)
    raise error
