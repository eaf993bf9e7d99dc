"""Slugs: the part of an address that stands for a unit or a medical field, made of its name once and then kept.

Owns `registries/slugs.csv` (columns ``kind;key;slug``): the key of a unit is its `orgnr`, of a medical field its name.
What the file does not have is made from the name, the same way every time; `kvalreg slugs` writes it down, so that a
page keeps its address when a name changes. Never changes a slug that the file has.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.errors import ConfigurationError, Diagnostic
from kvalreg.inputs.table_file import TableLayout, read_table
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.units import Level, Unit

SLUG_COLUMNS = ("kind", "key", "slug")
UNIT_KIND, FIELD_KIND = "unit", "field"
LEVELS_WITH_PAGE = (Level.RHF, Level.HF, Level.HOSPITAL)
"""Levels whose units have pages."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST = 120
"""Characters of a name that go into an address: the name of a folder has 255 bytes at most."""
_TRANSLITERATION = str.maketrans(
    {"æ": "ae", "ø": "o", "å": "a", "ö": "o", "ä": "a", "ð": "d", "þ": "th", "đ": "d", "ß": "ss"}
)
_HEADER_COMMENT = (
    "# Addresses of pages: a line is never changed and never removed. 'kvalreg slugs' adds lines for new names.\n"
)


@dataclass(frozen=True)
class Slugs:
    """The slugs of a project.

    Parameters
    ----------
    units, fields
        By `orgnr`, and by the field's name.
    new
        The keys, as kind and key, that the file does not have.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    new_keys: tuple[tuple[str, str], ...] = ()

    def complete(self, units: Iterable[Unit], fields: Iterable[str]) -> Slugs:
        """These slugs and, for units and fields without one, what their names give.

        Two new ones of the same name, and a new one whose slug is taken, get a part of their own after it, so that the
        order in which they are met says nothing.
        """
        names = {
            unit.orgnr: unit.name for unit in units if unit.level in LEVELS_WITH_PAGE and unit.orgnr not in self.units
        }
        new_units = _new_slugs(names, self.units.values())
        new_fields = _new_slugs({name: name for name in fields if name not in self.fields}, self.fields.values())
        new_keys = (*((UNIT_KIND, key) for key in new_units), *((FIELD_KIND, key) for key in new_fields))
        return Slugs({**self.units, **new_units}, {**self.fields, **new_fields}, self.new_keys + new_keys)

    def warnings(self, display_path: str) -> list[Diagnostic]:
        """That some slugs are not written down yet; none when the file has them all."""
        if not self.new_keys:
            return []
        message = (
            f"{len(self.new_keys)} units or medical fields have no address written down, so theirs follow their names."
        )
        hint = "Run 'kvalreg slugs', and keep the file with the descriptors."
        return [Diagnostic(message, hint, display_path, code=DiagnosticCode.SLUG_MISSING)]


def slugify(name: str) -> str:
    """A name as a part of an address: ``Ærfuglsund sjukehus, Å`` is ``aerfuglsund-sjukehus-a``."""
    ascii_text = (
        unicodedata.normalize("NFKD", name.lower().translate(_TRANSLITERATION)).encode("ascii", "ignore").decode()
    )
    return "-".join(re.findall(r"[a-z0-9]+", ascii_text))


def read_slugs(path: Path, display_path: str) -> Slugs:
    """The slugs of `registries/slugs.csv`; none when there is no such file.

    Raises
    ------
    ConfigurationError
        With every fault: columns, kinds, what is no slug, keys and slugs that are there twice.
    """
    if not path.exists():
        return Slugs()
    cells = read_table(path, display_path, TableLayout(SLUG_COLUMNS, comment="#", error=ConfigurationError)).cells
    slugs_by_kind: dict[str, dict[str, str]] = {UNIT_KIND: {}, FIELD_KIND: {}}
    diagnostics = []

    def add_diagnostic(row: int, key: str, message: str, hint: str) -> None:
        diagnostics.append(Diagnostic(message, hint, display_path, row, key, DiagnosticCode.INVALID_SLUG))

    for row, (kind, key, slug) in zip(cells.index, cells[list(SLUG_COLUMNS)].to_numpy().tolist(), strict=True):
        slug_by_key = slugs_by_kind.get(kind, {})
        if kind not in slugs_by_kind:
            add_diagnostic(row, "kind", f"{quote(kind)} is no kind of page.", f"Use {UNIT_KIND} or {FIELD_KIND}.")
        if not key or key in slug_by_key:
            message = f"{quote(key)} is there already." if key else "The cell is empty."
            add_diagnostic(row, "key", message, "Keep one line for each, the oldest.")
        if not _SLUG.fullmatch(slug):
            add_diagnostic(
                row, "slug", f"{quote(slug)} is no part of an address.", "Use a to z, digits and single hyphens."
            )
        elif slug in slug_by_key.values():
            add_diagnostic(
                row, "slug", f"The address {quote(slug)} is another one's already.", "Give it one of its own."
            )
        slug_by_key.setdefault(key, slug)
    if diagnostics:
        raise ConfigurationError(diagnostics)
    return Slugs(slugs_by_kind[UNIT_KIND], slugs_by_kind[FIELD_KIND])


def write_slugs(slugs: Slugs, path: Path) -> None:
    """Write the slugs in one step: those that were there stay where they were."""
    temp_path = path.with_suffix(".new")
    with temp_path.open("w", encoding="utf-8", newline="") as file:
        file.write(_HEADER_COMMENT)
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(SLUG_COLUMNS)
        writer.writerows((UNIT_KIND, key, slug) for key, slug in slugs.units.items())
        writer.writerows((FIELD_KIND, key, slug) for key, slug in slugs.fields.items())
    temp_path.replace(path)


def _new_slugs(names: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """A slug for each key: of its name, with the key after it where that alone would not tell them apart."""
    used_slugs = set(taken)
    candidates = {key: slugify(name)[:_LONGEST].strip("-") or slugify(key) or "side" for key, name in names.items()}
    counts = Counter(candidates.values())
    new_slugs: dict[str, str] = {}
    for key in sorted(candidates, key=lambda key: (counts[candidates[key]] > 1, key)):
        slug = candidates[key]
        if counts[slug] > 1 or slug in used_slugs:
            slug = f"{slug}-{slugify(key)}".strip("-")
        while slug in used_slugs:
            slug += "-x"
        used_slugs.add(slug)
        new_slugs[key] = slug
    return {key: new_slugs[key] for key in names}
