"""One registry's share of what is told of each unit: on the unit's page, in the file beside it, and in the API.

Comes in: one registry's newest results. Goes out: a `UnitShare` for each unit, as finished text, so that the pages of
all units are put together from the registries' shares, and a registry that has not changed is not asked again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kvalreg.inputs.slugs import WITH_PAGE
from kvalreg.inputs.unit_names import full_name
from kvalreg.report.addresses import link, unit_page
from kvalreg.report.cell_markup import cell_address, cell_attribute, year_html
from kvalreg.report.figures.cells import PublishedCell
from kvalreg.report.markup import escape, own_words
from kvalreg.report.results_table import ResultLine, TableLook, attributes_html, results_table
from kvalreg.report.wording import Words, words
from kvalreg.report.yours import unit_told
from kvalreg.site import filters
from kvalreg.site.api import newest_answers
from kvalreg.site.content import Shown, UnitShare
from kvalreg.site.delay import tables_delay_mark
from kvalreg.site.newest import Newest, NewestResults, against_target

GLANCED = ("reached", "missed", "better", "worse", "other_change")
"""The lists of what is certain on a unit's page, in their order."""
_COLUMNS = ("indicator", "value", "patients", "target", "level", "change")
_AT = unit_page("enhet")
"""Every unit's page lies as deep as this one, so links from it are the same."""


@dataclass(frozen=True)
class _Result:
    """One result of a unit, and where it comes from."""

    newest: Newest
    one: NewestResults
    cell: PublishedCell

    @property
    def about(self) -> dict[str, str]:
        """Which cell it is, as attributes."""
        one = self.one
        key = (self.newest.registry.id, one.indicator.id, one.context, one.year, self.cell["orgnr"])
        return {"data-kv-cell": cell_address(*key)}


def unit_shares(shown: Shown) -> Mapping[str, UnitShare]:
    """The registry's share by unit: as it was kept, or made now."""
    return shown.shares if shown.shares is not None else _made(shown)


def _made(shown: Shown) -> Mapping[str, UnitShare]:
    say = words("nb")
    found: dict[str, list[_Result]] = {}
    levels = {level.value for level in WITH_PAGE}
    for one in shown.newest.results:
        for (level, orgnr), cell in one.cells.items():
            if level in levels:
                found.setdefault(orgnr, []).append(_Result(shown.newest, one, cell))
    answers = newest_answers(shown)
    return {
        orgnr: _share(shown, orgnr, found.get(orgnr, []), answers.get(orgnr, ""), say)
        for orgnr in sorted({*found, *answers})
    }


def _share(shown: Shown, orgnr: str, results: list[_Result], answers: str, say: Words) -> UnitShare:
    if not results:
        return UnitShare(answers=answers)
    unit = shown.published.units[orgnr]
    blocks = (
        json.dumps(_block(full_name(unit, {}), one), ensure_ascii=False, separators=(",", ":")) for one in results
    )
    return UnitShare(
        _glance(results, say),
        _table(shown, results, say),
        ",".join(blocks),
        answers,
    )


def _glance(results: list[_Result], say: Words) -> dict[str, list[str]]:
    """What is certain, as lines of lists."""
    groups: dict[str, list[str]] = {}
    for result in results:
        if result.one.provisional or not result.cell["shown"]:
            continue
        said = against_target(result.cell, result.one.indicator)
        changed = result.cell["change"] if result.cell["change"] != "unclear" else ""
        for name in (said, changed if changed in GLANCED else changed and "other_change"):
            if name:
                groups.setdefault(name, []).append(_glance_line(result, say))
    return groups


def _glance_line(result: _Result, say: Words) -> str:
    registry, indicator = result.newest.registry, result.one.indicator
    told = words(say.language, registry.language)
    where = own_words(escape(registry.short_name), told)
    where += f", {escape(say('message.resident'))}" if result.one.context == "resident" else ""
    return (
        f'<li{attributes_html(result.about)}><a href="{_indicator_link(result)}">'
        f"{own_words(escape(indicator.title), told)}</a> "
        f'<span data-kv-role="value">{escape(told.value(indicator, result.cell["value"]))}</span> '
        f'<span class="kv-note">{where}, {year_html(result.one.year)}</span></li>'
    )


def _indicator_link(result: _Result) -> str:
    return link(result.newest.pages[result.one.indicator.id], _AT)


def _table(shown: Shown, results: list[_Result], say: Words) -> str:
    newest = results[0].newest
    caption = f"{newest.registry.name}, {newest.round[0]}"
    lines = [_line(result, say) for result in results]
    look = TableLook(caption, _COLUMNS, f"fotnote-{newest.registry.id}", source=(newest.registry.id,))
    registry = cell_attribute(cell_address(newest.registry.id))
    table = tables_delay_mark(shown, say) + results_table(lines, look, say)
    return f'<div data-f-group="gruppe"{registry}>{table}</div>'


def _line(result: _Result, say: Words) -> ResultLine:
    registry, one = result.newest.registry, result.one
    told = words(say.language, registry.language)
    note = f' <span class="kv-note">{escape(", ".join(notes))}</span>' if (notes := [*_notes(result, say)]) else ""
    title = own_words(escape(one.indicator.title), told)
    found_by = filters.row_values({filters.FIELD: registry.medical_fields})
    attributes = result.about | found_by | filters.result_values(result.cell, one.indicator)
    name = f'<a href="{_indicator_link(result)}">{title}</a>{note}'
    secret_below = registry.secret_below_of(one.indicator)
    return ResultLine(name, one.indicator, result.cell, told, attributes, secret_below=secret_below)


def _notes(result: _Result, say: Words) -> Iterable[str]:
    one = result.one
    if one.context == "resident":
        yield say("message.resident")
    if one.year != result.newest.round[0] or one.provisional:
        yield say("results.of_year_provisional" if one.provisional else "results.of_year", year=one.year)


def _block(name: str, result: _Result) -> dict[str, object]:
    """A result as the page's scripts read it."""
    one, registry = result.one, result.newest.registry
    own = words("nb", registry.language)
    told = unit_told({**result.cell, "unit": name}, one.indicator, own, registry.secret_below_of(one.indicator))
    units = {result.cell["orgnr"]: told}
    return {
        "registry": registry.id,
        "ind_id": one.indicator.id,
        "context": one.context,
        "year": one.year,
        "units": units,
    }
