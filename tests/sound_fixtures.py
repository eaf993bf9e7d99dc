"""Fixtures that tests of single faults share: a plugin that a test module names in its `pytest_plugins`.

Two sound registries are built once for all of them; each test has a copy that it may break.
"""

from __future__ import annotations

import pytest

from kvalreg.project import Project
from sound_projects import SoundProjects, least_work, less_work


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> SoundProjects:
    """`two`: alfa and beta with good pages; `one`: beta, and an alfa that nobody has built."""
    found = SoundProjects(tmp_path_factory.mktemp("sound"))
    with pytest.MonkeyPatch.context() as patch:
        less_work(patch)
        found.make("two", ("alfa", "beta"))
        found.make("one", ("beta",), ("alfa",))
    return found


@pytest.fixture
def two(sound: SoundProjects, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Two registries with good pages, to be rendered by Pandoc and audited."""
    less_work(monkeypatch)
    return sound.project("two")


@pytest.fixture
def one(sound: SoundProjects, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Beta with good pages, and alfa, which never had any; rendered by Pandoc and audited."""
    less_work(monkeypatch)
    return sound.project("one")


@pytest.fixture
def plain_two(sound: SoundProjects, monkeypatch: pytest.MonkeyPatch) -> Project:
    """As `two`, with neither renderer nor audit: for faults that are met before them."""
    least_work(monkeypatch)
    return sound.project("two")


@pytest.fixture
def plain_one(sound: SoundProjects, monkeypatch: pytest.MonkeyPatch) -> Project:
    """As `one`, with neither renderer nor audit."""
    least_work(monkeypatch)
    return sound.project("one")
