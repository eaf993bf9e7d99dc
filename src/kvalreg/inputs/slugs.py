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

from kvalreg.errors import ConfigurationError, Fault
from kvalreg.inputs.table_file import Layout, read_table
from kvalreg.inputs.text_file import quote
from kvalreg.inputs.units import Level, Unit
from kvalreg.kinds import Kind

COLUMNS = ("kind", "key", "slug")
UNIT, FIELD = "unit", "field"
WITH_PAGE = (Level.RHF, Level.HF, Level.HOSPITAL)
"""Levels whose units have pages."""
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_LONGEST = 120
"""Characters of a name that go into an address: the name of a folder has 255 bytes at most."""
_LETTERS = str.maketrans({"æ": "ae", "ø": "o", "å": "a", "ö": "o", "ä": "a", "ð": "d", "þ": "th", "đ": "d", "ß": "ss"})
_COMMENT = (
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
    new: tuple[tuple[str, str], ...] = ()

    def completed(self, units: Iterable[Unit], fields: Iterable[str]) -> Slugs:
        """These slugs and, for units and fields without one, what their names give.

        Two new ones of the same name, and a new one whose slug is taken, get a part of their own after it, so that the
        order in which they are met says nothing.
        """
        names = {unit.orgnr: unit.name for unit in units if unit.level in WITH_PAGE and unit.orgnr not in self.units}
        fresh_units = _fresh(names, self.units.values())
        fresh_fields = _fresh({name: name for name in fields if name not in self.fields}, self.fields.values())
        new = (*((UNIT, key) for key in fresh_units), *((FIELD, key) for key in fresh_fields))
        return Slugs({**self.units, **fresh_units}, {**self.fields, **fresh_fields}, self.new + new)

    def remarks(self, shown: str) -> list[Fault]:
        """That some slugs are not written down yet; none when the file has them all."""
        if not self.new:
            return []
        what = f"{len(self.new)} units or medical fields have no address written down, so theirs follow their names."
        todo = "Run 'kvalreg slugs', and keep the file with the descriptors."
        return [Fault(what, todo, shown, kind=Kind.SLUG_MISSING)]


def slug(name: str) -> str:
    """A name as a part of an address: ``Ærfuglsund sjukehus, Å`` is ``aerfuglsund-sjukehus-a``."""
    plain = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", plain))


def read_slugs(path: Path, shown: str) -> Slugs:
    """The slugs of `registries/slugs.csv`; none when there is no such file.

    Raises
    ------
    ConfigurationError
        With every fault: columns, kinds, what is no slug, keys and slugs that are there twice.
    """
    if not path.exists():
        return Slugs()
    cells = read_table(path, shown, Layout(COLUMNS, comment="#", error=ConfigurationError)).cells
    found: dict[str, dict[str, str]] = {UNIT: {}, FIELD: {}}
    faults = []

    def fault(row: int, key: str, what: str, todo: str) -> None:
        faults.append(Fault(what, todo, shown, row, key, Kind.SLUG_WRONG))

    for row, (kind, key, own) in zip(cells.index, cells[list(COLUMNS)].to_numpy().tolist(), strict=True):
        known = found.get(kind, {})
        if kind not in found:
            fault(row, "kind", f"{quote(kind)} is no kind of page.", f"Use {UNIT} or {FIELD}.")
        if not key or key in known:
            what = f"{quote(key)} is there already." if key else "The cell is empty."
            fault(row, "key", what, "Keep one line for each, the oldest.")
        if not _SLUG.fullmatch(own):
            fault(row, "slug", f"{quote(own)} is no part of an address.", "Use a to z, digits and single hyphens.")
        elif own in known.values():
            fault(row, "slug", f"The address {quote(own)} is another one's already.", "Give it one of its own.")
        known.setdefault(key, own)
    if faults:
        raise ConfigurationError(faults)
    return Slugs(found[UNIT], found[FIELD])


def write_slugs(slugs: Slugs, path: Path) -> None:
    """Write the slugs in one step: those that were there stay where they were."""
    aside = path.with_suffix(".new")
    with aside.open("w", encoding="utf-8", newline="") as file:
        file.write(_COMMENT)
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((UNIT, key, own) for key, own in slugs.units.items())
        writer.writerows((FIELD, key, own) for key, own in slugs.fields.items())
    aside.replace(path)


def _fresh(names: Mapping[str, str], taken: Iterable[str]) -> dict[str, str]:
    """A slug for each key: of its name, with the key after it where that alone would not tell them apart."""
    used = set(taken)
    made = {key: slug(name)[:_LONGEST].strip("-") or slug(key) or "side" for key, name in names.items()}
    often = Counter(made.values())
    fresh: dict[str, str] = {}
    for key in sorted(made, key=lambda key: (often[made[key]] > 1, key)):
        own = made[key]
        if often[own] > 1 or own in used:
            own = f"{own}-{slug(key)}".strip("-")
        while own in used:
            own += "-x"
        used.add(own)
        fresh[key] = own
    return {key: fresh[key] for key in names}
