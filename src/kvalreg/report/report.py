"""`Report`: what a notebook works with.

Comes in: the name of a registry, a year, a round and a language, as papermill gives them. Goes out: pieces that
display themselves. It reads `Published` and nothing else, so that nothing hidden can reach a page.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import pandas as pd

from kvalreg.disclosure.presentation import LADDER, Reason
from kvalreg.disclosure.published import Published, load_published
from kvalreg.inputs.descriptor import Indicator, Registry
from kvalreg.inputs.units import Level
from kvalreg.report import figures, registry_text
from kvalreg.report.addresses import anchor, year_folder
from kvalreg.report.display import Piece, html_piece, join
from kvalreg.report.markup import escape_markdown, safe_html
from kvalreg.report.messages import Message, message, messages_piece, weightiest
from kvalreg.report.tables import Line, indicator_table
from kvalreg.report.wording import Words, words

PUBLISHED_FOLDER = "KVALREG_PUBLISHED"
"""Environment variable that says where the published cells lie; `_build/published` when it is not set."""
ROUNDS = ("final", "interim")
_CONTEXTS = ("caregiver", "resident")


@dataclass(frozen=True)
class Report:
    """One registry's published results, seen from one year.

    Examples
    --------
    >>> report = Report.load("slag", 2025)  # doctest: +SKIP
    >>> report.messages()  # doctest: +SKIP
    """

    published: Published
    year: int
    round: str
    words: Words

    @classmethod
    def load(cls, registry: str, year: int, round: str = "final", language: str | None = None) -> Report:  # noqa: A002
        """The report of a registry and year.

        Parameters
        ----------
        registry
            The registry's id.
        year
            The year of the results.
        round
            ``final``, or ``interim`` for results so far this year.
        language
            ``nb``, ``nn`` or ``en``; the registry's own when not given.

        Raises
        ------
        FileNotFoundError
            When the registry has published nothing.
        ValueError
            When the round is unknown, or the registry has nothing from that year.
        """
        if round not in ROUNDS:
            raise ValueError(f"{round!r} is no round: use one of {', '.join(ROUNDS)}")
        published = load_published(registry, Path(os.environ.get(PUBLISHED_FOLDER, "_build/published")))
        if year not in set(published.cells["year"]):
            raise ValueError(f"{registry} has no results from {year}")
        return cls(published, int(year), round, words(language or published.registry.language))

    # --- what it is about --------------------------------------------------------------------------------------------
    @property
    def registry(self) -> Registry:
        """The registry's descriptor."""
        return self.published.registry

    @property
    def indicators(self) -> list[Indicator]:
        """The indicators that are shown, in the registry's own order, which have a cell in this year."""
        present = set(self._cells_of_year()["ind_id"])
        return [indicator for indicator in self.registry.indicators if indicator.include and indicator.id in present]

    def cells(self, ind_id: str, context: str, level: Level) -> pd.DataFrame:
        """The published cells of one indicator, context and level, all years up to this one, with the unit's name."""
        cells = self.published.cells
        chosen = cells[
            (cells["ind_id"] == ind_id)
            & (cells["context"] == context)
            & (cells["level"] == level.value)
            & (cells["year"] <= self.year)
        ]
        return chosen.assign(unit=[self.unit_name(level, orgnr) for orgnr in chosen["orgnr"]])

    def unit_name(self, level: Level, orgnr: str) -> str:
        """The short name of a unit, where it repeats with the unit above, else its whole name; a county's own name."""
        if level is Level.COUNTY:
            return orgnr
        unit = self.published.units[orgnr]
        if unit.level is Level.NATION:
            return self.words("units.nation")
        twins = [u for u in self.published.units.at(unit.level) if u.short_name == unit.short_name]
        if len(twins) == 1:
            return unit.short_name
        if unit.parent is not None and len({twin.parent for twin in twins}) == len(twins):
            return f"{unit.short_name} ({self.published.units[unit.parent].short_name})"
        return unit.name

    # --- pieces of a page --------------------------------------------------------------------------------------------
    def lead(self) -> Piece:
        """What the page is, the provisional mark, and when the data were delivered."""
        say, name = self.words, self.registry.name
        key = "page.lead_year_nation" if self._finest is Level.NATION else "page.lead_year"
        level = say(f"presentation.per_{self._finest}")
        lines = [f'<p class="kv-lead">{escape(say(key, year=self.year, name=name, level=level))}</p>']
        if self.round == "interim":
            mark, note = say("states.provisional"), say("states.provisional_note")
            lines.append(f'<p class="kv-provisional"><strong>{escape(mark)}.</strong> {escape(note)}</p>')
        lines.append(f'<p class="kv-note">{escape(self._deliveries())}</p>')
        return html_piece("\n".join(lines))

    def introduction(self) -> Piece:
        """What a registry's page holds, and when its data were delivered."""
        lead = f'<p class="kv-lead">{escape(self.words("page.lead_registry"))}</p>'
        return html_piece(f'{lead}\n<p class="kv-note">{escape(self._deliveries())}</p>')

    def messages(self, link_to: str = "") -> Piece:
        """Two to four sentences, the most important first, each with its level and a link to its indicator."""
        found = self._messages()
        if not found:
            return html_piece(f"<p>{escape(self.words('message.none', year=self.year))}</p>")
        return messages_piece(found, link_to, self.words)

    def headline(self) -> str:
        """The most important message's first sentence, as plain text."""
        found = self._messages()
        return found[0].headline(self.words) if found else self.words("message.none", year=self.year)

    def table(self) -> Piece:
        """The table of all indicators for the nation."""
        lines = []
        for indicator in self.indicators:
            contexts = self._contexts(indicator)
            for context in contexts:
                note = self.words(f"message.{context}") if len(contexts) > 1 else ""
                cell = self._nation(indicator, context)
                if cell is not None:
                    lines.append(Line(indicator, cell, f"#{anchor(indicator.id)}", note))
        caption = self.words("table.caption", year=self.year)
        return indicator_table("indikatorer-tabell", lines, caption, self.words)

    def sections(self) -> Piece:
        """One section per indicator: what it is, message, trend, comparison of units, data, definition."""
        return join(self.section(indicator.id) for indicator in self.indicators)

    def section(self, ind_id: str) -> Piece:
        """The section of one indicator."""
        indicator = self.registry.indicator(ind_id)
        pieces = [
            Piece(f"### {escape_markdown(indicator.title)} {{#{anchor(indicator.id)}}}"),
            html_piece(safe_html(indicator.short_description)) if indicator.short_description else Piece(""),
        ]
        contexts = self._contexts(indicator)
        for context in contexts:
            if len(contexts) > 1:
                pieces.append(html_piece(f"<h4>{escape(_capital(self.words(f'message.{context}')))}</h4>"))
            pieces += [self.text(ind_id, context), self.trend(ind_id, context)]
            pieces += [self.presentation(ind_id, context), self.compare(ind_id, context)]
        return join([*pieces, registry_text.definition(indicator, self.words)])

    def text(self, ind_id: str, context: str = "caregiver") -> Piece:
        """The message of one indicator as a paragraph."""
        indicator = self.registry.indicator(ind_id)
        found = self._message(indicator, context)
        if found is None:
            return html_piece(f"<p>{escape(self.words('message.none', year=self.year))}</p>")
        return html_piece(f"<p>{found.html(self.words)}</p>")

    def trend(self, ind_id: str, context: str = "caregiver") -> Piece:
        """The nation's figures over the years."""
        indicator = self.registry.indicator(ind_id)
        figure = figures.trend(
            f"utvikling-{anchor(indicator.id)}-{context}",
            indicator,
            self.cells(ind_id, context, Level.NATION),
            self.words,
        )
        return figure.piece(self.words) if figure else Piece("")

    def presentation(self, ind_id: str, context: str = "caregiver") -> Piece:
        """Why the results are not shown per hospital; nothing where they are."""
        shown = self.published.presentation(ind_id, context, self.year)
        if shown.reason is Reason.QUALITY:
            return Piece("")
        unit_word = self.words(f"units.{shown.passed_over or shown.level}")
        text = self.words(
            f"presentation.{shown.reason}",
            level=self.words(f"presentation.per_{shown.level}"),
            count=shown.low_coverage,
            total=shown.units,
            unit_word=unit_word,
            unit_word_capital=_capital(unit_word),
        )
        return html_piece(f'<p class="kv-note">{escape(text)}</p>')

    def compare(self, ind_id: str, context: str = "caregiver") -> Piece:
        """The units of the level that is presented, side by side."""
        indicator = self.registry.indicator(ind_id)
        level, cells = self._units_compared(indicator, context)
        nation = self._nation(indicator, context)
        known = nation is not None and nation["shown"]
        value = self.words.value(indicator, nation["value"]) if nation is not None and known else "–"
        view = figures.Comparison(self.words, self.year, level.value, value)
        figure = figures.compare(f"enheter-{anchor(indicator.id)}-{context}", indicator, cells, view)
        if figure is None:
            return Piece("")
        hidden = int((~cells["shown"]).sum())
        note = self.words("figure.hidden_count_one", count=hidden, unit_word=self.words(f"units.{level.value}"))
        why = self.words("states.hidden_note", minimum=indicator.min_denominator)
        after = html_piece(f'<p class="kv-note">{escape(note)} {escape(why)}</p>') if hidden else Piece("")
        return join([figure.piece(self.words), after])

    def quality(self) -> Piece:
        """Coverage of the nation, and the method."""
        cells = self._cells_of_year()
        nation = cells[(cells["level"] == Level.NATION.value) & cells["shown"] & cells["coverage"].notna()]
        text = self.words("page.coverage_none")
        if len(nation):
            newest = nation.sort_values("coverage_year").iloc[-1]
            share = self.words.number(newest["coverage"] * 100) + " %"
            text = self.words("page.coverage_text", year=int(newest["coverage_year"]), coverage=share)
        return html_piece(f"<p>{escape(text)}</p>\n<p>{escape(self.words('page.method'))}</p>")

    def about(self) -> Piece:
        """The seed's field *about*."""
        return registry_text.about(self.registry, self.words)

    def quality_improvement(self) -> Piece:
        """How results were used."""
        return registry_text.quality_improvement(self.registry, self.words)

    def research(self) -> Piece:
        """Research findings and projects."""
        return registry_text.research(self.registry, self.words)

    def heading(self, key: str) -> Piece:
        """A heading of the page, by its key in the catalogue: ``heading("messages")``."""
        return Piece(f"## {escape_markdown(self.words(f'page.{key}'))} {{#{key.replace('_', '-')}}}")

    def year_link(self) -> str:
        """The address of this year's page, seen from the registry's page."""
        return f"{year_folder(self.year, self.round)}/index.html"

    def trends(self) -> Piece:
        """The registry's page's results: each indicator's trend, and the way to the whole year."""
        pieces = []
        for indicator in self.indicators:
            for context in self._contexts(indicator)[:1]:
                pieces.append(Piece(f"### {escape_markdown(indicator.title)} {{#{anchor(indicator.id)}}}"))
                pieces += [self.text(indicator.id, context), self.trend(indicator.id, context)]
        link = escape_markdown(self.words("page.see_year", year=self.year))
        pieces.append(Piece(f"[{link}]({year_folder(self.year, self.round)}/index.qmd)"))
        return join(pieces)

    def years(self) -> Piece:
        """Links to every year's page, newest first."""
        links = []
        for year, round_ in rounds(self.published)[::-1]:
            text = self.words("page.interim_year", year=year) if round_ == "interim" else str(year)
            links.append(f"- [{escape_markdown(text)}]({year_folder(year, round_)}/index.qmd)")
        return Piece("\n".join(links))

    # --- inside ------------------------------------------------------------------------------------------------------
    def _messages(self) -> list[Message]:
        found = [
            self._message(indicator, context)
            for indicator in self.indicators
            for context in self._contexts(indicator)[:1]
        ]
        return weightiest([one for one in found if one is not None])

    def _message(self, indicator: Indicator, context: str) -> Message | None:
        cell = self._nation(indicator, context)
        return None if cell is None else message(indicator, cell, self._units_compared(indicator, context))

    def _deliveries(self) -> str:
        """When the data were delivered, and whether any of them could not be used."""
        source, say = self.published.source, self.words
        left_out = say("page.left_out") if any(one.rows_left_out for one in source.deliveries) else ""
        if source.latest_update is None or source.latest_affirm is None:
            return f"{say('page.updated_unknown')} {left_out}".strip()
        dates = say("page.updated", update=say.date(source.latest_update), affirm=say.date(source.latest_affirm))
        return f"{dates} {left_out}".strip()

    def _cells_of_year(self) -> pd.DataFrame:
        return self.published.cells[self.published.cells["year"] == self.year]

    @property
    def _finest(self) -> Level:
        """The finest level that any indicator is shown at this year."""
        included = {indicator.id for indicator in self.indicators}
        shown = [one for one in self.published.presentations if one.year == self.year and one.ind_id in included]
        return min((one.level for one in shown), key=LADDER.index, default=Level.NATION)

    def _contexts(self, indicator: Indicator) -> list[str]:
        cells = self._cells_of_year()
        present = set(cells.loc[cells["ind_id"] == indicator.id, "context"])
        return [context for context in _CONTEXTS if context in present]

    def _nation(self, indicator: Indicator, context: str) -> pd.Series[Any] | None:
        cells = self.cells(indicator.id, context, Level.NATION)
        now = cells[cells["year"] == self.year]
        return now.iloc[0] if len(now) else None

    def _units_compared(self, indicator: Indicator, context: str) -> tuple[Level, pd.DataFrame]:
        """The level of presentation, and this year's cells at it."""
        level = self.published.presentation(indicator.id, context, self.year).level
        cells = self.cells(indicator.id, context, level)
        return level, cells[cells["year"] == self.year]


def rounds(published: Published) -> list[tuple[int, str]]:
    """Every year with cells and its round, oldest first: a year is interim while any of its cells is provisional."""
    provisional = published.cells.groupby("year")["provisional"].any()
    return [(int(str(year)), "interim" if mark else "final") for year, mark in provisional.items()]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
