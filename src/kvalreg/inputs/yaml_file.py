"""A YAML file as plain values that remember their lines.

Comes in: a path. Goes out: a `Document`: mappings, lists and scalars, and the line of every one of them.
It builds nothing but those: no tags, no aliases, so a file can neither run code nor grow while it is read.
It knows nothing about what a file should hold; that is `inputs/validation.py`.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from kvalreg.errors import ConfigurationError, Fault
from kvalreg.inputs.text_file import printable, quote
from kvalreg.kinds import Kind

LARGEST = 2_000_000
"""Bytes of a YAML file at most: its reader needs a second for each of a million."""
Place = tuple[str | int, ...]
"""Where a value is: ``("indicators", 2, "type")``."""

_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
}
_ADVICE = {
    "mapping values are not allowed here": (
        "A colon stands where YAML expects none.",
        "Put quotation marks around a text that holds a colon followed by a space, and check the indentation.",
    ),
    "found unexpected end of stream": ("A quotation mark is opened and never closed.", "Close it."),
    "expected a single document": ("The file holds more than one YAML document.", "Remove the line '---'."),
    "expected <block end>": (
        "This line does not fit the lines above it.",
        "Indent it exactly as its neighbours in the same list or mapping, with spaces.",
    ),
    "could not find expected ':'": ("This line is no 'key: value'.", "Add the colon and a space after it."),
    "expected ',' or": ("A bracket is opened and never closed.", "Close it with ] or }."),
    "found undefined alias": (
        "A text begins with '*', which means something special in YAML.",
        "Put quotation marks around the text.",
    ),
    "that cannot start any token": (
        "A text begins with a character that means something special in YAML.",
        "Put quotation marks around the text.",
    ),
}


@dataclass(frozen=True)
class Document:
    """The values of a YAML file.

    Parameters
    ----------
    shown
        The file as the user knows it.
    data
        Mappings as dict, lists as list, scalars as str, int, float, bool, date, datetime or None.
    lines
        1-based line of every value, by its place.
    faults
        What is wrong with the file as YAML though its values could be read, such as a key that is given twice.
    """

    shown: str
    data: object
    lines: dict[Place, int]
    faults: tuple[Fault, ...] = ()

    def fault(self, place: Place, what: str, todo: str, kind: Kind) -> Fault:
        """A fault at a place, with the line of that place or of the nearest one around it."""
        return Fault(what, todo, self.shown, self.line(place), name_place(place), kind)

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it."""
        return next((self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), 1)


def name_place(place: Place) -> str:
    """A place as it stands in a message: ``indicators[2].type``, where ``[0]`` is the first of a list."""
    name = ""
    for step in place:
        name += f"[{step}]" if isinstance(step, int) else f".{printable(step)}"
    return name.removeprefix(".")


def read_yaml(path: Path, shown: str) -> Document:
    """The values of a YAML file in UTF-8.

    Raises
    ------
    ConfigurationError
        The file cannot be read as YAML at all. Lesser faults are in `Document.faults`.
    """
    return values_of(read_text(path, shown), shown)


def values_of(text: str, shown: str) -> Document:
    """The values of a YAML file's text; see `read_yaml`."""
    shown = printable(shown)
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        walk = _Walk(yaml, shown)
        data = None if node is None else walk.value(node, ())
    except YAMLError as error:
        raise ConfigurationError([_syntax_fault(error, text, shown)]) from None
    except RecursionError:
        raise ConfigurationError(
            [Fault("Lists or mappings are nested too deeply.", "Simplify the file.", shown, kind=Kind.YAML_REFUSED)]
        ) from None
    return Document(shown, data, walk.lines, tuple(walk.faults))


def read_text(path: Path, shown: str) -> str:
    """The text of a file in UTF-8; ConfigurationError when it cannot be read, or is too large to be one of ours."""
    shown = printable(shown)
    try:
        if path.stat().st_size > LARGEST:
            what = f"The file has more than {LARGEST // 1_000_000} MB."
            todo = "Look for a text that was pasted by mistake, and remove it."
            raise ConfigurationError([Fault(what, todo, shown, kind=Kind.TEXT_LONG)])
        raw = path.read_bytes()
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        fault = Fault(what, "Check that it is there and readable.", shown, kind=Kind.FILE_UNREADABLE)
        raise ConfigurationError([fault]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        letter = "it has a letter (such as æ, ø or å) in another encoding"
        fault = Fault(
            f"The file is not in UTF-8: {'it is in UTF-16' if is_wide else letter}.",
            "Save the file again with the encoding UTF-8.",
            shown,
            raw.count(b"\n", 0, error.start) + 1,
            kind=Kind.NOT_UTF8,
        )
        raise ConfigurationError([fault]) from None


def _syntax_fault(error: YAMLError, text: str, shown: str) -> Fault:
    """What the YAML reader said, in words that do not ask for knowledge of YAML readers."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Fault(
            "The file holds a control character.", "Remove it, or type the line again.", shown, line, kind=Kind.NOT_YAML
        )
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Fault(
            "The file is not valid YAML.", "Compare it with another registry's file.", shown, kind=Kind.NOT_YAML
        )
    said = f"{error.context or ''} {error.problem or ''}"
    line = error.problem_mark.line + 1
    lines = text.split("\n")
    if "\\t" in said or (line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t")):
        return Fault(
            "The line is indented with a tab.", "Use spaces only, two for each step.", shown, line, kind=Kind.TAB
        )
    for sign, (what, todo) in _ADVICE.items():
        if sign in said:
            # A quotation mark or a bracket is missed at the end of the file; where it was opened is what helps.
            opened = error.context_mark is not None and "closed" in what
            return Fault(what, todo, shown, error.context_mark.line + 1 if opened else line, kind=Kind.NOT_YAML)
    return Fault(
        f"The file is not valid YAML ({printable(said.strip())}).",
        "Compare with another registry's.",
        shown,
        line,
        kind=Kind.NOT_YAML,
    )


@dataclass
class _Walk:
    """From the nodes of a file to its values, noting lines and faults on the way."""

    yaml: YAML
    shown: str
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def value(self, node: Node, place: Place) -> object:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if node.tag not in _PLAIN_TAGS:
            name = quote(str(node.tag).rsplit(":", 1)[-1])
            self._note(node, place, f"The tag {name} is not allowed.", "Write the value itself, without a tag.")
            return None
        if isinstance(node, ScalarNode):
            return self._scalar(node)
        if id(node) in self.seen:
            self._note(node, place, "A list or mapping is repeated with '*'.", "Write it out in both places.")
            return None
        self.seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.value(child, (*place, number)) for number, child in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        return self._mapping(node, place)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, ScalarNode) or str(key_node.tag).endswith(":merge"):
                self._note(key_node, place, "A key must be one word.", "Write 'key: value', one key to a line.")
                continue
            key = str(key_node.value)
            there = (*place, key)
            if key in values:
                first = self.lines[there]
                self._note(
                    key_node,
                    there,
                    f"The key is given twice, first in line {first}.",
                    "Remove one of the two.",
                    Kind.KEY_TWICE,
                )
                continue
            self.lines[there] = key_node.start_mark.line + 1
            values[key] = self.value(child, there)
        return values

    def _scalar(self, node: ScalarNode) -> object:
        try:
            return self.yaml.constructor.construct_object(node)
        except ValueError:
            # What looks like a date or a number and is none, such as 2023-13-45, stays the text that was written.
            return str(node.value)

    def _note(self, node: Node, place: Place, what: str, todo: str, kind: Kind = Kind.YAML_REFUSED) -> None:
        self.faults.append(Fault(what, todo, self.shown, node.start_mark.line + 1, name_place(place), kind))
