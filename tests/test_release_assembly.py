"""Whose fault it is that the site cannot be made, where the error tells of no registry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from kvalreg.errors import Diagnostic, RendererError
from kvalreg.project import Project
from kvalreg.release.fallback import RegistryFallback
from kvalreg.release.fault_isolation import build_with_fallback
from kvalreg.run_result import TaskResult


class Registries:
    """Registries that stand with new results or with their last good ones, in memory, in the place of `Standing`."""

    def __init__(self, names: Iterable[str], culprits: Iterable[str], folder: Path) -> None:
        self.project = Project(folder)
        self.standing_new, self.culprits = sorted(names), {*culprits}
        self.failures: dict[str, str] = {}
        self.attempts = 0

    def attempt(self) -> list[Diagnostic]:
        """Make the site: it fails while the new result of a culprit is in it."""
        self.attempts += 1
        if self.culprits & {*self.standing_new}:
            raise RendererError("The renderer gave up.")
        return []

    def changed_ids(self) -> list[str]:
        return list(self.standing_new)

    def published_ids(self) -> list[str]:
        return ["all"]

    def fall_back(self, registry: str, failures: Iterable[TaskResult]) -> bool:
        self.standing_new.remove(registry)
        self.failures[registry] = "\n".join(entry.error for entry in failures)
        return True

    @contextmanager
    def reverted(self, registries: Iterable[str]) -> Iterator[None]:
        before, taken = self.standing_new, {*registries}
        self.standing_new = [name for name in before if name not in taken]
        try:
            yield
        finally:
            self.standing_new = before


def names(count: int) -> list[str]:
    """So many ids of registries."""
    return [f"r{number:03}" for number in range(count)]


@pytest.mark.parametrize("culprit", ["r000", "r031", "r059"])
def test_one_of_sixty_is_found_and_the_others_are_released(culprit: str, tmp_path: Path) -> None:
    """One trial without any new result, six halvings of 60, the first attempt and the last: nine at most."""
    registries = Registries(names(60), {culprit}, tmp_path)
    assert build_with_fallback(registries.attempt, cast("RegistryFallback", registries)) == []
    assert list(registries.failures) == [culprit]
    assert registries.attempts <= 9


def test_two_at_fault_are_found_and_nobody_else_is_blamed(tmp_path: Path) -> None:
    """Wherever they are, also both in one half."""
    for number, culprits in enumerate([("r001", "r002"), ("r000", "r059"), ("r058", "r059"), ("r010", "r040")]):
        registries = Registries(names(60), culprits, tmp_path / str(number))
        assert build_with_fallback(registries.attempt, cast("RegistryFallback", registries)) == []
        assert sorted(registries.failures) == sorted(culprits)
        assert registries.attempts <= 16 + 3


def test_many_at_fault_end_the_search(tmp_path: Path) -> None:
    """Every second of 60: after 16 trials what is suspected is taken back together, and each is told so."""
    registries = Registries(names(60), names(60)[::2], tmp_path)
    assert build_with_fallback(registries.attempt, cast("RegistryFallback", registries)) == []
    assert {*names(60)[::2]} <= {*registries.failures}
    assert "r059" not in registries.failures
    # 16 trials; the first attempt, and one after each of two that are found and after all the rest
    assert registries.attempts <= 16 + 4
    assert sum("It may be another registry's fault" in told for told in registries.failures.values()) > 30


def test_a_shared_fault_is_nobodys(tmp_path: Path) -> None:
    """It stays when all new results are taken back: it is raised after one trial, and nobody is blamed."""
    registries = Registries(names(60), (), tmp_path)

    def attempt() -> list[Diagnostic]:
        registries.attempts += 1
        raise RendererError("The renderer gave up.")

    with pytest.raises(RendererError):
        build_with_fallback(attempt, cast("RegistryFallback", registries))
    assert registries.failures == {}
    assert registries.attempts == 2
