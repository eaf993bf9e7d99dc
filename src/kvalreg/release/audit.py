"""The audit of a site: does anything that is published give away what is hidden?

Comes in: the folder of a site as it is published, earlier editions, and what everybody knows (the units and the
registries' definitions). Goes out: `Audit`, with every finding. It never reads a secret result, and a finding never
repeats a number. How it reads and reasons is told in ``docs/methods/audit.md``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kvalreg.disclosure.attack import Measure
from kvalreg.disclosure.cells import Policy
from kvalreg.errors import UsageError
from kvalreg.inputs.units import Level
from kvalreg.project import Project
from kvalreg.release.audit_attack import HIDDEN, Family, Known, Outcome, bound
from kvalreg.release.audit_files import Edition, read_site
from kvalreg.release.audit_public import Key, Place, Public, Spot
from kvalreg.release.audit_readings import Claim, Reading
from kvalreg.release.published_numbers import Numbers, counts


class FindingKind(StrEnum):
    """What is wrong. Every kind fails the audit."""

    LEAK = "leak"
    """A number, a verdict or a mark in a drawing stands beside a unit whose cell is hidden."""
    EXPOSED = "exposed"
    """Published sums leave too few values for a hidden count."""
    CONTRADICTION = "contradiction"
    """Published numbers around a hidden cell cannot all be true, so nothing is proven about it."""
    UNREADABLE = "unreadable"
    """A file or a table of results that the audit cannot read."""
    NOTHING = "nothing"
    """No result was found where results should be: the audit has checked nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `text` never holds a result; what is not known is empty, or None for the year."""

    kind: FindingKind
    text: str
    file: str = ""
    place: str = ""
    registry: str = ""
    ind_id: str = ""
    context: str = ""
    year: int | None = None
    unit: str = ""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.place) if part)
        cell = " ".join(str(part) for part in (self.registry, self.ind_id, self.context, self.year or "") if part)
        about = ", ".join(part for part in (cell, self.unit) if part)
        return " | ".join(part for part in (self.kind.value.upper(), where, about, self.text) if part)


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Parameters
    ----------
    findings
        Everything that is wrong, leaks first.
    cells_read, hidden_read
        Cells that the site tells of, and how many of them are marked as hidden.
    """

    findings: tuple[Finding, ...]
    cells_read: int
    hidden_read: int

    @property
    def passed(self) -> bool:
        """Whether the site may be released."""
        return not self.findings

    def report_text(self) -> str:
        """The findings as lines, and a summary; no numbers but how many cells were looked at."""
        lines = [str(finding) for finding in self.findings]
        read = f"{self.cells_read} cells read, {self.hidden_read} of them hidden"
        if self.passed:
            return f"The site passes the audit: {read}, and none of these can be worked out."
        kinds = [f"{sum(f.kind is kind for f in self.findings)} {kind.value}" for kind in FindingKind]
        told = ", ".join(kind for kind in kinds if not kind.startswith("0 "))
        return "\n".join([*lines, f"The site does not pass the audit: {told}. {read}. Do not release it."])


def audit(site: Path, project: Path, editions: Sequence[Path] = ()) -> Audit:
    """Attack a site with everything that is published.

    Parameters
    ----------
    site
        The folder of the finished site.
    project
        The project's folder, for `registries/units.csv` and the descriptors; nothing else of it is read but whether it
        has published anything.
    editions
        Folders of earlier editions that the public has seen.

    Raises
    ------
    UsageError
        When a folder is not there.
    ConfigurationError
        When the units are faulty.
    """
    for folder in (site, *editions):
        if not folder.is_dir():
            raise UsageError(f"{folder}: there is no such folder. Name the folder of a finished site.")
    public = Public.read(project)
    now, *inside = read_site(public, site)
    earlier = [*inside, *(edition for folder in editions for edition in read_site(public, folder))]
    findings = [
        *_leaks(public, now),
        *_exposures(public, now, earlier),
        *_not_read(now, has_published=any(Project(project).published.glob("*.parquet"))),
    ]
    return Audit(tuple(dict.fromkeys(findings)), len(now.readings), len(now.hidden))


# --- leaks -----------------------------------------------------------------------------------------------------------
_BESIDE = "A number, a verdict or a drawn mark stands beside this unit, whose result is hidden."
_TOLD = "This place tells the result; elsewhere it is hidden."


def _leaks(public: Public, edition: Edition) -> Iterator[Finding]:
    hidden = edition.hidden
    for key in hidden:
        told = [one for one in edition.readings[key] if one.numbers is not None]
        yield from (_finding(public, FindingKind.LEAK, key, one.spot, _TOLD) for one in told)
    by_place: dict[Place, list[Key]] = {}
    for key in hidden:
        by_place.setdefault(key.place, []).append(key)
    newest: dict[str, int] = {}
    for key in edition.readings:
        newest[key.registry] = max(key.year, newest.get(key.registry, key.year))
    for claim in edition.claims:
        for key in _claimed(claim, by_place, newest):
            yield _finding(public, FindingKind.LEAK, key, claim.spot, _BESIDE)


def _claimed(claim: Claim, hidden: Mapping[Place, list[Key]], newest: Mapping[str, int]) -> Iterator[Key]:
    """The hidden cells that a claim may be about. Where no year is known, the newest is meant."""
    spot = claim.spot
    for place in claim.places:
        for key in hidden.get(place, ()):
            asked = (spot.registry, spot.ind_id, spot.context)
            same = all(
                not (a and k) or a == k for a, k in zip(asked, (key.registry, key.ind_id, key.context), strict=True)
            )
            if same and key.year in (claim.years or (newest[key.registry],)):
                yield key


# --- sums ------------------------------------------------------------------------------------------------------------
_WHAT = {
    Measure.DENOMINATOR: "its number of patients",
    Measure.NUMERATOR: "how many of its patients have the property",
    Measure.MISSES: "how many of its patients lack the property",
}
Group = tuple[str, str, str, int]


def _exposures(public: Public, now: Edition, earlier: Sequence[Edition]) -> Iterator[Finding]:
    groups: dict[Group, list[Key]] = {}
    for key in now.readings:
        groups.setdefault(key[:4], []).append(key)
    older: dict[Group, list[dict[Place, Known]]] = {}
    for edition in earlier:
        for group, keys in _grouped(edition).items():
            if group in groups:
                older.setdefault(group, []).append(_known(public, edition, keys)[0])
    for group, keys in groups.items():
        yield from _group_exposures(public, now, keys, older.get(group, []))


def _grouped(edition: Edition) -> dict[Group, list[Key]]:
    groups: dict[Group, list[Key]] = {}
    for key in edition.readings:
        groups.setdefault(key[:4], []).append(key)
    return groups


def _group_exposures(
    public: Public, now: Edition, keys: list[Key], older: Sequence[dict[Place, Known]]
) -> Iterator[Finding]:
    """What one indicator, context and year give away: by this edition alone, then together with earlier ones."""
    variants = _known(public, now, keys)
    alone = [_bound(public, keys[0], cells) for cells in variants]
    yield from _findings(public, now, keys[0], alone, "Published sums")
    found = {place for outcome in alone for place in outcome.exposed}
    for edition in older:
        filled = [_with_earlier(public, cells, edition) for cells in variants]
        if filled == variants:
            continue
        given = {p for cells, before in zip(filled, variants, strict=True) for p in cells if before[p] != cells[p]}
        more = [_bound(public, keys[0], cells) for cells in filled]
        fresh = {place: why for outcome in more for place, why in outcome.exposed.items() if place not in found}
        fresh |= dict.fromkeys(given, (Measure.DENOMINATOR,))
        yield from _findings(
            public, now, keys[0], [Outcome(fresh)], "Published sums, together with an earlier edition,"
        )


def _bound(public: Public, key: Key, cells: dict[Place, Known]) -> Outcome:
    indicator = public.registries[key.registry].indicator(key.ind_id)
    kind = indicator.type
    return bound(Family(public.units, cells, Policy(indicator.min_denominator), kind.summed, kind.summed))


def _known(public: Public, edition: Edition, keys: Iterable[Key]) -> list[dict[Place, Known]]:
    """What is printed about each cell; twice, first and last word first, where places contradict each other."""
    first: dict[Place, Known] = {}
    last: dict[Place, Known] = {}
    for key in keys:
        told = edition.readings[key]
        first[key.place] = _together(public, key, told)
        last[key.place] = _together(public, key, told[::-1])
    return [first] if first == last else [first, last]


def _together(public: Public, key: Key, told: Sequence[Reading]) -> Known:
    """All that is printed about a cell; what contradicts an earlier word is left out."""
    if any(one.numbers is None for one in told):
        return HIDDEN
    numbers = Numbers()
    for one in told:
        assert one.numbers is not None
        numbers = numbers.meet(one.numbers) or numbers
    if not public.registries[key.registry].indicator(key.ind_id).type.summed:
        return Known(n=counts(Numbers(n=numbers.n))[0])
    n, x = counts(numbers)
    return Known(n, x)


def _with_earlier(public: Public, cells: dict[Place, Known], edition: dict[Place, Known]) -> dict[Place, Known]:
    """Hidden cells with what an earlier edition showed, unless a total above them has changed since."""
    changed = {
        place
        for place, known in cells.items()
        if place in edition and not known.hidden and not edition[place].hidden and not _agree(known, edition[place])
    }
    return {
        place: edition[place]
        if known.hidden and place in edition and not edition[place].hidden and changed.isdisjoint(_above(public, place))
        else known
        for place, known in cells.items()
    }


def _agree(one: Known, other: Known) -> bool:
    pairs = ((one.n, other.n), (one.x, other.x))
    return all(a is None or b is None or a.meet(b) is not None for a, b in pairs)


def _above(public: Public, place: Place) -> set[Place]:
    nation = Place(Level.NATION.value, public.units.nation.orgnr)
    if place.level == Level.COUNTY.value:
        return {nation}
    above = {Place(up.level.value, up.orgnr) for up in public.units.ancestors(place.orgnr)}
    county = public.units[place.orgnr].county
    return above | ({Place(Level.COUNTY.value, county)} if county else set())


def _findings(public: Public, now: Edition, key: Key, outcomes: Sequence[Outcome], by: str) -> Iterator[Finding]:
    for outcome in outcomes:
        for place, measures in outcome.exposed.items():
            cell = key._replace(place=place)
            what = " and ".join(_WHAT[measure] for measure in measures)
            yield _finding(
                public, FindingKind.EXPOSED, cell, _marked(now, cell), f"{by} leave too few values for {what}."
            )
    for place in frozenset.intersection(*(outcome.contradicted for outcome in outcomes)):
        cell = key._replace(place=place)
        text = "The numbers published around this hidden result cannot all be true."
        yield _finding(public, FindingKind.CONTRADICTION, cell, _marked(now, cell), text)


def _marked(edition: Edition, key: Key) -> Spot:
    """Where a cell is marked as hidden, or else where its family is told of."""
    told = edition.readings.get(key, ())
    marks = [one.spot for one in told if one.numbers is None]
    return marks[0] if marks else Spot("", "not on any page")


# --- what could not be read ------------------------------------------------------------------------------------------
def _not_read(now: Edition, *, has_published: bool) -> Iterator[Finding]:
    for file in now.unreadable:
        text = "This file cannot be read, so nobody knows what it gives away. Publish it as CSV, JSON, Parquet or HTML."
        yield Finding(FindingKind.UNREADABLE, text, file)
    for one in now.unattached:
        text = "A row of a table of results whose indicator, context, year or unit cannot be told."
        yield Finding(FindingKind.UNREADABLE, text, one.spot.file, one.spot.place)
    if not now.readings and has_published:
        yield Finding(
            FindingKind.NOTHING, "No result was found in the site: there is nothing that this audit has checked."
        )
        return
    read = {key.registry for key in now.readings}
    for registry, file in now.pages.items():
        if registry not in read:
            text = "The registry has pages of results, but no result was found on them."
            yield Finding(FindingKind.NOTHING, text, file, registry=registry)


def _finding(public: Public, kind: FindingKind, key: Key, spot: Spot, text: str) -> Finding:
    orgnr = key.place.orgnr
    unit = f"{public.units[orgnr].name} ({orgnr})" if orgnr in public.units else orgnr
    return Finding(kind, text, spot.file, spot.place, key.registry, key.ind_id, key.context, key.year, unit)
