"""`Report`: what a notebook works with.

Comes in: the name of a registry, a year, a round and a language, as papermill gives them. Goes out: pieces that
display themselves. It reads `Published` and nothing else, so that nothing hidden can reach a page.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

from kvalreg.disclosure.presentation import LADDER, Reason
from kvalreg.disclosure.published import Published, Status, load_published
from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.units import Level
from kvalreg.report import registry_text
from kvalreg.report.addresses import (
    anchor,
    in_language,
    indicator_page,
    link,
    registry_page,
    series_file,
    year_folder,
    year_page,
)
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, number_html
from kvalreg.report.display import Piece, html_piece, join
from kvalreg.report.figures import FIGURES
from kvalreg.report.figures.cells import Cells, PublishedCell, known
from kvalreg.report.figures.theme import drawn
from kvalreg.report.figures.works import drawn_works
from kvalreg.report.markup import escape_markdown, own_words, safe_html
from kvalreg.report.messages import Message, message, messages_piece, weightiest
from kvalreg.report.not_shown import LIMIT, not_shown
from kvalreg.report.selection import Selection
from kvalreg.report.tables import IndicatorLine, indicator_table
from kvalreg.report.wording import words
from kvalreg.report.yours import units_block, without_value

PUBLISHED_FOLDER = "KVALREG_PUBLISHED"
"""Environment variable that says where the published cells lie; the project's own when it is not set."""
ROUNDS = ("final", "interim")


class Report(Selection):
    """One registry's published results, seen from one year.

    Examples
    --------
    In Jupyter, anywhere in a project that has been built, each piece shows itself:

    >>> report = Report.load("slag", 2025)
    >>> report.trend("slag_enhet")
    <kvalreg piece, ... characters>
    >>> report.message() + report.table()
    <kvalreg piece, ... characters>
    """

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

        Examples
        --------
        >>> report = Report.load("slag", 2025, language="en")
        >>> report.year, report.registry.short_name
        (2025, 'Hjerneslag (demo)')
        """
        if round not in ROUNDS:
            raise ValueError(f"{round!r} is no round: use one of {', '.join(ROUNDS)}")
        folder = _published_folder()
        if not (folder / f"{registry}.parquet").is_file():
            raise FileNotFoundError(
                f"{registry} has published nothing that is found from this folder. Run: kvalreg build {registry}"
            )
        published = load_published(registry, folder)
        if not str(year).isdecimal():
            raise ValueError(f"The year is {year!r}: write four digits, as in 2025")
        year, years = int(year), sorted({int(one) for one in published.cells["year"]})
        if year not in years:
            raise ValueError(f"{registry} has no results from {year}: it has {', '.join(map(str, years)) or 'none'}")
        own = published.registry.language
        return cls(published, int(year), round, words(language or own, own))

    # --- pieces of a page --------------------------------------------------------------------------------------------
    def lead(self) -> Piece:
        """What the page is, the provisional mark, and when the data were delivered."""
        say, name = self.words, self.registry.name
        key = "page.lead_year_nation" if self._finest is Level.NATION else "page.lead_year"
        level = say(f"presentation.per_{self._finest}")
        lines = [f'<p class="kv-lead">{say.html(key, year=self.year, name=name, level=level)}</p>']
        lines += self._provisional_note()
        lines.append(f'<p class="kv-note">{self._deliveries()}</p>')
        return html_piece("\n".join([*self._languages(year_page(self.registry.id, self.year, self.round)), *lines]))

    def introduction(self) -> Piece:
        """What a registry's page holds, which year its newest results are from, and when its data were delivered."""
        say = self.words
        lines = [*self._languages(registry_page(self.registry.id))]
        lines.append(f'<p class="kv-lead">{escape(say("page.lead_registry"))}</p>')
        lines += self._provisional_note()
        newest = say.html("page.newest", year=self.year)
        lines.append(f'<p class="kv-note">{newest} {self._deliveries()}</p>')
        return html_piece("\n".join(lines))

    def message(self, ind_id: str | None = None, context: str = "caregiver", link_to: str = "") -> Piece:
        """The message of one indicator; without one, the page's two to four most important, each with its level.

        Parameters
        ----------
        link_to
            The page that the messages lead to; this one when not given.
        """
        if ind_id is not None:
            one = self._message(self.registry.indicator(ind_id), context)
            found = [] if one is None else [one]
        else:
            found = self._weightiest()
        if not found:
            return html_piece(f"<p>{self.words.html('message.none', year=self.year)}</p>")
        return messages_piece(found, link_to, self.words)

    def headline(self) -> str:
        """The most important message's first sentence, as plain text."""
        found = self._weightiest()
        return found[0].headline(self.words) if found else self.words("message.none", year=self.year)

    def headline_html(self) -> Html:
        """The same with its cell, for pages of other things."""
        found = self._weightiest()
        return found[0].headline_html(self.words) if found else self.words.html("message.none", year=self.year)

    def table(self) -> Piece:
        """The table of all indicators: the nation, and a place for the reader's own unit."""
        lines = []
        for indicator in self.indicators:
            contexts, secret_below = self.contexts(indicator), self.registry.secret_below_of(indicator)
            for context in contexts:
                note = self.words(f"message.{context}") if len(contexts) > 1 else ""
                lines += [
                    IndicatorLine(indicator, cell, f"#{anchor(indicator.id)}", note, secret_below)
                    for cell in self.nation(indicator, context)
                ]
        key = "table.caption_provisional" if self.round == "interim" else "table.caption"
        caption = self.words(key, year=self.year)
        return indicator_table("indikatorer-tabell", lines, caption, self.words, self.registry.id)

    def sections(self) -> Piece:
        """One section per indicator: what it is, message, trend, comparison of units, more, definition."""
        return join(self.section(indicator.id) for indicator in self.indicators)

    def section(self, ind_id: str) -> Piece:
        """The section of one indicator."""
        indicator = self.registry.indicator(ind_id)
        description = own_words(safe_html(indicator.short_description), self.words, "div")
        pieces = [self._title(indicator), html_piece(description) if description else Piece("")]
        contexts = self.contexts(indicator)
        for context in contexts:
            if len(contexts) > 1:
                pieces.append(html_piece(f"<h4>{escape(_capital(self.words(f'message.{context}')))}</h4>"))
            pieces += [self.text(ind_id, context), self.trend(ind_id, context)]
            pieces += [self.presentation(ind_id, context), self.compare(ind_id, context)]
            pieces += [self.variation(ind_id, context), self.units(ind_id, context)]
        return join([*pieces, registry_text.definition(indicator, self.words), self._whole_page(indicator)])

    def text(self, ind_id: str, context: str = "caregiver") -> Piece:
        """The message of one indicator as a paragraph, and a place for the sentence about the reader's own unit.

        Examples
        --------
        >>> Report.load("slag", 2025).text("slag_enhet")
        <kvalreg piece, ... characters>
        """
        indicator = self.registry.indicator(ind_id)
        found = self._message(indicator, context)
        place = f'<p class="kv-yours" data-ind="{escape(ind_id)}" data-context="{context}" hidden></p>'
        if found is None:
            return html_piece(f"{self._without(indicator, context)}\n{place}")
        return html_piece(f"<p{found.address}>{found.html(self.words)}</p>\n{place}")

    # --- figures -----------------------------------------------------------------------------------------------------
    def trend(self, ind_id: str, context: str = "caregiver", units: Sequence[str] = ()) -> Piece:
        """The nation over the years, and the units asked for by `orgnr` beside it.

        Examples
        --------
        >>> report = Report.load("slag", 2025)
        >>> hospitals = report.published.units.at("hospital")
        >>> report.trend("slag_enhet", units=[hospitals[0].orgnr])
        <kvalreg piece, ... characters>
        """
        indicator = self.registry.indicator(ind_id)
        presented = self.units_presented(indicator, context) if units else []
        beside = [cell for cell in presented if cell["orgnr"] in units]
        figure = self.figure("trend", ind_id, context, beside=beside)
        years = [int(cell["year"]) for cell in self.view(indicator, context).nation]
        works = drawn_works(self.registry.works(ind_id), years) if figure.markdown else ()
        return join([figure, registry_text.works_note(works, self.words)])

    def compare(self, ind_id: str, context: str = "caregiver", order: str = "value") -> Piece:
        """The units side by side, ordered by ``value``, ``name`` or ``certainty``; how many are not shown, and why."""
        figure = self.figure("compare", ind_id, context, order=order)
        indicator = self.registry.indicator(ind_id)
        _, cells = self.units_compared(indicator, context)
        without = [cell for cell in cells if not cell["shown"]]
        if not (figure.markdown and without):
            return figure
        view = self.view(indicator, context)
        word, number = view.unit_word(len(without)), self.words.count_html(len(without), "units-hidden")
        said = [self.words.html("figure.hidden", count=len(without), number=number, unit_word=word)]
        limits = " ".join(view.notes(without).sentences(self.words))
        said.append(Html(f"<span{LIMIT}>{escape(limits)}</span>"))
        address = cell_attribute(view.subject("compare").cell)
        return join([figure, html_piece(f'<p class="kv-note"{address}>{" ".join(said)}</p>')])

    def funnel(self, ind_id: str, context: str = "caregiver") -> Piece:
        """Every unit against what chance allows for its number of patients, with how to read it."""
        return self.figure("funnel", ind_id, context)

    def change(self, ind_id: str, context: str = "caregiver") -> Piece:
        """How much each unit has moved since the year before."""
        return self.figure("change", ind_id, context)

    def levels(self, ind_id: str, context: str = "caregiver") -> Piece:
        """How many of the units reach each level, year by year."""
        return self.figure("levels", ind_id, context)

    def coverage(self, ind_id: str) -> Piece:
        """Each unit's coverage for an indicator, of the year in which it was last measured."""
        measured = self.registry.indicator(ind_id).dg_id
        view = None if measured is None else self.coverage_view(self.registry.indicator(measured))
        figure = None if view is None else FIGURES["coverage"](view)
        return figure.piece(self.words) if figure else Piece("")

    def presentation(self, ind_id: str, context: str = "caregiver") -> Piece:
        """Why the results are not shown per hospital; nothing where they are."""
        shown = self.published.presentation(ind_id, context, self.year)
        nation = self.nation(self.registry.indicator(ind_id), context)
        told = shown.reason is not Reason.SINGLE or any(cell["status"] == Status.LOW_COVERAGE for cell in nation)
        if shown.reason is Reason.QUALITY or not told:  # a nation whose cell is secret says nothing of its coverage
            return Piece("")
        text = self.words(
            f"presentation.{shown.reason}",
            level=self.words(f"presentation.per_{shown.level}"),
            units=self.words(f"presentation.units_{shown.passed_over or shown.level}"),
        )
        return html_piece(f'<p class="kv-note">{escape(text)}</p>')

    def variation(self, ind_id: str, context: str = "caregiver") -> Piece:
        """The second layer, folded: the funnel, and what has changed since the year before."""
        found = join([self.funnel(ind_id, context), self.change(ind_id, context)])
        if not found.markdown:
            return found
        summary = f'<details class="kv-deep"><summary>{escape(self.words("figure.variation"))}</summary>'
        return join([html_piece(summary), found, html_piece("</details>")])

    def figure(self, kind: str, ind_id: str, context: str = "caregiver", **options: object) -> Piece:
        """Any figure of `kvalreg.report.figures.FIGURES` by its name; empty where there is too little to show.

        Examples
        --------
        >>> Report.load("slag", 2025).figure("levels", "slag_enhet")
        <kvalreg piece, ... characters>
        """
        view = self.view(self.registry.indicator(ind_id), context)
        figure = FIGURES[kind](view, **options)
        if figure and any(cell["provisional"] for cell in (*view.nation_now, *view.units_now)):
            figure = figure.marked_provisional(view.year, self.words)
        return figure.piece(self.words) if figure else Piece("")

    def units(self, ind_id: str, context: str = "caregiver") -> Piece:
        """What the page knows of every unit, for readers who pick their own; it shows nothing by itself."""
        indicator = self.registry.indicator(ind_id)
        series = series_file(self.registry.id, ind_id, [one.id for one in self.registry.indicators])
        return units_block(self.view(indicator, context), self.units_presented_now(indicator, context), series)

    # --- the registry's own words, and the page around them ----------------------------------------------------------
    def quality(self) -> Piece:
        """Coverage of the nation and of each unit, the method, and how experts judged the registry that year."""
        nation = [cell for cell in self._nation_cells() if known(cell["coverage"])]  # nowhere where it is secret
        text, address = self.words.html("page.coverage_none"), ""
        if nation:
            newest = max(nation, key=lambda cell: cell["coverage_year"])
            share = number_html(self.words.frequency(newest["coverage"]), drawn(newest["coverage"]), "coverage")
            text = self.words.html("page.coverage_text", year=int(newest["coverage_year"]), coverage=share)
            address = self._attribute(newest)
        measured = {one.dg_id: one.id for one in reversed(self.indicators) if one.dg_id is not None}
        figures = join(self.coverage(ind_id) for ind_id in reversed(measured.values()))
        method = html_piece(f"<p>{escape(self.words('page.method'))}</p>")
        judged = registry_text.evaluations(self.registry, self.words, self.year)
        heading = Piece(f"### {escape_markdown(self.words('page.evaluation'))}") if judged.markdown else judged
        return join([html_piece(f"<p{address}>{text}</p>"), figures, method, heading, judged])

    def about(self) -> Piece:
        """The seed's field *about*."""
        return registry_text.about(self.registry, self.words)

    def quality_improvement(self) -> Piece:
        """How results were used; indicators that the registry's page does not show are links to the year's page."""
        links = {indicator.id: f"{self.year_link()}#{anchor(indicator.id)}" for indicator in self.indicators}
        links |= {indicator.id: f"#{anchor(indicator.id)}" for indicator in self._central}
        return registry_text.quality_improvement(self.registry, self.words, links)

    def research(self) -> Piece:
        """Research findings and projects."""
        return registry_text.research(self.registry, self.words)

    def evaluation(self) -> Piece:
        """How the national expert group judged the registry, year by year."""
        return registry_text.evaluations(self.registry, self.words)

    def heading(self, key: str) -> Piece:
        """A heading of the page, by its key in the catalogue: ``heading("messages")``."""
        if key not in self.words.catalogue["page"]:
            raise ValueError(
                f"The catalogue has no heading {key!r} (src/kvalreg/report/locales, page). "
                "For one of your own, write '## Heading' in a Markdown cell"
            )
        return Piece(f"## {escape_markdown(self.words(f'page.{key}'))} {{#{key.replace('_', '-')}}}")

    def year_link(self) -> str:
        """The address of this year's page, seen from the registry's page."""
        return f"{year_folder(self.year, self.round)}/index.html"

    def trends(self) -> Piece:
        """The registry's page's results: its central indicators over the years, and the way to the whole year."""
        pieces = []
        for indicator in self._central:
            for context in self.contexts(indicator)[:1]:
                parts = (self.text, self.trend, self.levels, self.units)
                pieces += [self._title(indicator), *(part(indicator.id, context) for part in parts)]
                pieces.append(self._whole_page(indicator))
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
    def _whole_page(self, indicator: Indicator) -> Piece:
        """The way to the indicator's own page."""
        address = indicator_page(self.registry.id, indicator.id, [one.id for one in self.registry.indicators])
        text = escape(self.words("indicator_page.link"))
        return html_piece(f'<p class="kv-onward"><a href="/{address}">{text}</a></p>')

    def _title(self, indicator: Indicator) -> Piece:
        title = escape_markdown(indicator.title)
        if self.words.lang:
            title = f"[{title}]{{lang={self.words.texts}}}"
        return Piece(f"### {title} {{#{anchor(indicator.id)}}}")

    @property
    def _central(self) -> list[Indicator]:
        """The registry's central indicators that have a cell in this year."""
        return [indicator for indicator in self.registry.central if indicator in self.indicators]

    def _languages(self, address: str) -> list[str]:
        """Links to the same page in the other languages that the registry offers; `address` is that in its own."""
        registry = self.registry
        pages = {language: in_language(address, language) for language in registry.also_in} | {
            registry.language: address
        }
        if self.words.language not in pages or len(pages) == 1:
            return []
        here = pages.pop(self.words.language)
        links = "".join(
            f'<li><a href="{link(page, here)}" lang="{language}" hreflang="{language}">'
            f"{escape(self.words(f'om.language_{language}'))}</a></li>"
            for language, page in pages.items()
        )
        label = escape(self.words("om.languages"))
        return [f'<nav class="kv-languages" aria-label="{label}"><ul>{links}</ul></nav>']

    def _provisional_note(self) -> list[str]:
        """That the results are so far this year's, where they are."""
        if self.round != "interim":
            return []
        mark, note = self.words("states.provisional"), self.words("states.provisional_note")
        return [f'<p class="kv-provisional"><strong>{escape(mark)}.</strong> {escape(note)}</p>']

    def _weightiest(self) -> list[Message]:
        found = [
            self._message(indicator, context)
            for indicator in self.indicators
            for context in self.contexts(indicator)[:1]
        ]
        return weightiest([one for one in found if one is not None])

    def _message(self, indicator: Indicator, context: str) -> Message | None:
        nation = self.nation(indicator, context)
        units = self.units_compared(indicator, context)
        return message(self.registry.id, indicator, nation[0], units) if nation else None

    def _without(self, indicator: Indicator, context: str) -> str:
        """The paragraph where the nation's value is not shown."""
        for cell in self.nation(indicator, context):
            why = not_shown(cell, indicator, self.registry.secret_below_of(indicator))
            if why is not None:
                note = f"<span{LIMIT}>{escape(why.note(self.words))}</span>"
                return f"<p{self._attribute(cell)}>{without_value(cell, indicator, self.words)} {note}</p>"
        return f"<p>{self.words.html('message.none', year=self.year)}</p>"

    def _attribute(self, cell: PublishedCell) -> str:
        """The attribute that says which cell an element tells of."""
        key = (cell["ind_id"], cell["context"], int(cell["year"]), cell["orgnr"])
        return cell_attribute(cell_address(self.registry.id, *key))

    def _deliveries(self) -> str:
        """When the data were delivered, and whether any of them could not be used, as HTML."""
        source, say = self.published.source, self.words
        left_out = say.html("page.left_out") if any(one.rows_left_out for one in source.deliveries) else ""
        if source.latest_update is None or source.latest_affirm is None:
            return f"{say.html('page.updated_unknown')} {left_out}".strip()
        dates = say.html(
            "page.updated", update=say.date_html(source.latest_update), affirm=say.date_html(source.latest_affirm)
        )
        return f"{dates} {left_out}".strip()

    @property
    def _finest(self) -> Level:
        """The finest level that any indicator is shown at this year."""
        included = {indicator.id for indicator in self.indicators}
        shown = [one for one in self.published.presentations if one.year == self.year and one.ind_id in included]
        return min((one.level for one in shown), key=LADDER.index, default=Level.NATION)

    def _nation_cells(self) -> Cells:
        """The nation's cells of this year, of every indicator and context."""
        every = (
            self.nation(indicator, context) for indicator in self.indicators for context in self.contexts(indicator)
        )
        return [cell for cells in every for cell in cells]


def rounds(published: Published) -> list[tuple[int, str]]:
    """Every year with cells and its round, oldest first: a year is interim while any of its cells is provisional."""
    provisional = published.cells.groupby("year")["provisional"].any()
    return [(int(str(year)), "interim" if mark else "final") for year, mark in provisional.items()]


def _published_folder() -> Path:
    """Where the published cells lie: as the batch says, else `_build/published` here or in a folder above.

    A notebook that somebody opens in Jupyter runs in its own folder, below that of its project.
    """
    given = os.environ.get(PUBLISHED_FOLDER)
    if given:
        return Path(given)
    here = Path.cwd()
    places = [folder / "_build" / "published" for folder in (here, *here.parents)]
    return next((place for place in places if place.is_dir()), places[0])


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
