"""Fault isolation: build the site of all registries so that a failing registry does not stop the others.

Input: the registries' fallback states, and a function that builds the site. Output: the built site. After a failure the
registries at fault fall back to their last good results, and the site is built again; one whose last good result fails
as well is omitted. Where an error names no registry, the culprits are searched for among the registries with new
results, by bisection as in git-bisect or delta debugging (Zeller 1999, "Yesterday, my program worked. Today, it does
not. Why?"). Only an error that is no registry's own stops the site.
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
"""Builds the site of every registry's current result and switches to it; returns warnings."""
_MAX_TRIALS = 16
"""How often the site is built to find culprits: 1 trial without all suspects, and 10 to find one of 1,000."""


def build_with_fallback(attempt: BuildAttempt, fallback: RegistryFallback) -> list[Diagnostic]:
    """Build the site of all registries that can be released.

    Raises
    ------
    DisclosureError, SiteError
        When the error is no registry's own, or no registry would be left.
    KvalregError, Exception
        Any other error that is no registry's own.
    """
    search = _CulpritSearch(attempt, fallback)
    while True:
        try:
            return attempt()
        except Exception as error:  # noqa: BLE001 - contained here: whatever one registry's pages cause is its own
            diagnostics_by_registry = _attribute_error(error, fallback) or search.find(error)
            fell_back = [
                fallback.fall_back(name, [failed_registry_result(name, diagnostics)])
                for name, diagnostics in diagnostics_by_registry.items()
            ]
            # the loop ends: each turn moves a registry from new to last good, or from last good to omitted
            if not any(fell_back) or not fallback.published_ids():
                _raise_final(error)


def _attribute_error(error: Exception, fallback: RegistryFallback) -> dict[str, tuple[Diagnostic, ...]]:
    """The diagnostics by registry, as far as the error names registries."""
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
class _CulpritSearch:
    """The search for the registries that cause an error which names none.

    Parameters
    ----------
    trials_left
        How often the site may still be built for it.
    suspects
        Registries whose new results include all culprits, once that is known: the site can be built without these.
    """

    attempt: BuildAttempt
    fallback: RegistryFallback
    trials_left: int = _MAX_TRIALS
    suspects: list[str] | None = None

    def find(self, error: Exception) -> dict[str, tuple[Diagnostic, ...]]:
        """A registry that is certainly at fault, with its diagnostics; none where the error is shared.

        Let n be the length of the shortest prefix of the suspects without whose new results the site can be built. The
        last registry of that prefix is a culprit: with it the build fails, without it the build succeeds. Bisection
        finds n. The culprit falls back, and the next error, if any, starts the search again among the others.

        Worked example: suspects a b c d e, culprits b and d. The site can be built without a b c d, not without a b c.

            without a b c d e   succeeds    1 <= n <= 5
            without a b         fails (d)   3 <= n <= 5
            without a b c       fails (d)   4 <= n <= 5
            without a b c d     succeeds    n = 4: d is a culprit; b is found among a b c d in the next search

        Where no trial is left, as when many are at fault, all that are still suspected fall back together.
        """
        changed = self.fallback.changed_ids()
        suspects = changed if self.suspects is None else [name for name in self.suspects if name in changed]
        if is_global_error(error, self.fallback.project) or not suspects:
            return {}
        if self.suspects is None and not self._works_without(suspects):
            return {}
        # invariant: the build fails without suspects[:too_few] and succeeds without suspects[:enough]
        too_few, enough = 0, len(suspects)
        while enough - too_few > 1 and self.trials_left:
            middle = (too_few + enough) // 2
            if self._works_without(suspects[:middle]):
                enough = middle
            else:
                too_few = middle
        self.suspects = suspects[:enough]
        culprits = [suspects[enough - 1]] if enough - too_few == 1 else self.suspects
        return {name: self._diagnostics(error, name, culprits) for name in culprits}

    def _diagnostics(self, error: Exception, name: str, culprits: Sequence[str]) -> tuple[Diagnostic, ...]:
        if isinstance(error, RegistriesError):
            diagnostics = error.shared_diagnostics
        else:
            diagnostics = diagnose(error, name, self.fallback.project)
        if len(culprits) == 1:
            return diagnostics
        count = len(culprits) - 1
        doubt = f"It may be another registry's fault: the new results of {count} others were taken back with it."
        return tuple(replace(diagnostic, hint=f"{diagnostic.hint} {doubt}".strip()) for diagnostic in diagnostics)

    def _works_without(self, registries: Sequence[str]) -> bool:
        """Whether the site can be built when these registries have their last good results."""
        self.trials_left -= 1
        with self.fallback.reverted(registries):
            try:
                self.attempt()
            except Exception as error:
                if is_global_error(error, self.fallback.project):
                    raise
                return False
        return True


def _raise_final(error: Exception) -> None:
    if isinstance(error, RegistriesError):  # no registry can be blamed any more: say why there is no new site at all
        raise_preflight_error(error)
    raise error
