"""`Report`: what a notebook works with.

Comes in: the name of a registry, a year, a round and a language, as papermill gives them. Goes out: pieces that
display themselves. It reads `Published` and nothing else, so that nothing hidden can reach a page.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path

from kvalreg.disclosure.presentation import LEVEL_ORDER, PresentationReason
from kvalreg.disclosure.published import CellStatus, PublishedResults, load_published
from kvalreg.inputs.descriptor import Indicator
from kvalreg.inputs.units import Level
from kvalreg.report import registry_text
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, number_html
from kvalreg.report.figures import FIGURES
from kvalreg.report.figures.cells import CellRecords, PublishedCell, is_known
from kvalreg.report.figures.improvement_projects import project_bars
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.footnotes import LIMIT_ROLE, not_shown_reason
from kvalreg.report.html_fragment import HtmlFragment, html_fragment, join_fragments
from kvalreg.report.indicator_table import IndicatorRow, indicator_table
from kvalreg.report.markup import escape_markdown, mark_registry_language, safe_html
from kvalreg.report.messages import IndicatorMessage, indicator_message, messages_fragment, top_messages
from kvalreg.report.selected_unit import not_shown_sentence, units_script
from kvalreg.report.selection import Selection
from kvalreg.report.translation import get_translator
from kvalreg.urls import (
    anchor,
    indicator_page,
    localized_page,
    registry_page,
    relative_url,
    series_file,
    year_folder,
    year_page,
)

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
        registry_language = published.registry.language
        return cls(published, int(year), round, get_translator(language or registry_language, registry_language))

    # --- pieces of a page --------------------------------------------------------------------------------------------
    def lead(self) -> HtmlFragment:
        """What the page is, the provisional mark, and when the data were delivered."""
        translator, name = self.translator, self.registry.name
        key = "page.lead_year_nation" if self._finest_level is Level.NATION else "page.lead_year"
        level = translator(f"presentation.per_{self._finest_level}")
        lines = [f'<p class="kv-lead">{translator.html(key, year=self.year, name=name, level=level)}</p>']
        lines += self._provisional_note()
        lines.append(f'<p class="kv-note">{self._delivery_dates()}</p>')
        return html_fragment(
            "\n".join([*self._language_links(year_page(self.registry.id, self.year, self.round)), *lines])
        )

    def introduction(self) -> HtmlFragment:
        """What a registry's page holds, which year its newest results are from, and when its data were delivered."""
        translator = self.translator
        lines = [*self._language_links(registry_page(self.registry.id))]
        lines.append(f'<p class="kv-lead">{escape(translator("page.lead_registry"))}</p>')
        lines += self._provisional_note()
        newest = translator.html("page.newest", year=self.year)
        lines.append(f'<p class="kv-note">{newest} {self._delivery_dates()}</p>')
        return html_fragment("\n".join(lines))

    def message(self, ind_id: str | None = None, context: str = "caregiver", link_to: str = "") -> HtmlFragment:
        """The message of one indicator; without one, the page's two to four most important, each with its level.

        Parameters
        ----------
        link_to
            The page that the messages lead to; this one when not given.
        """
        if ind_id is not None:
            candidate = self._message(self.registry.indicator(ind_id), context)
            messages = [] if candidate is None else [candidate]
        else:
            messages = self._top_messages()
        if not messages:
            return html_fragment(f"<p>{self.translator.html('message.none', year=self.year)}</p>")
        return messages_fragment(messages, link_to, self.translator)

    def headline(self) -> str:
        """The most important message's first sentence, as plain text."""
        messages = self._top_messages()
        return messages[0].headline(self.translator) if messages else self.translator("message.none", year=self.year)

    def headline_html(self) -> Html:
        """The same with its cell, for pages of other things."""
        messages = self._top_messages()
        return (
            messages[0].headline_html(self.translator)
            if messages
            else self.translator.html("message.none", year=self.year)
        )

    def table(self) -> HtmlFragment:
        """The table of all indicators: the nation, and a place for the reader's own unit."""
        rows = []
        for indicator in self.indicators:
            contexts, secret_below = self.contexts(indicator), self.registry.secret_threshold(indicator)
            for context in contexts:
                note = self.translator(f"message.{context}") if len(contexts) > 1 else ""
                rows += [
                    IndicatorRow(indicator, cell, f"#{anchor(indicator.id)}", note, secret_below)
                    for cell in self.nation(indicator, context)
                ]
        key = "table.caption_provisional" if self.round == "interim" else "table.caption"
        caption = self.translator(key, year=self.year)
        return indicator_table("indikatorer-tabell", rows, caption, self.translator, self.registry.id)

    def sections(self) -> HtmlFragment:
        """One section per indicator: what it is, message, trend, comparison of units, more, definition."""
        return join_fragments(self.section(indicator.id) for indicator in self.indicators)

    def section(self, ind_id: str) -> HtmlFragment:
        """The section of one indicator."""
        indicator = self.registry.indicator(ind_id)
        description = mark_registry_language(safe_html(indicator.short_description), self.translator, "div")
        fragments = [
            self._indicator_heading(indicator),
            html_fragment(description) if description else HtmlFragment(""),
        ]
        contexts = self.contexts(indicator)
        for context in contexts:
            if len(contexts) > 1:
                fragments.append(
                    html_fragment(f"<h4>{escape(_capitalize(self.translator(f'message.{context}')))}</h4>")
                )
            fragments += [self.text(ind_id, context), self.trend(ind_id, context)]
            fragments += [self.presentation(ind_id, context), self.compare(ind_id, context)]
            fragments += [self.variation(ind_id, context), self.units(ind_id, context)]
        return join_fragments(
            [*fragments, registry_text.definition(indicator, self.translator), self._indicator_page_link(indicator)]
        )

    def text(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """The message of one indicator as a paragraph, and a place for the sentence about the reader's own unit.

        Examples
        --------
        >>> Report.load("slag", 2025).text("slag_enhet")
        <kvalreg piece, ... characters>
        """
        indicator = self.registry.indicator(ind_id)
        message = self._message(indicator, context)
        placeholder = f'<p class="kv-yours" data-ind="{escape(ind_id)}" data-context="{context}" hidden></p>'
        if message is None:
            return html_fragment(f"{self._not_shown_paragraph(indicator, context)}\n{placeholder}")
        return html_fragment(f"<p{message.attribute}>{message.html(self.translator)}</p>\n{placeholder}")

    # --- figures -----------------------------------------------------------------------------------------------------
    def trend(self, ind_id: str, context: str = "caregiver", units: Sequence[str] = ()) -> HtmlFragment:
        """The nation over the years, and the units asked for by `orgnr` beside it.

        Examples
        --------
        >>> report = Report.load("slag", 2025)
        >>> hospitals = report.published.units.at("hospital")
        >>> report.trend("slag_enhet", units=[hospitals[0].orgnr])
        <kvalreg piece, ... characters>
        """
        indicator = self.registry.indicator(ind_id)
        presented_cells = self.presented_units(indicator, context) if units else []
        comparison_cells = [cell for cell in presented_cells if cell["orgnr"] in units]
        figure = self.figure("trend", ind_id, context, beside=comparison_cells)
        years = [int(cell["year"]) for cell in self.view(indicator, context).nation]
        bars = project_bars(self.registry.improvement_projects(ind_id), years) if figure.markdown else ()
        return join_fragments([figure, registry_text.projects_note(bars, self.translator)])

    def compare(self, ind_id: str, context: str = "caregiver", order: str = "value") -> HtmlFragment:
        """The units side by side, ordered by ``value``, ``name`` or ``certainty``; how many are not shown, and why."""
        figure = self.figure("compare", ind_id, context, order=order)
        indicator = self.registry.indicator(ind_id)
        _, cells = self.compared_units(indicator, context)
        hidden_cells = [cell for cell in cells if not cell["shown"]]
        if not (figure.markdown and hidden_cells):
            return figure
        view = self.view(indicator, context)
        noun, number = view.unit_noun(len(hidden_cells)), self.translator.count_html(len(hidden_cells), "units-hidden")
        sentences = [self.translator.html("figure.hidden", count=len(hidden_cells), number=number, unit_word=noun)]
        limit_notes = " ".join(view.footnotes(hidden_cells).sentences(self.translator))
        sentences.append(Html(f"<span{LIMIT_ROLE}>{escape(limit_notes)}</span>"))
        attribute = cell_attribute(view.subject("compare").cell_address)
        return join_fragments([figure, html_fragment(f'<p class="kv-note"{attribute}>{" ".join(sentences)}</p>')])

    def funnel(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """Every unit against what chance allows for its number of patients, with how to read it."""
        return self.figure("funnel", ind_id, context)

    def change(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """How much each unit has moved since the year before."""
        return self.figure("change", ind_id, context)

    def levels(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """How many of the units reach each level, year by year."""
        return self.figure("levels", ind_id, context)

    def coverage(self, ind_id: str) -> HtmlFragment:
        """Each unit's coverage for an indicator, of the year in which it was last measured."""
        coverage_id = self.registry.indicator(ind_id).dg_id
        view = None if coverage_id is None else self.coverage_view(self.registry.indicator(coverage_id))
        figure = None if view is None else FIGURES["coverage"](view)
        return figure.to_fragment(self.translator) if figure else HtmlFragment("")

    def presentation(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """Why the results are not shown per hospital; nothing where they are."""
        presentation = self.published.presentation(ind_id, context, self.year)
        nation = self.nation(self.registry.indicator(ind_id), context)
        is_explained = presentation.reason is not PresentationReason.SINGLE or any(
            cell["status"] == CellStatus.LOW_COVERAGE for cell in nation
        )
        if (
            presentation.reason is PresentationReason.QUALITY or not is_explained
        ):  # a nation whose cell is secret says nothing of its coverage
            return HtmlFragment("")
        text = self.translator(
            f"presentation.{presentation.reason}",
            level=self.translator(f"presentation.per_{presentation.level}"),
            units=self.translator(f"presentation.units_{presentation.passed_over or presentation.level}"),
        )
        return html_fragment(f'<p class="kv-note">{escape(text)}</p>')

    def variation(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """The second layer, folded: the funnel, and what has changed since the year before."""
        figures = join_fragments([self.funnel(ind_id, context), self.change(ind_id, context)])
        if not figures.markdown:
            return figures
        summary = f'<details class="kv-deep"><summary>{escape(self.translator("figure.variation"))}</summary>'
        return join_fragments([html_fragment(summary), figures, html_fragment("</details>")])

    def figure(self, kind: str, ind_id: str, context: str = "caregiver", **options: object) -> HtmlFragment:
        """Any figure of `kvalreg.report.figures.FIGURES` by its name; empty where there is too little to show.

        Examples
        --------
        >>> Report.load("slag", 2025).figure("levels", "slag_enhet")
        <kvalreg piece, ... characters>
        """
        view = self.view(self.registry.indicator(ind_id), context)
        figure = FIGURES[kind](view, **options)
        if figure and any(cell["provisional"] for cell in (*view.current_nation, *view.current_units)):
            figure = figure.with_provisional_mark(view.year, self.translator)
        return figure.to_fragment(self.translator) if figure else HtmlFragment("")

    def units(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """What the page knows of every unit, for readers who pick their own; it shows nothing by itself."""
        indicator = self.registry.indicator(ind_id)
        series = series_file(self.registry.id, ind_id, [other.id for other in self.registry.indicators])
        return units_script(self.view(indicator, context), self.current_presented_units(indicator, context), series)

    # --- the registry's own words, and the page around them ----------------------------------------------------------
    def quality(self) -> HtmlFragment:
        """Coverage of the nation and of each unit, the method, and how experts judged the registry that year."""
        nation = [cell for cell in self._nation_cells() if is_known(cell["coverage"])]  # nowhere where it is secret
        text, attribute = self.translator.html("page.coverage_none"), ""
        if nation:
            newest_cell = max(nation, key=lambda cell: cell["coverage_year"])
            share = number_html(
                self.translator.format_frequency(newest_cell["coverage"]),
                chart_number(newest_cell["coverage"]),
                "coverage",
            )
            text = self.translator.html("page.coverage_text", year=int(newest_cell["coverage_year"]), coverage=share)
            attribute = self._cell_attribute(newest_cell)
        indicator_by_coverage = {
            indicator.dg_id: indicator.id for indicator in reversed(self.indicators) if indicator.dg_id is not None
        }
        figures = join_fragments(self.coverage(ind_id) for ind_id in reversed(indicator_by_coverage.values()))
        method = html_fragment(f"<p>{escape(self.translator('page.method'))}</p>")
        evaluations = registry_text.evaluations(self.registry, self.translator, self.year)
        heading = (
            HtmlFragment(f"### {escape_markdown(self.translator('page.evaluation'))}")
            if evaluations.markdown
            else evaluations
        )
        return join_fragments([html_fragment(f"<p{attribute}>{text}</p>"), figures, method, heading, evaluations])

    def about(self) -> HtmlFragment:
        """The seed's field *about*."""
        return registry_text.about(self.registry, self.translator)

    def quality_improvement(self) -> HtmlFragment:
        """How results were used; indicators that the registry's page does not show are links to the year's page."""
        links = {indicator.id: f"{self.year_link()}#{anchor(indicator.id)}" for indicator in self.indicators}
        links |= {indicator.id: f"#{anchor(indicator.id)}" for indicator in self._central_indicators}
        return registry_text.quality_improvement(self.registry, self.translator, links)

    def research(self) -> HtmlFragment:
        """Research findings and projects."""
        return registry_text.research(self.registry, self.translator)

    def evaluation(self) -> HtmlFragment:
        """How the national expert group judged the registry, year by year."""
        return registry_text.evaluations(self.registry, self.translator)

    def heading(self, key: str) -> HtmlFragment:
        """A heading of the page, by its key in the catalogue: ``heading("messages")``."""
        if key not in self.translator.catalogue["page"]:
            raise ValueError(
                f"The catalogue has no heading {key!r} (src/kvalreg/report/locales, page). "
                "For one of your own, write '## Heading' in a Markdown cell"
            )
        return HtmlFragment(f"## {escape_markdown(self.translator(f'page.{key}'))} {{#{key.replace('_', '-')}}}")

    def year_link(self) -> str:
        """The address of this year's page, seen from the registry's page."""
        return f"{year_folder(self.year, self.round)}/index.html"

    def trends(self) -> HtmlFragment:
        """The registry's page's results: its central indicators over the years, and the way to the whole year."""
        fragments = []
        for indicator in self._central_indicators:
            for context in self.contexts(indicator)[:1]:
                methods = (self.text, self.trend, self.levels, self.units)
                fragments += [
                    self._indicator_heading(indicator),
                    *(method(indicator.id, context) for method in methods),
                ]
                fragments.append(self._indicator_page_link(indicator))
        label = escape_markdown(self.translator("page.see_year", year=self.year))
        fragments.append(HtmlFragment(f"[{label}]({year_folder(self.year, self.round)}/index.qmd)"))
        return join_fragments(fragments)

    def years(self) -> HtmlFragment:
        """Links to every year's page, newest first."""
        links = []
        for year, round_ in rounds(self.published)[::-1]:
            text = self.translator("page.interim_year", year=year) if round_ == "interim" else str(year)
            links.append(f"- [{escape_markdown(text)}]({year_folder(year, round_)}/index.qmd)")
        return HtmlFragment("\n".join(links))

    # --- inside ------------------------------------------------------------------------------------------------------
    def _indicator_page_link(self, indicator: Indicator) -> HtmlFragment:
        """The way to the indicator's own page."""
        source = indicator_page(self.registry.id, indicator.id, [other.id for other in self.registry.indicators])
        text = escape(self.translator("indicator_page.link"))
        return html_fragment(f'<p class="kv-onward"><a href="/{source}">{text}</a></p>')

    def _indicator_heading(self, indicator: Indicator) -> HtmlFragment:
        title = escape_markdown(indicator.title)
        if self.translator.lang_attribute:
            title = f"[{title}]{{lang={self.translator.registry_language}}}"
        return HtmlFragment(f"### {title} {{#{anchor(indicator.id)}}}")

    @property
    def _central_indicators(self) -> list[Indicator]:
        """The registry's central indicators that have a cell in this year."""
        return [indicator for indicator in self.registry.central_indicators if indicator in self.indicators]

    def _language_links(self, source: str) -> list[str]:
        """Links to the same page in the other languages that the registry offers; `address` is that in its own."""
        registry = self.registry
        pages = {language: localized_page(source, language) for language in registry.also_in} | {
            registry.language: source
        }
        if self.translator.language not in pages or len(pages) == 1:
            return []
        current_page = pages.pop(self.translator.language)
        links = "".join(
            f'<li><a href="{relative_url(page, current_page)}" lang="{language}" hreflang="{language}">'
            f"{escape(self.translator(f'om.language_{language}'))}</a></li>"
            for language, page in pages.items()
        )
        label = escape(self.translator("om.languages"))
        return [f'<nav class="kv-languages" aria-label="{label}"><ul>{links}</ul></nav>']

    def _provisional_note(self) -> list[str]:
        """That the results are so far this year's, where they are."""
        if self.round != "interim":
            return []
        label, note = self.translator("states.provisional"), self.translator("states.provisional_note")
        return [f'<p class="kv-provisional"><strong>{escape(label)}.</strong> {escape(note)}</p>']

    def _top_messages(self) -> list[IndicatorMessage]:
        messages = [
            self._message(indicator, context)
            for indicator in self.indicators
            for context in self.contexts(indicator)[:1]
        ]
        return top_messages([candidate for candidate in messages if candidate is not None])

    def _message(self, indicator: Indicator, context: str) -> IndicatorMessage | None:
        nation = self.nation(indicator, context)
        units = self.compared_units(indicator, context)
        return indicator_message(self.registry.id, indicator, nation[0], units) if nation else None

    def _not_shown_paragraph(self, indicator: Indicator, context: str) -> str:
        """The paragraph where the nation's value is not shown."""
        for cell in self.nation(indicator, context):
            reason = not_shown_reason(cell, indicator, self.registry.secret_threshold(indicator))
            if reason is not None:
                note = f"<span{LIMIT_ROLE}>{escape(reason.note(self.translator))}</span>"
                return (
                    f"<p{self._cell_attribute(cell)}>{not_shown_sentence(cell, indicator, self.translator)} {note}</p>"
                )
        return f"<p>{self.translator.html('message.none', year=self.year)}</p>"

    def _cell_attribute(self, cell: PublishedCell) -> str:
        """The attribute that says which cell an element tells of."""
        key = (cell["ind_id"], cell["context"], int(cell["year"]), cell["orgnr"])
        return cell_attribute(cell_address(self.registry.id, *key))

    def _delivery_dates(self) -> str:
        """When the data were delivered, and whether any of them could not be used, as HTML."""
        source, translator = self.published.source, self.translator
        left_out_note = (
            translator.html("page.left_out") if any(delivery.rows_left_out for delivery in source.deliveries) else ""
        )
        if source.latest_update is None or source.latest_affirm is None:
            return f"{translator.html('page.updated_unknown')} {left_out_note}".strip()
        dates = translator.html(
            "page.updated",
            update=translator.date_html(source.latest_update),
            affirm=translator.date_html(source.latest_affirm),
        )
        return f"{dates} {left_out_note}".strip()

    @property
    def _finest_level(self) -> Level:
        """The finest level that any indicator is shown at this year."""
        included = {indicator.id for indicator in self.indicators}
        presentations = [
            presentation
            for presentation in self.published.presentations
            if presentation.year == self.year and presentation.ind_id in included
        ]
        return min((presentation.level for presentation in presentations), key=LEVEL_ORDER.index, default=Level.NATION)

    def _nation_cells(self) -> CellRecords:
        """The nation's cells of this year, of every indicator and context."""
        groups = (
            self.nation(indicator, context) for indicator in self.indicators for context in self.contexts(indicator)
        )
        return [cell for cells in groups for cell in cells]


def rounds(published: PublishedResults) -> list[tuple[int, str]]:
    """Every year with cells and its round, oldest first: a year is interim while any of its cells is provisional."""
    provisional = published.cells.groupby("year")["provisional"].any()
    return [(int(str(year)), "interim" if is_provisional else "final") for year, is_provisional in provisional.items()]


def _published_folder() -> Path:
    """Where the published cells lie: as the batch says, else `_build/published` here or in a folder above.

    A notebook that somebody opens in Jupyter runs in its own folder, below that of its project.
    """
    configured = os.environ.get(PUBLISHED_FOLDER)
    if configured:
        return Path(configured)
    current = Path.cwd()
    candidates = [folder / "_build" / "published" for folder in (current, *current.parents)]
    return next((candidate for candidate in candidates if candidate.is_dir()), candidates[0])


def _capitalize(text: str) -> str:
    return text[:1].upper() + text[1:]
