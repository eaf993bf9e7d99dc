"""The figures of a report as fragments: each by its own method, and all of them by name.

Input: the selection's published cells. Output: fragments with a figure and its notes; empty when there is too little to
show.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from kvalreg.disclosure.presentation import PresentationReason
from kvalreg.disclosure.published import CellStatus
from kvalreg.report import registry_text
from kvalreg.report.cell_markup import Html, cell_attribute
from kvalreg.report.figures import FIGURES
from kvalreg.report.figures.improvement_projects import project_bars
from kvalreg.report.footnotes import LIMIT_ROLE
from kvalreg.report.html_fragment import HtmlFragment, html_fragment, join_fragments
from kvalreg.report.selected_unit import units_script
from kvalreg.report.selection import Selection
from kvalreg.urls import series_file


class FigureFragments(Selection):
    """A selection with a method for each figure."""

    def trend(self, ind_id: str, context: str = "caregiver", units: Sequence[str] = ()) -> HtmlFragment:
        """The nation over the years, and the units with these `orgnr` next to it.

        Examples
        --------
        >>> from kvalreg.report import Report
        >>> report = Report.load("slag", 2025)
        >>> hospitals = report.published.units.at_level("hospital")
        >>> report.trend("slag_enhet", units=[hospitals[0].orgnr])
        <kvalreg fragment, ... characters>
        """
        indicator = self.registry.indicator(ind_id)
        presented_cells = self.presented_units(indicator, context) if units else []
        comparison_cells = [cell for cell in presented_cells if cell["orgnr"] in units]
        figure = self.figure("trend", ind_id, context, compared_cells=comparison_cells)
        # The key to the project bars stands below the figure; without a figure there are no bars to explain.
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
        # How many units are not shown is no secret: the table of the same figure lists them by name.
        view = self.view(indicator, context)
        noun, number = view.unit_noun(len(hidden_cells)), self.translator.count_html(len(hidden_cells), "units-hidden")
        sentences = [self.translator.html("figure.hidden", count=len(hidden_cells), number=number, unit_word=noun)]
        limit_notes = " ".join(view.footnotes(hidden_cells).sentences(self.translator))
        sentences.append(Html(f"<span{LIMIT_ROLE}>{escape(limit_notes)}</span>"))
        attribute = cell_attribute(view.subject("compare").cell_address)
        return join_fragments([figure, html_fragment(f'<p class="kv-note"{attribute}>{" ".join(sentences)}</p>')])

    def funnel(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """Every unit against the variation expected by chance for its number of patients, with how to read it."""
        return self.figure("funnel", ind_id, context)

    def change(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """How much each unit's result has changed since the year before."""
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
        """Why the results are not shown per hospital; empty when they are."""
        presentation = self.published.presentation(ind_id, context, self.year)
        nation = self.nation(self.registry.indicator(ind_id), context)
        # The reason "single" is about the nation's coverage, which may be stated only when the nation's own cell states
        # it: of a secret cell nothing is disclosed.
        is_explained = presentation.reason is not PresentationReason.SINGLE or any(
            cell["status"] == CellStatus.LOW_COVERAGE for cell in nation
        )
        if presentation.reason is PresentationReason.QUALITY or not is_explained:
            return HtmlFragment("")
        text = self.translator(
            f"presentation.{presentation.reason}",
            level=self.translator(f"presentation.per_{presentation.level}"),
            units=self.translator(f"presentation.units_{presentation.passed_over or presentation.level}"),
        )
        return html_fragment(f'<p class="kv-note">{escape(text)}</p>')

    def variation(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """The second layer, collapsed: the funnel, and the changes since the year before."""
        figures = join_fragments([self.funnel(ind_id, context), self.change(ind_id, context)])
        if not figures.markdown:
            return figures
        summary = f'<details class="kv-deep"><summary>{escape(self.translator("figure.variation"))}</summary>'
        return join_fragments([html_fragment(summary), figures, html_fragment("</details>")])

    def figure(self, kind: str, ind_id: str, context: str = "caregiver", **options: object) -> HtmlFragment:
        """Any figure of `kvalreg.report.figures.FIGURES` by its name; empty when there is too little to show.

        Examples
        --------
        >>> from kvalreg.report import Report
        >>> Report.load("slag", 2025).figure("levels", "slag_enhet")
        <kvalreg fragment, ... characters>
        """
        view = self.view(self.registry.indicator(ind_id), context)
        figure = FIGURES[kind](view, **options)
        if figure and any(cell["provisional"] for cell in (*view.current_nation, *view.current_units)):
            figure = figure.with_provisional_mark(view.year, self.translator)
        return figure.to_fragment(self.translator) if figure else HtmlFragment("")

    def units(self, ind_id: str, context: str = "caregiver") -> HtmlFragment:
        """The data of every unit, for the page's JavaScript to show the selected one; invisible by itself."""
        indicator = self.registry.indicator(ind_id)
        series = series_file(self.registry.id, ind_id, [other.id for other in self.registry.indicators])
        return units_script(self.view(indicator, context), self.current_presented_units(indicator, context), series)
