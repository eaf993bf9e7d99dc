"""Indicator definitions as imongr holds them, turned into descriptors.

Input: `indicators.json`, a list of flat records. Output: the text of one `registry.yml` per registry, and what had to
be assumed. What the source does not say is left empty or given a placeholder with a comment; nothing is made up.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, FoldedScalarString, LiteralScalarString

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import Diagnostic, UsageError
from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.inputs.descriptor_model import D3_FORMAT
from kvalreg.inputs.text_file import decode, printable, quote

_LINE_WIDTH = 110
_FOLD_LENGTH = 70
_UNKNOWN_FIELD = "Uten fagområde"
_REGISTRY_ID = re.compile(r"[a-z][a-z0-9_-]{0,59}", re.ASCII)
_TEXT_KEYS = ("measure_unit", "short_description", "long_description")
_ABOUT_KEYS = ("purpose", "usefulness", "patients", "data_controller", "phone", "email")
_LEVEL_KEYS = ("level_green", "level_yellow", "level_direction")
_CARRIED = {"id", "title", "type", "sformat", "min_denominator", "dg_id", "include", *_TEXT_KEYS, *_LEVEL_KEYS}
_CARRIED |= {"rname", "full_name", "registry_id"}
"""Keys of a record that the descriptor has a place for, and those that name its registry."""
_HEADER = """\
# yaml-language-server: $schema=../registry.schema.json
# Imported from imongr. What imongr does not hold is for the registry to fill in: about, medical_fields, short_name,
# quality_improvement and research.
"""

ImongrRecord = Mapping[str, Any]


@dataclass(frozen=True)
class ImongrDefinitions:
    """The definitions of one registry.

    Parameters
    ----------
    registry_id, name
        imongr's `rname` and `full_name`.
    records
        One per indicator, in the order of the source.
    """

    registry_id: str
    name: str
    records: tuple[ImongrRecord, ...]

    def coverage_ids(self) -> list[str]:
        """The ids that indicators name as their coverage and that are defined, the most used first."""
        ids = {str(record.get("id")) for record in self.records}
        usage = Counter(str(record["dg_id"]) for record in self.records if record.get("dg_id"))
        return [dg_id for dg_id, _ in usage.most_common() if dg_id in ids]


def read_definitions(path: Path, display_path: str) -> tuple[list[ImongrDefinitions], list[Diagnostic]]:
    """The definitions by registry, and a fault for every record that belongs to none.

    Raises
    ------
    UsageError
        The file is not a JSON list of records.
    """
    try:
        records = json.loads(decode(path.read_bytes()))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{display_path}: the definitions cannot be read ({type(error).__name__}). Export them again."
        ) from None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UsageError(f"{display_path}: the definitions are not a JSON list of records. Export them again.")
    groups: defaultdict[str, list[ImongrRecord]] = defaultdict(list)
    diagnostics: list[Diagnostic] = []
    for index, record in enumerate(records):
        registry_id = str(record.get("rname", ""))
        if not _REGISTRY_ID.fullmatch(registry_id):
            message = (
                f"The registry name {quote(registry_id)} cannot be the name of a folder; the indicator is left out."
            )
            diagnostics.append(
                Diagnostic(
                    message,
                    "Use a to z, digits, _ and -.",
                    display_path,
                    key=f"[{index}].rname",
                    code=DiagnosticCode.INVALID_DEFINITION,
                )
            )
        elif not record.get("id"):
            diagnostics.append(
                Diagnostic(
                    "The indicator has no id and is left out.",
                    "Give it one.",
                    display_path,
                    key=f"[{index}].id",
                    code=DiagnosticCode.INVALID_DEFINITION,
                )
            )
        else:
            groups[registry_id].append(record)
    return [
        ImongrDefinitions(key, _registry_name(key, group), tuple(group)) for key, group in groups.items()
    ], diagnostics


def descriptor_yaml(
    definitions: ImongrDefinitions, share_only_id: str | None, display_path: str
) -> tuple[str, list[Diagnostic]]:
    """The text of `registry.yml`, and a warning for everything that was not carried over as it was.

    Parameters
    ----------
    definitions
        One registry's.
    shares_id
        The coverage indicator of which only shares are known, without numbers of patients.
    shown
        The descriptor as the user knows it.
    """
    warnings: list[Diagnostic] = []
    indicators = CommentedSeq()
    coverage_ids = definitions.coverage_ids()
    for index, record in enumerate(definitions.records):
        converter = _IndicatorConverter(record, f"indicators[{index}]", display_path)
        indicators.append(converter.entry(coverage_ids, share_only_id))
        warnings += converter.warnings
    fields = CommentedSeq([_UNKNOWN_FIELD])
    fields.fa.set_flow_style()
    about = CommentedMap({key: DoubleQuotedScalarString("") for key in _ABOUT_KEYS})
    descriptor = CommentedMap(
        id=definitions.registry_id,
        name=definitions.name,
        short_name=definitions.registry_id.capitalize(),
        language="nb",
        medical_fields=fields,
        about=about,
        indicators=indicators,
    )
    descriptor.yaml_add_eol_comment("assumed", "language")
    return _HEADER + _dump_descriptor(descriptor), warnings


def _registry_name(registry_id: str, records: list[ImongrRecord]) -> str:
    return next((str(record["full_name"]).strip() for record in records if record.get("full_name")), registry_id)


class _IndicatorConverter:
    """One record on its way into a descriptor."""

    def __init__(self, record: ImongrRecord, key: str, display_path: str) -> None:
        self.record = {name: value for name, value in record.items() if not _is_missing(value)}
        self.key = key
        self.display_path = display_path
        self.kept: dict[str, object] = {}
        self.warnings: list[Diagnostic] = []

    def entry(self, coverage_ids: list[str], share_only_id: str | None) -> CommentedMap:
        """The indicator as it stands in the descriptor."""
        record = self.record
        entry = CommentedMap(id=str(record["id"]), title=_yaml_scalar(str(record.get("title") or record["id"])))
        if not record.get("title"):
            entry.yaml_add_eol_comment("assumed: imongr has none", "title")
            if entry["id"] not in coverage_ids:
                self._add_warning("title", "The indicator has no title, so its id stands for it.", "Write one.")
        self._add_type(entry, coverage_ids, share_only_id)
        if "sformat" in record:
            self._add_format(entry, str(record["sformat"]))
        if "min_denominator" in record:
            entry["min_denominator"] = _plain_number(record["min_denominator"])
        entry.update({key: _plain_number(record[key]) for key in _LEVEL_KEYS if key in record})
        if "dg_id" in record:
            self._add_coverage(entry, str(record["dg_id"]), coverage_ids)
        for key in _TEXT_KEYS:
            if str(record.get(key, "")).strip():
                entry[key] = _yaml_scalar(str(record[key]))
        if "include" in record:
            entry["include"] = record["include"] in (1, True, "1")
        self._add_rest(entry)
        return entry

    def _add_type(self, entry: CommentedMap, coverage_ids: list[str], share_only_id: str | None) -> None:
        source_type = str(self.record.get("type", ""))
        if source_type or entry["id"] == share_only_id:
            entry["type"] = source_type
        if entry["id"] == share_only_id:
            entry["type"] = IndicatorType.BEREGNET_ANDEL.value
            comment = f"'{printable(source_type)}' in imongr. Only shares are known, without numbers of patients."
            entry.yaml_add_eol_comment(comment, "type")
        elif entry["id"] in coverage_ids and source_type == IndicatorType.ANDEL:
            entry["type"] = IndicatorType.DG_ANDEL.value
            entry.yaml_add_eol_comment(
                f"'{source_type}' in imongr. Other indicators name it as their coverage.", "type"
            )

    def _add_format(self, entry: CommentedMap, sformat: str) -> None:
        if re.fullmatch(D3_FORMAT, sformat, re.ASCII):
            entry["sformat"] = DoubleQuotedScalarString(sformat)
        else:
            self.kept["sformat"] = sformat
            what = f"The format {quote(sformat)} is not supported, and is kept as a comment."
            self._add_warning("sformat", what, "Write one such as ',.1f'.")

    def _add_coverage(self, entry: CommentedMap, dg_id: str, coverage_ids: list[str]) -> None:
        if dg_id in coverage_ids:
            entry["dg_id"] = dg_id
        else:
            self.kept["dg_id"] = dg_id
            what = f"The registry does not define the coverage indicator {quote(dg_id)}: dg_id is kept as a comment."
            self._add_warning("dg_id", what, "Define it, or leave the comment.")

    def _add_rest(self, entry: CommentedMap) -> None:
        """What has no key here, as a comment: nothing of a definition is lost."""
        rest = {key: value for key, value in self.record.items() if key not in _CARRIED}
        if rest.get("name") == self.record["id"]:
            del rest["name"]
        told = [f"{printable(key)}: {printable(str(value))}" for key, value in (self.kept | rest).items()]
        if told:
            entry.yaml_add_eol_comment(f"in imongr also {', '.join(told)}", "id")

    def _add_warning(self, key: str, message: str, hint: str) -> None:
        self.warnings.append(
            Diagnostic(
                message, hint, self.display_path, key=f"{self.key}.{key}", code=DiagnosticCode.DEFINITION_CHANGED
            )
        )


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _plain_number(value: object) -> object:
    """30 for 30.0; what is no number stays as it is, for the descriptor's own check to report."""
    return int(value) if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()) else value


def _yaml_scalar(text: str) -> str:
    """A text in the YAML style that reads best: in one line, folded when it is long, line by line when it has lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    scalar: str = text
    if "\n" in text:
        scalar = LiteralScalarString(text)
    elif len(text) > _FOLD_LENGTH:
        scalar = FoldedScalarString(text)
    return scalar


def _dump_descriptor(descriptor: CommentedMap) -> str:
    """The descriptor as YAML, in readable styles where those give every text back as it was."""
    text = _yaml_text(descriptor)
    if YAML(typ="safe", pure=True).load(text) == descriptor:
        return text
    for entry in descriptor["indicators"]:
        for key, value in entry.items():
            if isinstance(value, LiteralScalarString | FoldedScalarString):
                entry[key] = str(value)
    return _yaml_text(descriptor)


def _yaml_text(descriptor: CommentedMap) -> str:
    yaml = YAML()
    yaml.width = _LINE_WIDTH
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(descriptor, stream)
    return stream.getvalue()
