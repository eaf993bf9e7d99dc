"""What is told of an error that nobody expected: type and places, never a message or a variable; and of a full disk."""

from __future__ import annotations

import errno
import pickle
from pathlib import Path

import pandas as pd
import pytest

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import (
    ConfigurationError,
    Diagnostic,
    DiskFullError,
    NoAccessError,
    RendererError,
    as_disk_full_error,
    describe_unexpected,
    disk_full_guard,
)
from kvalreg.statistics.results import Results

VALUE = "8741"


def caught(fail: object) -> BaseException:
    """The error that calling this raises."""
    try:
        fail()  # type: ignore[operator]
    except Exception as error:
        return error
    raise AssertionError("no error was raised")


def _fail_with_a_cause() -> None:
    try:
        pd.DataFrame({"n": [1.0]})[VALUE]
    except KeyError as error:
        raise ValueError(f"cell {VALUE}") from error


def test_types_and_places_are_told_and_messages_are_not() -> None:
    """A KeyError of pandas with a value for a key, and the ValueError that was raised from it, cause first."""
    error = caught(_fail_with_a_cause)
    error.add_note(f"noted: {VALUE}")
    lines = describe_unexpected(error).splitlines()
    assert [line for line in lines if not line.startswith("  at ")] == ["KeyError", "KeyError", "ValueError"]
    assert lines[-1].endswith("in _fail_with_a_cause")
    assert not any(VALUE in line for line in lines)


def test_our_own_places_are_told_from_the_package_on() -> None:
    """File and line of our code, without this machine's folders; of other code the innermost place only."""
    told = describe_unexpected(caught(lambda: Results("slag", object()))).splitlines()  # type: ignore[arg-type]
    assert told[0] == "ValueError"
    assert told[1].startswith("  at kvalreg/statistics/results.py:")
    assert told[1].endswith(" in __post_init__")
    assert len(told) == 3
    assert not any(line.startswith("  at /") for line in told)


def test_the_operating_system_may_speak() -> None:
    """A file that is not there is named with the system's own words: neither can hold a result."""
    told = describe_unexpected(caught(lambda: open("no/such/file"))).splitlines()  # noqa: PTH123, SIM115
    assert told[0] == "FileNotFoundError: No such file or directory: no/such/file"


def test_an_error_in_a_circle_ends() -> None:
    """Errors that name each other as their cause are told once each."""
    first, second = ValueError(VALUE), KeyError(VALUE)
    first.__cause__, second.__cause__ = second, first
    assert describe_unexpected(first).splitlines() == ["KeyError", "ValueError"]


def test_a_full_disk_is_told_with_what_to_do() -> None:
    """The file there was no room for, and what to do; also when a renderer met it, and when nobody knows which file."""
    full = OSError(errno.ENOSPC, "No space left on device", "/srv/r/_build/a.css")
    said = (
        "The disk is full: there was no room for {}. The site is whole: as it was, or new. "
        "Make room on that disk ('df -h /srv/r' tells how much there is), and run the same command again."
    )
    with pytest.raises(DiskFullError) as told, disk_full_guard(Path("/srv/r")):
        raise full
    assert str(told.value) == said.format("/srv/r/_build/a.css")
    assert told.value.exit_code == 3
    renderer = RendererError("Pandoc could not render the site. It said: withFile: No space left on device")
    for error in (renderer, OSError(errno.EDQUOT, "Disk quota exceeded")):
        assert str(as_disk_full_error(error, Path("/srv/r"))) == said.format("a file below /srv/r")


def test_other_errors_are_no_full_disk() -> None:
    """Missing rights are told as such; all else goes on as it is."""
    with pytest.raises(KeyError), disk_full_guard(Path("/srv/r")):
        raise KeyError("a.css")
    with (
        pytest.raises(NoAccessError, match=r"a\.css may not be read or written") as told,
        disk_full_guard(Path("/srv/r")),
    ):
        raise PermissionError(errno.EACCES, "Permission denied", "a.css")
    assert told.value.exit_code == 2


def test_faults_come_from_another_process_as_they_were() -> None:
    """Registries may pass the gate in processes of their own: their messages come back by pickle."""
    error = ConfigurationError(
        [
            Diagnostic("Wrong.", "Correct it.", "a.csv", 2, "var", DiagnosticCode.VALUE_MISSING),
            Diagnostic("So is this."),
        ]
    )
    sent = pickle.loads(pickle.dumps(error))
    assert type(sent) is ConfigurationError
    assert sent.diagnostics == error.diagnostics
    assert str(sent) == "a.csv:2: var: Wrong. Correct it. (KV314)\nSo is this."
