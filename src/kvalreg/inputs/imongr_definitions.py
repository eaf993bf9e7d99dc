"""Indicator definitions as imongr holds them, turned into descriptors.

Comes in: `indicators.json`, a list of flat records. Goes out: the text of one `registry.yml` per registry, and what had
to be assumed. What the source does not say is left empty or given a placeholder with a comment; nothing is made up.
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

from kvalreg.errors import Fault, UsageError
from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.inputs.descriptor_model import D3_FORMAT
from kvalreg.inputs.text_file import decode, printable, quote
from kvalreg.kinds import Kind

_LINE = 110
_LONG = 70
_FIELD_UNKNOWN = "Uten fagområde"
_REGISTRY_ID = re.compile(r"[a-z][a-z0-9_-]{0,59}", re.ASCII)
_TEXTS = ("measure_unit", "short_description", "long_description")
_ABOUT = ("purpose", "usefulness", "patients", "data_controller", "phone", "email")
_LEVELS = ("level_green", "level_yellow", "level_direction")
_CARRIED = {"id", "title", "type", "sformat", "min_denominator", "dg_id", "include", *_TEXTS, *_LEVELS}
_CARRIED |= {"rname", "full_name", "registry_id"}
"""Keys of a record that the descriptor has a place for, and those that name its registry."""
_HEADER = """\
# yaml-language-server: $schema=../registry.schema.json
# Imported from imongr. What imongr does not hold is for the registry to fill in: about, medical_fields, short_name,
# quality_improvement and research.
"""

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Definitions:
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
    records: tuple[Record, ...]

    def coverage_ids(self) -> list[str]:
        """The ids that indicators name as their coverage and that are defined, the most used first."""
        ids = {str(record.get("id")) for record in self.records}
        used = Counter(str(record["dg_id"]) for record in self.records if record.get("dg_id"))
        return [dg_id for dg_id, _ in used.most_common() if dg_id in ids]


def read_definitions(path: Path, shown: str) -> tuple[list[Definitions], list[Fault]]:
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
            f"{shown}: the definitions cannot be read ({type(error).__name__}). Export them again."
        ) from None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise UsageError(f"{shown}: the definitions are not a JSON list of records. Export them again.")
    groups: defaultdict[str, list[Record]] = defaultdict(list)
    faults: list[Fault] = []
    for number, record in enumerate(records):
        registry_id = str(record.get("rname", ""))
        if not _REGISTRY_ID.fullmatch(registry_id):
            what = f"The registry name {quote(registry_id)} cannot be the name of a folder; the indicator is left out."
            faults.append(
                Fault(what, "Use a to z, digits, _ and -.", shown, key=f"[{number}].rname", kind=Kind.DEFINITION_WRONG)
            )
        elif not record.get("id"):
            faults.append(
                Fault(
                    "The indicator has no id and is left out.",
                    "Give it one.",
                    shown,
                    key=f"[{number}].id",
                    kind=Kind.DEFINITION_WRONG,
                )
            )
        else:
            groups[registry_id].append(record)
    return [Definitions(key, _name(key, group), tuple(group)) for key, group in groups.items()], faults


def write_descriptor(definitions: Definitions, shares_id: str | None, shown: str) -> tuple[str, list[Fault]]:
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
    warnings: list[Fault] = []
    indicators = CommentedSeq()
    coverage_ids = definitions.coverage_ids()
    for number, record in enumerate(definitions.records):
        made = _Indicator(record, f"indicators[{number}]", shown)
        indicators.append(made.entry(coverage_ids, shares_id))
        warnings += made.warnings
    fields = CommentedSeq([_FIELD_UNKNOWN])
    fields.fa.set_flow_style()
    about = CommentedMap({key: DoubleQuotedScalarString("") for key in _ABOUT})
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
    return _HEADER + _dump(descriptor), warnings


def _name(registry_id: str, records: list[Record]) -> str:
    return next((str(record["full_name"]).strip() for record in records if record.get("full_name")), registry_id)


class _Indicator:
    """One record on its way into a descriptor."""

    def __init__(self, record: Record, key: str, shown: str) -> None:
        self.record = {name: value for name, value in record.items() if not _is_nothing(value)}
        self.key = key
        self.shown = shown
        self.kept: dict[str, object] = {}
        self.warnings: list[Fault] = []

    def entry(self, coverage_ids: list[str], shares_id: str | None) -> CommentedMap:
        """The indicator as it stands in the descriptor."""
        record = self.record
        entry = CommentedMap(id=str(record["id"]), title=_styled(str(record.get("title") or record["id"])))
        if not record.get("title"):
            entry.yaml_add_eol_comment("assumed: imongr has none", "title")
            if entry["id"] not in coverage_ids:
                self._warn("title", "The indicator has no title, so its id stands for it.", "Write one.")
        self._add_type(entry, coverage_ids, shares_id)
        if "sformat" in record:
            self._add_format(entry, str(record["sformat"]))
        if "min_denominator" in record:
            entry["min_denominator"] = _plain_number(record["min_denominator"])
        entry.update({key: _plain_number(record[key]) for key in _LEVELS if key in record})
        if "dg_id" in record:
            self._add_coverage(entry, str(record["dg_id"]), coverage_ids)
        for key in _TEXTS:
            if str(record.get(key, "")).strip():
                entry[key] = _styled(str(record[key]))
        if "include" in record:
            entry["include"] = record["include"] in (1, True, "1")
        self._add_rest(entry)
        return entry

    def _add_type(self, entry: CommentedMap, coverage_ids: list[str], shares_id: str | None) -> None:
        given = str(self.record.get("type", ""))
        if given or entry["id"] == shares_id:
            entry["type"] = given
        if entry["id"] == shares_id:
            entry["type"] = IndicatorType.BEREGNET_ANDEL.value
            comment = f"'{printable(given)}' in imongr. Only shares are known, without numbers of patients."
            entry.yaml_add_eol_comment(comment, "type")
        elif entry["id"] in coverage_ids and given == IndicatorType.ANDEL:
            entry["type"] = IndicatorType.DG_ANDEL.value
            entry.yaml_add_eol_comment(f"'{given}' in imongr. Other indicators name it as their coverage.", "type")

    def _add_format(self, entry: CommentedMap, sformat: str) -> None:
        if re.fullmatch(D3_FORMAT, sformat, re.ASCII):
            entry["sformat"] = DoubleQuotedScalarString(sformat)
        else:
            self.kept["sformat"] = sformat
            what = f"The format {quote(sformat)} is not supported, and is kept as a comment."
            self._warn("sformat", what, "Write one such as ',.1f'.")

    def _add_coverage(self, entry: CommentedMap, dg_id: str, coverage_ids: list[str]) -> None:
        if dg_id in coverage_ids:
            entry["dg_id"] = dg_id
        else:
            self.kept["dg_id"] = dg_id
            what = f"The registry does not define the coverage indicator {quote(dg_id)}: dg_id is kept as a comment."
            self._warn("dg_id", what, "Define it, or leave the comment.")

    def _add_rest(self, entry: CommentedMap) -> None:
        """What has no key here, as a comment: nothing of a definition is lost."""
        rest = {key: value for key, value in self.record.items() if key not in _CARRIED}
        if rest.get("name") == self.record["id"]:
            del rest["name"]
        told = [f"{printable(key)}: {printable(str(value))}" for key, value in (self.kept | rest).items()]
        if told:
            entry.yaml_add_eol_comment(f"in imongr also {', '.join(told)}", "id")

    def _warn(self, key: str, what: str, todo: str) -> None:
        self.warnings.append(Fault(what, todo, self.shown, key=f"{self.key}.{key}", kind=Kind.DEFINITION_CHANGED))


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, float) and not math.isfinite(value))


def _plain_number(value: object) -> object:
    """30 for 30.0; what is no number stays as it is, for the descriptor's own check to report."""
    return int(value) if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()) else value


def _styled(text: str) -> str:
    """A text in the YAML style that reads best: in one line, folded when it is long, line by line when it has lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    styled: str = text
    if "\n" in text:
        styled = LiteralScalarString(text)
    elif len(text) > _LONG:
        styled = FoldedScalarString(text)
    return styled


def _dump(descriptor: CommentedMap) -> str:
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
    yaml.width = _LINE
    yaml.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    yaml.dump(descriptor, stream)
    return stream.getvalue()
