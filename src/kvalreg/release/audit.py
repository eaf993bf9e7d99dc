"""The audit of a site: does anything that is published give away what is hidden?

Comes in: the folder of a site as it is published, earlier editions, and what everybody knows (the units and the
registries' definitions). Goes out: `Audit`, with every finding. It never reads a secret result, and a finding never
repeats a number. How it reads and reasons is told in ``docs/methods/audit.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from kvalreg.disclosure.attack import Measure
from kvalreg.errors import UsageError
from kvalreg.project import Project
from kvalreg.release.audit_exposures import attacked, told_before
from kvalreg.release.audit_files import MARKUP, Edition, read_site
from kvalreg.release.audit_public import Key, Place, Public, Spot
from kvalreg.release.audit_readings import Claim


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
    told_before
        How many hidden cells an earlier edition showed, unchanged as far as a reader can tell. That cannot be taken
        back, and is no finding.
    """

    findings: tuple[Finding, ...]
    cells_read: int
    hidden_read: int
    told_before: int = 0

    @property
    def passed(self) -> bool:
        """Whether the site may be released."""
        return not self.findings

    def report_text(self) -> str:
        """The findings as lines, and a summary; no numbers but how many cells were looked at."""
        lines = [str(finding) for finding in self.findings]
        read = f"{self.cells_read} cells read, {self.hidden_read} of them hidden"
        if self.told_before:
            read += f" ({self.told_before} of these stood in an earlier edition, which cannot be taken back)"
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
    before = len(told_before(public, now, earlier)) if earlier else 0
    return Audit(tuple(dict.fromkeys(findings)), len(now.readings), len(now.hidden), before)


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


def _exposures(public: Public, now: Edition, earlier: Sequence[Edition]) -> Iterator[Finding]:
    for one in attacked(public, now, earlier):
        spot = now.hidden.get(one.key, Spot("", "not on any page"))
        if one.measures:
            by = "Published sums, together with an earlier edition," if one.with_earlier else "Published sums"
            text = f"{by} leave too few values for {' and '.join(_WHAT[measure] for measure in one.measures)}."
            yield _finding(public, FindingKind.EXPOSED, one.key, spot, text)
        else:
            text = "The numbers published around this hidden result cannot all be true."
            yield _finding(public, FindingKind.CONTRADICTION, one.key, spot, text)


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
    pages = ((key.registry, one.spot.file) for key, told in now.readings.items() for one in told)
    read = {registry for registry, file in pages if PurePosixPath(file).suffix in MARKUP}
    for registry, file in now.pages.items():
        if registry not in read:
            text = "The registry has pages of results, but no result was found on them."
            yield Finding(FindingKind.NOTHING, text, file, registry=registry)


def _finding(public: Public, kind: FindingKind, key: Key, spot: Spot, text: str) -> Finding:
    orgnr = key.place.orgnr
    unit = f"{public.units[orgnr].name} ({orgnr})" if orgnr in public.units else orgnr
    return Finding(kind, text, spot.file, spot.place, key.registry, key.ind_id, key.context, key.year, unit)
