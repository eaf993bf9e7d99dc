"""What readers call a unit: the short name that people use, and more only where two with results would bear it.

Input: units, and which of them have results. Output: a name for each. The register of organisations writes names in
capitals (``NORDLANDSSYKEHUSET HF SOMATIKK - BODØ``); they are shown only as far as they are needed, and readable.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable

from kvalreg.inputs.units import Level, Unit, Units

_AS_THEY_ARE = {"HF", "RHF", "AS", "ASA", "DPS", "BUP", "UNN", "OUS", "SUS", "NKS"}
_SMALL = {"av", "for", "fra", "i", "med", "og", "på", "til", "ved"}
_WORD = re.compile(r"[^\W\d_]+")
_COMPANY = re.compile(r"\s+(?:R?HF|AS)$")


def shown_names(units: Units, with_results: Collection[str]) -> dict[str, str]:
    """The name of every unit with results, by `orgnr`; no two of one level are alike.

    Examples
    --------
    Two hospitals called Bodø are ``Bodø (Nordlandssykehuset)`` and ``Bodø (Helgelandssykehuset)``; of one HF, they are
    ``Bodø (Somatikk)`` and ``Bodø (Habilitering/Rehab)``. Without results of the second, the first is ``Bodø``.
    """
    twins: defaultdict[tuple[Level, str], list[Unit]] = defaultdict(list)
    for unit in units:
        if unit.orgnr in with_results:
            twins[unit.level, unit.short_name.casefold()].append(unit)
    return {orgnr: name for group in twins.values() for orgnr, name in _apart(group, units)}


def full_name(unit: Unit, shown: dict[str, str]) -> str:
    """The name of a unit where there is room for it: its whole name, or, where that is in capitals, its shown one."""
    return shown.get(unit.orgnr, unit.short_name) if _in_capitals(unit.name) else unit.name


def possible_names(unit: Unit, units: Units) -> tuple[str, ...]:
    """Every name that a unit may be shown by: the shortest first, and the last one no other unit has."""
    names = [unit.short_name]
    if unit.parent is not None and unit.parent in units:
        names.append(f"{unit.short_name} ({_company(units[unit.parent])})")
        own = _own_part(unit, units[unit.parent]) if _in_capitals(unit.name) else ""
        names += [f"{unit.short_name} ({own})"] if own else []
    return (*names, readable(unit.name), f"{readable(unit.name)} ({unit.orgnr})")


def readable(name: str) -> str:
    """A name in capitals with capitals where names have them; another name as it is.

    Worked: ``NORDLANDSSYKEHUSET HF SOMATIKK - BODØ`` is ``Nordlandssykehuset HF Somatikk - Bodø``.
    """
    return _WORD.sub(_cased, name) if _in_capitals(name) else name


def _in_capitals(name: str) -> bool:
    """Whether a name of more than a few letters has hardly any small ones: dates of closure may have (``utgått``)."""
    large, small = sum(sign.isupper() for sign in name), sum(sign.islower() for sign in name)
    return large > 5 and small < large / 2


def _cased(word: re.Match[str]) -> str:
    text = word[0]
    if text in _AS_THEY_ARE:
        return text
    return text.lower() if text.lower() in _SMALL and word.start() else text.capitalize()


def _company(parent: Unit) -> str:
    """An HF as people call it: ``Nordlandssykehuset`` for ``NORDLANDSSYKEHUSET HF``; else its short name."""
    return _COMPANY.sub("", readable(parent.name)) if _in_capitals(parent.name) else parent.short_name


def _own_part(unit: Unit, parent: Unit) -> str:
    """What an official name says beyond the HF and the place: ``Somatikk``; empty where that is nothing."""
    rest = unit.name.removeprefix(parent.name)
    rest = rest if rest != unit.name else rest.removeprefix(_COMPANY.sub("", parent.name))
    rest = re.sub(rf"\b{re.escape(unit.short_name)}\b", "", rest, flags=re.IGNORECASE)
    rest = re.sub(r"\s*,\s*-\s*", ", ", " ".join(rest.split()))
    return readable(rest.strip(" -–,.")) if rest != unit.name else ""


def _apart(group: list[Unit], units: Units) -> Iterable[tuple[str, str]]:
    """Each unit with the shortest kind of name that tells all of a group apart."""
    names = {unit.orgnr: possible_names(unit, units) for unit in group}
    for at in range(max(map(len, names.values()))):
        told = {orgnr: each[min(at, len(each) - 1)] for orgnr, each in names.items()}
        if len(set(told.values())) == len(told):
            return told.items()
    return [(orgnr, each[-1]) for orgnr, each in names.items()]
