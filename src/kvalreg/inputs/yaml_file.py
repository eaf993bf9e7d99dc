"""A YAML file as plain values that remember their lines.

Input: a path. Output: a `Document`: mappings, lists and scalars, and the line of every one of them. It builds nothing
but those: no tags, no aliases, so a file can neither run code nor grow while it is read. It knows nothing about what a
file should hold; that is `inputs/validation.py`.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, Diagnostic
from kvalreg.inputs.text_file import printable, quote, without_controls

MAX_YAML_BYTES = 2_000_000
"""Bytes of a YAML file at most: its reader needs a second for each of a million."""
KeyPath = tuple[str | int, ...]
"""Where a value is: ``("indicators", 2, "type")``."""

_PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
}
_SYNTAX_HINTS = {
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
class YamlDocument:
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

    display_path: str
    data: object
    lines: dict[KeyPath, int]
    diagnostics: tuple[Diagnostic, ...] = ()

    def diagnostic(self, key_path: KeyPath, message: str, hint: str, code: DiagnosticCode) -> Diagnostic:
        """A fault at a place, with the line of that place or of the nearest one around it."""
        return Diagnostic(message, hint, self.display_path, self.line(key_path), format_key_path(key_path), code)

    def line(self, key_path: KeyPath) -> int:
        """The line of a place, or of the nearest one around it."""
        return next((self.lines[key_path[:n]] for n in range(len(key_path), -1, -1) if key_path[:n] in self.lines), 1)


def format_key_path(key_path: KeyPath) -> str:
    """A place as it stands in a message: ``indicators[2].type``, where ``[0]`` is the first of a list."""
    name = ""
    for step in key_path:
        name += f"[{step}]" if isinstance(step, int) else f".{printable(step)}"
    return name.removeprefix(".")


def read_yaml(path: Path, display_path: str) -> YamlDocument:
    """The values of a YAML file in UTF-8.

    Raises
    ------
    ConfigurationError
        The file cannot be read as YAML at all. Lesser faults are in `Document.faults`.
    """
    return parse_yaml(read_text(path, display_path), display_path)


def parse_yaml(text: str, display_path: str) -> YamlDocument:
    """The values of a YAML file's text; see `read_yaml`."""
    display_path = printable(display_path)
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
        builder = _ValueBuilder(yaml, display_path)
        data = None if node is None else builder.value(node, ())
    except YAMLError as error:
        raise ConfigurationError([_syntax_diagnostic(error, text, display_path)]) from None
    except RecursionError:
        raise ConfigurationError(
            [
                Diagnostic(
                    "Lists or mappings are nested too deeply.",
                    "Simplify the file.",
                    display_path,
                    code=DiagnosticCode.UNSUPPORTED_YAML,
                )
            ]
        ) from None
    return YamlDocument(display_path, data, builder.lines, tuple(builder.diagnostics))


def read_text(path: Path, display_path: str) -> str:
    """The text of a file in UTF-8; ConfigurationError when it cannot be read, or is too large to be one of ours."""
    display_path = printable(display_path)
    try:
        if path.stat().st_size > MAX_YAML_BYTES:
            message = f"The file has more than {MAX_YAML_BYTES // 1_000_000} MB."
            hint = "Look for a text that was pasted by mistake, and remove it."
            raise ConfigurationError([Diagnostic(message, hint, display_path, code=DiagnosticCode.TEXT_TOO_LONG)])
        raw = path.read_bytes()
    except OSError as error:
        message = f"The file cannot be read: {error.strerror}."
        diagnostic = Diagnostic(
            message, "Check that it is there and readable.", display_path, code=DiagnosticCode.FILE_UNREADABLE
        )
        raise ConfigurationError([diagnostic]) from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        letter = "it has a letter (such as æ, ø or å) in another encoding"
        diagnostic = Diagnostic(
            f"The file is not in UTF-8: {'it is in UTF-16' if is_wide else letter}.",
            "Save the file again with the encoding UTF-8.",
            display_path,
            raw.count(b"\n", 0, error.start) + 1,
            code=DiagnosticCode.NOT_UTF8,
        )
        raise ConfigurationError([diagnostic]) from None


def _syntax_diagnostic(error: YAMLError, text: str, display_path: str) -> Diagnostic:
    """What the YAML reader said, in words that do not ask for knowledge of YAML readers."""
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        return Diagnostic(
            "The file holds a control character.",
            "Remove it, or type the line again.",
            display_path,
            line,
            code=DiagnosticCode.INVALID_YAML,
        )
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Diagnostic(
            "The file is not valid YAML.",
            "Compare it with another registry's file.",
            display_path,
            code=DiagnosticCode.INVALID_YAML,
        )
    error_text = f"{error.context or ''} {error.problem or ''}"
    line = error.problem_mark.line + 1
    lines = text.split("\n")
    if "\\t" in error_text or (line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t")):
        return Diagnostic(
            "The line is indented with a tab.",
            "Use spaces only, two for each step.",
            display_path,
            line,
            code=DiagnosticCode.TAB_INDENT,
        )
    return _hinted_diagnostic(error, error_text, line, display_path)


def _hinted_diagnostic(error: MarkedYAMLError, error_text: str, line: int, display_path: str) -> Diagnostic:
    """The diagnostic of a syntax error that is known by what the reader said, or of any other."""
    for error_pattern, (message, hint) in _SYNTAX_HINTS.items():
        if error_pattern in error_text:
            # A quotation mark or a bracket is missed at the end of the file; where it was opened is what helps.
            is_at_opening = error.context_mark is not None and "closed" in message
            return Diagnostic(
                message,
                hint,
                display_path,
                error.context_mark.line + 1 if is_at_opening else line,
                code=DiagnosticCode.INVALID_YAML,
            )
    return Diagnostic(
        f"The file is not valid YAML ({printable(error_text.strip())}).",
        "Compare with another registry's.",
        display_path,
        line,
        code=DiagnosticCode.INVALID_YAML,
    )


@dataclass
class _ValueBuilder:
    """From the nodes of a file to its values, noting lines and faults on the way."""

    yaml: YAML
    display_path: str
    lines: dict[KeyPath, int] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def value(self, node: Node, key_path: KeyPath) -> object:
        self.lines.setdefault(key_path, node.start_mark.line + 1)
        if node.tag not in _PLAIN_TAGS:
            name = quote(str(node.tag).rsplit(":", 1)[-1])
            self._add_diagnostic(
                node, key_path, f"The tag {name} is not allowed.", "Write the value itself, without a tag."
            )
            return None
        if isinstance(node, ScalarNode):
            if without_controls(str(node.value)) != node.value:
                self._add_diagnostic(
                    node, key_path, "The text holds a control character.", "Remove it.", DiagnosticCode.INVALID_YAML
                )
            return self._scalar(node)
        if id(node) in self.seen:
            self._add_diagnostic(
                node, key_path, "A list or mapping is repeated with '*'.", "Write it out in both places."
            )
            return None
        self.seen.add(id(node))
        if isinstance(node, SequenceNode):
            return [self.value(child, (*key_path, number)) for number, child in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        return self._mapping(node, key_path)

    def _mapping(self, node: MappingNode, key_path: KeyPath) -> dict[str, object]:
        values: dict[str, object] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, ScalarNode) or str(key_node.tag).endswith(":merge"):
                self._add_diagnostic(
                    key_node, key_path, "A key must be one word.", "Write 'key: value', one key to a line."
                )
                continue
            key = str(key_node.value)
            child_path = (*key_path, key)
            if key in values:
                first_line = self.lines[child_path]
                self._add_diagnostic(
                    key_node,
                    child_path,
                    f"The key is given twice, first in line {first_line}.",
                    "Remove one of the two.",
                    DiagnosticCode.DUPLICATE_KEY,
                )
                continue
            self.lines[child_path] = key_node.start_mark.line + 1
            values[key] = self.value(child, child_path)
        return values

    def _scalar(self, node: ScalarNode) -> object:
        try:
            return self.yaml.constructor.construct_object(node)
        except ValueError:
            # What looks like a date or a number and is none, such as 2023-13-45, stays the text that was written.
            return str(node.value)

    def _add_diagnostic(
        self,
        node: Node,
        key_path: KeyPath,
        message: str,
        hint: str,
        code: DiagnosticCode = DiagnosticCode.UNSUPPORTED_YAML,
    ) -> None:
        self.diagnostics.append(
            Diagnostic(message, hint, self.display_path, node.start_mark.line + 1, format_key_path(key_path), code)
        )
