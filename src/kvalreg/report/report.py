"""`Report`: the interface of a report notebook.

Input: a registry's id, a year, a round and a language, the notebook's parameters. Output: fragments that display
themselves. It reads `PublishedResults` and nothing else, so that nothing suppressed can reach a page.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from kvalreg.disclosure.published import PublishedResults, load_published
from kvalreg.inputs.descriptor import Indicator
from kvalreg.report import registry_text
from kvalreg.report.cell_markup import Html, cell_address, cell_attribute, number_html
from kvalreg.report.figure_fragments import FigureFragments
from kvalreg.report.figures.cells import CellRecords, PublishedCell, is_known
from kvalreg.report.figures.theme import chart_number
from kvalreg.report.footnotes import LIMIT_ROLE, not_shown_reason
from kvalreg.report.html_fragment import HtmlFragment, html_fragment, join_fragments
from kvalreg.report.indicator_table import IndicatorRow, indicator_table
from kvalreg.report.markup import escape_markdown, mark_registry_language, safe_html
from kvalreg.report.messages import IndicatorMessage, indicator_message, messages_fragment, top_messages
from kvalreg.report.page_header import registry_header, year_header
from kvalreg.report.selected_unit import not_shown_sentence
from kvalreg.report.translation import get_translator
from kvalreg.urls import anchor, indicator_page, year_folder

PUBLISHED_FOLDER = "KVALREG_PUBLISHED"
"""Environment variable with the folder of the published cells; without it, the project's own folder is used."""
ROUNDS = ("final", "interim")


class Report(FigureFragments):
    """One registry's published results, up to one year.

    Examples
    --------
    In Jupyter, anywhere in a project that has been built, each fragment displays itself:

    >>> report = Report.load("slag", 2025)
    >>> report.trend("slag_enhet")
    <kvalreg fragment, ... characters>
    >>> report.message() + report.table()
    <kvalreg fragment, ... characters>
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
        # A parameter that is typed into a notebook may be the text "2025", which is accepted, or anything else.
        if not str(year).isdecimal():
            raise ValueError(f"The year is {year!r}: write four digits, as in 2025")
        year, years = int(year), sorted({int(cell_year) for cell_year in published.cells["year"]})
        if year not in years:
            raise ValueError(f"{registry} has no results from {year}: it has {', '.join(map(str, years)) or 'none'}")
        registry_language = published.registry.language
        return cls(published, year, round, get_translator(language or registry_language, registry_language))

    # --- fragments of a page -----------------------------------------------------------------------------------------
    def lead(self) -> HtmlFragment:
        """The subject of the page, the provisional note, and when the data were delivered."""
        return html_fragment(year_header(self))

    def introduction(self) -> HtmlFragment:
        """The contents of a registry's page, the year of its latest results, and when its data were delivered."""
        return html_fragment(registry_header(self))

    def message(self, ind_id: str | None = None, context: str = "caregiver", link_to: str = "") -> HtmlFragment:
        """The message of one indicator; without one, the page's two to four most important, each with its level.

        Parameters
        ----------
        link_to
            The page that the messages link to; this page when not given.
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
        """The same with its cell address, for pages with other subjects."""
        messages = self._top_messages()
        if not messages:
            return self.translator.html("message.none", year=self.year)
        return messages[0].headline_html(self.translator)

    def table(self) -> HtmlFragment:
        """The table of all indicators: the nation, and empty columns for the selected unit."""
        rows = []
        for indicator in self.indicators:
            contexts, secret_below = self.contexts(indicator), self.registry.secret_threshold(indicator)
            for context in contexts:
                # The context is named only when an indicator has two rows, one per context.
                note = self.translator(f"message.{context}") if len(contexts) > 1 else ""
                rows += [
                    IndicatorRow(indicator, cell, f"#{anchor(indicator.id)}", note, secret_below)
                    for cell in self.nation(indicator, context)
                ]
        key = "table.caption_provisional" if self.round == "interim" else "table.caption"
        caption = self.translator(key, year=self.year)
        return indicator_table("indikatorer-tabell", rows, caption, self.translator, self.registry.id)

    def sections(self) -> HtmlFragment:
        """One section per indicator: description, message, trend, comparison of units, variation, definition."""
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
        # From the general to the particular: message, trend, units, variation. Figures without enough data are empty.
        for context in contexts:
            if len(contexts) > 1:
                title = self.translator(f"message.{context}")
                fragments.append(html_fragment(f"<h4>{escape(title[:1].upper() + title[1:])}</h4>"))
            fragments += [self.text(ind_id, context), self.trend(ind_id, context)]
            fragments += [self.presentation(ind_id, context), self.compare(ind_id, context)]
            fragments += [self.variation(ind_id, context), self.units(ind_id, context)]
        return join_fragments(
            [*fragments, registry_text.definition(indicator, self.translator), self._indicator_page_link(indicator)]
        )

    def text(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """The message of one indicator as a paragraph, and an empty one for the selected unit's sentence.

        Examples
        --------
        >>> Report.load("slag", 2025).text("slag_enhet")
        <kvalreg fragment, ... characters>
        """
        indicator = self.registry.indicator(ind_id)
        message = self._message(indicator, context)
        placeholder = f'<p class="kv-yours" data-ind="{escape(ind_id)}" data-context="{context}" hidden></p>'
        if message is None:
            return html_fragment(f"{self._not_shown_paragraph(indicator, context)}\n{placeholder}")
        return html_fragment(f"<p{message.attribute}>{message.html(self.translator)}</p>\n{placeholder}")

    # --- the registry's own texts, and the rest of the page ----------------------------------------------------------
    def quality(self) -> HtmlFragment:
        """Coverage of the nation and of each unit, the method, and the experts' evaluation of that year."""
        # A secret cell has no published coverage.
        nation = [cell for cell in self._nation_cells() if is_known(cell["coverage"])]
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
        # Indicators may share one coverage indicator, whose figure is shown once. Reversed twice, so that the first of
        # the indicators stands for it.
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
        """The registry's description of itself: the field `about`."""
        return registry_text.about(self.registry, self.translator)

    def quality_improvement(self) -> HtmlFragment:
        """The improvement projects; indicators that the registry's page does not show link to the year's page."""
        links = {indicator.id: f"{self.year_link()}#{anchor(indicator.id)}" for indicator in self.indicators}
        links |= {indicator.id: f"#{anchor(indicator.id)}" for indicator in self._central_indicators}
        return registry_text.quality_improvement(self.registry, self.translator, links)

    def research(self) -> HtmlFragment:
        """Research findings and projects."""
        return registry_text.research(self.registry, self.translator)

    def evaluation(self) -> HtmlFragment:
        """The national expert group's evaluations of the registry, year by year."""
        return registry_text.evaluations(self.registry, self.translator)

    def heading(self, key: str) -> HtmlFragment:
        """A heading of the page, by its key in the message catalogue: ``heading("messages")``."""
        if f"page.{key}" not in self.translator:
            raise ValueError(
                f"The catalogue has no heading {key!r} (src/kvalreg/report/locales, page). "
                "For one of your own, write '## Heading' in a Markdown cell"
            )
        return HtmlFragment(f"## {escape_markdown(self.translator(f'page.{key}'))} {{#{key.replace('_', '-')}}}")

    def year_link(self) -> str:
        """The URL of this year's page, relative to the registry's page."""
        return f"{year_folder(self.year, self.round)}/index.html"

    def trends(self) -> HtmlFragment:
        """The results on the registry's page: its central indicators over the years, and a link to the year's page."""
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
        """Links to every year's page, latest first."""
        links = []
        for year, round_ in rounds(self.published)[::-1]:
            text = self.translator("page.interim_year", year=year) if round_ == "interim" else str(year)
            links.append(f"- [{escape_markdown(text)}]({year_folder(year, round_)}/index.qmd)")
        return HtmlFragment("\n".join(links))

    # --- internal ----------------------------------------------------------------------------------------------------
    def _indicator_page_link(self, indicator: Indicator) -> HtmlFragment:
        """A link to the indicator's own page."""
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

    def _top_messages(self) -> list[IndicatorMessage]:
        # One message per indicator, of its first context: two of the same indicator would read as a contradiction.
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
        """The paragraph when the nation's value is not shown."""
        for cell in self.nation(indicator, context):
            reason = not_shown_reason(cell, indicator, self.registry.secret_threshold(indicator))
            if reason is not None:
                note = f"<span{LIMIT_ROLE}>{escape(reason.note(self.translator))}</span>"
                return (
                    f"<p{self._cell_attribute(cell)}>{not_shown_sentence(cell, indicator, self.translator)} {note}</p>"
                )
        return f"<p>{self.translator.html('message.none', year=self.year)}</p>"

    def _cell_attribute(self, cell: PublishedCell) -> str:
        """The attribute with the address of a cell."""
        key = (cell["ind_id"], cell["context"], int(cell["year"]), cell["orgnr"])
        return cell_attribute(cell_address(self.registry.id, *key))

    def _nation_cells(self) -> CellRecords:
        """The nation's cells of this year, of every indicator and context."""
        groups = (
            self.nation(indicator, context) for indicator in self.indicators for context in self.contexts(indicator)
        )
        return [cell for cells in groups for cell in cells]


def rounds(published: PublishedResults) -> list[tuple[int, str]]:
    """Every year with cells and its round, earliest first: a year is interim while any of its cells is provisional."""
    provisional = published.cells.groupby("year")["provisional"].any()
    return [(int(str(year)), "interim" if is_provisional else "final") for year, is_provisional in provisional.items()]


def _published_folder() -> Path:
    """The folder of the published cells: from the environment, else `_build/published` here or in a parent folder."""
    # A build sets the variable for its kernels.
    configured = os.environ.get(PUBLISHED_FOLDER)
    if configured:
        return Path(configured)
    # Jupyter runs a notebook in the notebook's folder, somewhere below its project's.
    current = Path.cwd()
    candidates = [folder / "_build" / "published" for folder in (current, *current.parents)]
    return next((candidate for candidate in candidates if candidate.is_dir()), candidates[0])
