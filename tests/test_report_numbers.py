"""Every number in a generated sentence is that of the cell it tells of.

The test reads pages as a reader does: it takes the text and the alternative texts out of the HTML, finds the numbers
with patterns of its own, and compares them with the published Parquet file. A sentence with a number that it cannot
explain is a failure too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import html5lib
import pandas as pd
import pytest

from kvalreg.disclosure.published import PublishedResults, load_published
from kvalreg.pipeline import RunResult
from kvalreg.project import Project
from kvalreg.report import Report
from kvalreg.report.drawing import DEFER_CHARTS
from kvalreg.report.markup import html_parts
from unmarked import unmarked

UNIT_WORDS = {
    "hospital": "sykehus|sjukehus|hospitals?",
    "hf": "helseforetak|helseføretak|health trusts?",
    "rhf": "regionale? helse\\w+|regionalt helse\\w+|regional health authorit\\w+",
    "county": "fylker?|count(?:y|ies)",
}
NUMBER = r"\d{1,3}(?:[\xa0 ,]\d{3})+(?![\d])|\d+(?:[.,]\d+)?"
VALUE = rf"(?:{NUMBER})(?: (?:av|of) (?:1000|100)\b)?"
UNIT = "(?:" + "|".join(UNIT_WORDS.values()) + ")"
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÆØÅ0-9«])")


@dataclass
class Reader:
    """What stands around a sentence, and the judgement of its numbers.

    Parameters
    ----------
    published
        The cells that the page was made of.
    year
        The page's year.
    found
        What disagrees or cannot be explained.
    checked
        How many sentences with numbers were compared, by kind.
    """

    published: PublishedResults
    year: int
    english: bool
    ind_id: str = ""
    context: str = "caregiver"
    count: int = 0
    found: list[str] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)

    def read(self, text: str) -> None:
        """Judge every sentence of a text that holds a number."""
        for sentence in SENTENCE.split(" ".join(text.split(" ")).strip()):
            if re.search(r"\d", sentence) and not self._is_registrys(sentence):
                self._judge(sentence)

    def _judge(self, sentence: str) -> None:
        for kind, pattern in PATTERNS.items():
            match = re.search(pattern, sentence)
            if match:
                self.checked[kind] = self.checked.get(kind, 0) + 1
                right: bool = getattr(self, f"_{kind}")(match)
                if not right:
                    self.found.append(f"{kind}: {sentence} ({self.ind_id}, {self.context})")
                return
        self.found.append(f"unexplained: {sentence}")

    def _is_registrys(self, sentence: str) -> bool:
        said = json.dumps(self.published.registry.model_dump(mode="json"), ensure_ascii=False)
        return _words_of(sentence) in _words_of(said)

    # --- the published cells -----------------------------------------------------------------------------------------
    def cells(self, level: str, year: int | None = None, ind_id: str = "") -> pd.DataFrame:
        """The shown cells of the indicator and context that is told of."""
        cells = self.published.cells
        return cells[
            (cells["ind_id"] == (ind_id or self.ind_id))
            & (cells["context"] == self.context)
            & (cells["level"] == level)
            & (cells["year"] == (year or self.year))
            & cells["shown"]
        ]

    def nation(self, year: int | None = None) -> dict[str, Any]:
        """The nation's cell."""
        return {str(key): value for key, value in self.cells("nation", year).iloc[0].items()}

    def units(self, year: int | None = None) -> pd.DataFrame:
        """The shown cells of the finest level that has any."""
        found = (self.cells(level, year) for level in ("hospital", "hf", "rhf"))
        return next(cells for cells in found if len(cells))

    def agrees(self, said: str, value: float) -> bool:
        """Whether a printed value is the true one, rounded to what is printed."""
        parts = [self.number(one) for one in re.findall(NUMBER, said)]
        decimals = 0 if self.english and "," in said else len((re.findall(r"[.,](\d+)", said) or [""])[0])
        decimals = 0 if re.search(r"\d[\xa0 ,]\d{3}(?!\d)", said) else decimals
        share = len(parts) == 2
        printed, each = (parts[0] / parts[1], 1 / parts[1]) if share else (parts[0], 10**-decimals)
        return abs(printed - value) <= each / 2 + 1e-9

    def number(self, text: str) -> float:
        """A printed number."""
        plain = re.sub(r"[\xa0 ,](?=\d{3}(?!\d))", "", text)
        return float(plain.replace(",", "."))

    # --- one judgement per kind of sentence --------------------------------------------------------------------------
    def _headline(self, m: re.Match[str]) -> bool:
        named = [i for i in self.published.registry.indicators if m["title"].endswith(i.title)]
        if not named:
            return False
        self.ind_id = max(named, key=lambda i: len(i.title)).id if not self.ind_id else self.ind_id
        return self.agrees(m["value"], self.nation(int(m["year"]))["value"]) and int(m["year"]) == self.year

    def _so_far(self, m: re.Match[str]) -> bool:
        """Only of a year with provisional cells."""
        year = int(m["year1"] or m["year2"] or m["year3"])
        cells = self.published.cells
        return year == self.year and bool(cells[cells["year"] == year]["provisional"].any())

    def _newest(self, m: re.Match[str]) -> bool:
        return int(m["year"]) == self.year

    def _drawn_work(self, m: re.Match[str]) -> bool:
        """Letter and period of each piece of work that concerns the indicator."""
        periods = {work.period for work in self.published.registry.improvement_projects(self.ind_id)}
        return all(one.partition(" ")[2] in periods for one in m["works"].split(", "))

    def _named_work(self, m: re.Match[str]) -> bool:
        works = self.published.registry.improvement_projects(self.ind_id)
        return any(m["named"].startswith(f"{work.title} ({work.period})") for work in works)

    def _judged(self, m: re.Match[str]) -> bool:
        found = self.published.registry.evaluation(self.year)
        return found is not None and (found.stage, found.level) == (int(m["stage"]), m["grade"])

    def _stages(self, m: re.Match[str]) -> bool:
        return (m["lowest"], m["highest"]) == ("1", "4")

    def _target(self, m: re.Match[str]) -> bool:
        green = self.published.registry.indicator(self.ind_id).level_green
        return green is not None and self.agrees(m["value"], green)

    def _changed(self, m: re.Match[str]) -> bool:
        """Since the year before; or, where that is unclear, since the series began."""
        cell, certain = self.nation(), ("better", "worse", "increased", "decreased")
        if cell["change"] in certain:
            return int(m["year"]) == int(cell["change_from"])
        return cell["series_change"] in certain and int(m["year"]) == int(cell["series_from"])

    def _unchanged(self, m: re.Match[str]) -> bool:
        return (int(m["year"]), "unclear") == (int(self.nation()["change_from"]), self.nation()["change"])

    def _reached(self, m: re.Match[str]) -> bool:
        units = self.cells(_level(m["unit"]))
        units = units[units["achievement"] != ""]
        return (int(m["some"]), int(m["all"])) == (int((units["achievement"] == "high").sum()), len(units))

    def _unsure(self, m: re.Match[str]) -> bool:
        units = self.cells(_level(m["unit"]))
        indicator = self.published.registry.indicator(self.ind_id)
        green, high_is_good = indicator.level_green, indicator.level_direction == 1
        reaches = [
            tuple((end >= green) if high_is_good else (end <= green) for end in (unit["low"], unit["high"]))
            for _, unit in units[units["low"].notna()].iterrows()
        ]
        return int(m["some"]) == sum(bool(low != high) for low, high in reaches)

    def _not_drawn(self, m: re.Match[str]) -> bool:
        cells = self.published.cells
        every = cells[
            (cells["ind_id"] == self.ind_id)
            & (cells["context"] == self.context)
            & (cells["level"] == _level(m["unit"]))
            & (cells["year"] == self.year)
        ]
        return int(m["some"]) == int((~every["shown"]).sum())

    def _few(self, m: re.Match[str]) -> bool:
        """What is too few to be reliable, and what is secret, are the indicator's own numbers."""
        registry = self.published.registry
        told = [registry.indicator(self.ind_id)] if self.ind_id else registry.indicators
        reliable = {one.min_denominator for one in told}
        return int(m["n"]) in (reliable if m["reliable"] else {registry.secret_threshold(one) for one in told})

    def _poorly_covered(self, m: re.Match[str]) -> bool:
        return int(m["n"]) == 60

    def _without_result(self, m: re.Match[str]) -> bool:
        """The nation's number of patients, where its result is not reliable; none where it is secret."""
        cells = self.published.cells
        (cell,) = cells[
            (cells["ind_id"] == self.ind_id)
            & (cells["context"] == self.context)
            & (cells["level"] == "nation")
            & (cells["year"] == self.year)
        ].to_dict("records")
        told = m["n"] is None if cell["status"] == "secret" else self.number(m["n"]) == cell["denominator"]
        return told and not cell["shown"] and int(m["year"]) == self.year

    def _two_years(self, m: re.Match[str]) -> bool:
        years = (int(m["first_year"]), int(m["last_year"]))
        values = [self.nation(year)["value"] for year in years]
        return all(self.agrees(m[name], value) for name, value in zip(("first", "last"), values, strict=True))

    def _span(self, m: re.Match[str]) -> bool:
        shown = [year for year in range(1990, self.year + 1) if len(self.cells("nation", year))]
        return (int(m["first"]), int(m["last"])) == (shown[0], shown[-1])

    def _at_the_top(self, m: re.Match[str]) -> bool:
        said = []
        for year in (int(m["first_year"]), int(m["last_year"])):
            units = self.cells(_level(m["unit"]), year)
            units = units[units["achievement"] != ""]
            said.append((int((units["achievement"] == "high").sum()), len(units)))
        return [(int(m["first"]), int(m["first_all"])), (int(m["last"]), int(m["last_all"]))] == said

    def _range(self, m: re.Match[str]) -> bool:
        units = self.units()["value"]
        return self.agrees(m["low"], units.min()) and self.agrees(m["high"], units.max())

    def _whole_country(self, m: re.Match[str]) -> bool:
        return self.agrees(m["value"], self.nation()["value"])

    def _common(self, m: re.Match[str]) -> bool:
        """The pooled share of the units in the funnel, which the nation's differs from only by hidden units."""
        units = self.units()
        pooled = float(units["var"].sum() / units["denominator"].sum())
        return self.agrees(m["value"], pooled) or self.agrees(m["value"], self.nation()["value"])

    def _change_of_units(self, m: re.Match[str]) -> bool:
        now, before = self.cells(_level(m["unit"])), self.cells(_level(m["unit"]), self.year - 1)
        both = now[now["orgnr"].isin(before["orgnr"]) & (now["change_from"] == self.year - 1) & (now["change"] != "")]
        self.count = len(both)
        years = (int(m["before"]), int(m["year"])) == (self.year - 1, self.year)
        return years and int(m["some"]) == len(both)

    def _tally(self, m: re.Match[str]) -> bool:
        words = {"better": "bedre|betre|better", "worse": "dårl\\w+|worse", "increased": "høyere|høgare|higher"}
        words |= {"decreased": "lavere|lågare|lower", "unclear": "ingen|inga|no"}
        kind = next(kind for kind, word in words.items() if re.search(rf"\b(?:{word})\b", m["what"], re.IGNORECASE))
        units, before = self.units(), self.units(self.year - 1)
        both = units[units["orgnr"].isin(before["orgnr"]) & (units["change_from"] == self.year - 1)]
        return int(m["n"]) == int((both["change"] == kind).sum())

    def _units_in_figure(self, m: re.Match[str]) -> bool:
        self.count = len(self.cells(_level(m["unit"])))
        return int(m["year"]) == self.year and int(m["some"]) == self.count

    def _verdicts(self, m: re.Match[str]) -> bool:
        """Verdicts are the funnel's own; here only that they are as many as the units."""
        self.count -= int(m["n"])
        return self.count == 0 if re.match("Avvik|Deviation", m[0]) else self.count >= 0

    def _national_coverage(self, m: re.Match[str]) -> bool:
        cells = self.published.cells
        nation = cells[(cells["level"] == "nation") & cells["shown"] & (cells["year"] == self.year)]
        nation = nation[nation["coverage_year"] == int(m["year"])]
        return any(self.agrees(m["value"], value) for value in nation["coverage"].unique())

    def _coverage_of_units(self, m: re.Match[str]) -> bool:
        units = self.cells(_level(m["unit"]), int(m["year"]), self.ind_id)
        return int(m["some"]) == len(units) > 0

    def _coverage_range(self, m: re.Match[str]) -> bool:
        years = [y for y in range(self.year, 1990, -1) if len(self.cells("hospital", y)) or len(self.cells("hf", y))]
        units = self.units(years[0])["value"]
        return self.agrees(m["low"], units.min()) and self.agrees(m["high"], units.max())

    def _of_the_page(self, m: re.Match[str]) -> bool:
        return int(m["year"]) == self.year

    def _before_and_now(self, m: re.Match[str]) -> bool:
        return (int(m["before"]), int(m["year"])) == (self.year - 1, self.year)

    def _caption_of_coverage(self, m: re.Match[str]) -> bool:
        return self.year - 5 <= int(m["year"]) <= self.year

    def _delivered(self, m: re.Match[str]) -> bool:
        deliveries = self.published.source.deliveries
        days = [day for d in deliveries for day in (d.latest_update, d.latest_affirm) if day is not None]
        return (int(m["day"]), int(m["year"])) in {(day.day, day.year) for day in days}

    def _reviewed(self, m: re.Match[str]) -> bool:
        reviewed = self.published.registry.indicator(self.ind_id).reviewed
        return reviewed is not None and (int(m["day"]), int(m["year"])) == (reviewed.day, reviewed.year)

    def _constant(self, m: re.Match[str]) -> bool:
        return m["what"] in ("95 %", "95%", "95 %", "99,8 %", "99.8%", "99,8 %")

    def _source(self, m: re.Match[str]) -> bool:
        return self._is_registrys(m["text"])


YEAR = r"(?P<year>(?:19|20)\d\d)"
PATTERNS = {
    "newest": rf"^(?:De nyeste|Dei nyaste|The newest) result\w+ (?:er|are) (?:fra|frå|from) {YEAR}",
    "drawn_work": r"^(?:Søyler over figuren|Bars above the chart) .*: (?P<works>[A-Z] .*)\.$",
    "named_work": r"^A: (?P<named>.*)\.$",
    "judged": r"^(?:Stadium|Stage) (?P<stage>\d), (?:nivå|level) (?P<grade>[ABC])$",
    "stages": r"(?:fra|frå|from) (?P<lowest>1) (?:til|to) (?P<highest>4) ",
    "source": r"^(?:Kilde|Kjelde|Source) (?:for|of) \w+(?: \w+)?: (?P<text>.*?)\.?$",
    "national_coverage": rf"^(?:I|In) {YEAR},?(?: var)? (?P<value>{VALUE}) pa\w+ (?:i landet|in the country)",
    "reviewed": r"(?:gjennomgått|gått gjennom|reviewed on) (?P<day>\d+)\.? \w+ (?P<year>\d{4})",
    "delivered": r"(?:oppdatert|oppdaterte|til og med|updated on|up to) (?P<day>\d+)\.? \w+ (?P<year>\d{4})",
    "target": rf"^(?:Målet er|The target is) (?:minst|høyst|høgst|at least|at most) (?P<value>{VALUE})",
    "changed": r"^(?:Resultatet er|The result is) \w+ (?:enn i|than in) (?P<year>\d{4}),",
    "unchanged": r"^(?:Vi ser ing\w+ sikker endring si\w+|We see no clear change since) (?P<year>\d{4})",
    "reached": rf"^(?P<some>\d+) (?:av|of) (?P<all>\d+) (?P<unit>{UNIT}) (?:nådde|reached)",
    "unsure": rf"^(?:For) (?P<some>\d+) (?P<unit>{UNIT}),? (?:er|the)",
    "not_drawn": rf"^(?P<some>\d+) (?P<unit>{UNIT}) (?:vises ikke|blir ikkje vist|is not|are not)",
    "few": r"(?:færre enn|fewer than) (?P<n>\d+) pa\w+(?P<reliable> er for få| are too few)?",
    "poorly_covered": r"(?:færre enn|fewer than) (?P<n>\d+) (?:av|out of) 100 pa",
    "without_result": rf"^(?:Hele landet|Heile landet|Whole country)(?:: (?P<n>{NUMBER}) pa\w+)? (?:i|in) {YEAR}",
    "two_years": rf"^(?P<first>{VALUE})[^\d]* (?:i|in) (?P<first_year>\d{{4}}) (?:og|and) (?P<last>{VALUE})[^\d]* "
    r"(?:i|in) (?P<last_year>\d{4})",
    "at_the_top": rf"^(?P<first>\d+) (?:av|of) (?P<first_all>\d+) (?P<unit>{UNIT}) had\w* .*"
    r"(?:i|in) (?P<first_year>\d{4}), (?:og|and) (?P<last>\d+) (?:av|of) (?P<last_all>\d+) "
    r"(?:i|in) (?P<last_year>\d{4})\.",
    "span": r"^(?:Linjefigur|Søylefigur|Line chart|Bar chart): .*, (?P<first>\d{4})–(?P<last>\d{4})\.$",
    "change_of_units": rf"(?:endring fr\w|change from) (?P<before>\d{{4}}) (?:til|to) {YEAR} "
    rf"for (?P<some>\d+) (?P<unit>{UNIT})",
    "tally": r"^(?P<what>(?:Sikkert|Clearly) \w+|(?:Ingen|Inga) sikker endring|No clear change): (?P<n>\d+)\.$",
    "verdicts": r"^(?:Som forventet|Som venta|As expected|(?:Mulig |Mogleg |Possible )?(?:[Aa]vvik|[Dd]eviation)): "
    r"(?P<n>\d+)\.$",
    "coverage_of_units": rf"(?:dekningsgrad|coverage) (?:i|in) {YEAR} for (?P<some>\d+) (?P<unit>{UNIT})\.",
    "units_in_figure": rf"(?:i|in) {YEAR} for (?P<some>\d+) (?P<unit>{UNIT})\.",
    "coverage_range": rf"^(?:Den|Han|It) (?:går|goes) (?:fra|frå|from) (?P<low>{VALUE}) (?:til|to) (?P<high>{VALUE})\.",
    "range": rf"^(?:Verdi\w+ går|Values go) (?:fra|frå|from) (?P<low>{VALUE})[^\d]* (?:til|to) (?P<high>{VALUE})",
    "whole_country": rf"^(?:Hele landet|Heile landet|Whole country): (?P<value>{VALUE})",
    "common": rf"(?:[Ff]elles resultat\w*,?(?: er)?|common result,?(?: is)?) (?P<value>{VALUE})",
    "headline": rf"^(?P<title>.+): (?P<value>{VALUE})[^\d]* (?:i|in) {YEAR}(?: \(.*\))?\.$",
    "so_far": r"(?:^(?:Tallene|Tala|The figures) for (?P<year1>\d{4})|(?:i|in) (?P<year2>\d{4}) \((?=[fp])"
    r"|\((?P<year3>\d{4}): )(?:foreløpige|førebelse|provisional| er| are)",
    "before_and_now": rf"^(?:Endring fr\w|Change from) (?P<before>\d{{4}}) (?:til|to) {YEAR} for {UNIT}$",
    "caption_of_coverage": rf"^(?:Dekningsgrad for|Coverage of) {UNIT} (?:i|in) {YEAR}$",
    "of_the_page": r"^(?:Her er resultat\w+ for|Se alle resultatene for|Sjå alle resultata for|"
    rf"These are the results for|[^\d]+ (?:i|in)) {YEAR}(?:$| fr)",
    "constant": r"(?P<what>95[\xa0 ]?%|99[.,]8[\xa0 ]?%)",
}
"""What sentences with numbers look like, in all three languages; the first that fits is the judge."""


def _level(word: str) -> str:
    return next(level for level in ("rhf", "hf", "hospital", "county") if re.fullmatch(UNIT_WORDS[level], word))


def _words_of(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.replace("\\n", " ").lower()))


# --- reading a page --------------------------------------------------------------------------------------------------
def read_page(html: str, published: PublishedResults, year: int, beside: str = "[]") -> Reader:
    """Judge every number in the sentences and alternative texts of a page, and in what it says of each unit.

    What it says of units stands in the page, or in a file beside it.
    """
    tree = html5lib.parse(html, namespaceHTMLElements=False)
    main = next((element for element in tree.iter() if element.tag == "main"), tree)
    reader = Reader(published, year, english="These are the results" in html)
    anchors = {re.sub(r"[^a-z0-9_]+", "-", i.id.lower()).strip("-"): i.id for i in published.registry.indicators}
    units = {(block["ind_id"], block["context"]): block for block in json.loads(beside)}
    for kind, element in _pieces(main):
        if kind == "heading" and element.get("id") in ("years", "about"):
            break  # what follows is a list of years, and the registry's own words
        if kind == "heading":
            _read_heading(reader, element, anchors)
        elif kind == "figure":
            _read_figure(reader, element)
        elif kind == "message":
            reader.ind_id = ""
            reader.read(_text(next(e for e in element.iter() if e.tag == "span" and e.get("class") is None)))
            reader.ind_id = ""
        elif kind == "units" and element.text:
            units[element.get("data-ind"), element.get("data-context")] = json.loads(element.text)
        elif kind == "text":
            reader.read(_text(element))
    for (ind_id, context), block in units.items():
        reader.ind_id, reader.context = ind_id, context
        read_units(reader, block)
    return reader


def _read_heading(reader: Reader, element: Any, anchors: dict[str, str]) -> None:
    if element.tag in ("h2", "h3"):
        anchor = element.get("id") or (re.findall(r"{#([\w-]+)}", _text(element)) or [""])[0]
        reader.ind_id = anchors.get(anchor.removeprefix("ind-"), "") if anchor.startswith("ind-") else ""
        reader.context = "caregiver"
    else:
        reader.context = "resident" if re.search(r"\b(?:bor|bur|live)\b", _text(element)) else "caregiver"


def _read_figure(reader: Reader, element: Any) -> None:
    before = reader.ind_id, reader.context
    reader.ind_id, reader.context = element.get("data-ind"), element.get("data-context")
    for inner in element.iter():
        if inner.get("role") == "img":
            reader.read(inner.get("aria-label"))
        if inner.tag in ("figcaption", "p"):
            reader.read(_text(inner))
    reader.ind_id, reader.context = before


def read_units(reader: Reader, block: dict[str, Any]) -> None:
    """What the page says of each unit: value, patients and sentence are those of its cell, or why it is not shown."""
    cells = reader.published.cells
    here = cells[(cells["ind_id"] == reader.ind_id) & (cells["context"] == reader.context)]
    here = here[here["year"] == block["year"]].set_index("orgnr")
    for orgnr, unit in block["units"].items():
        cell = here.loc[orgnr]
        rest = unit["text"].replace(unit["name"], "", 1)
        reader.checked["unit"] = reader.checked.get("unit", 0) + 1
        if not cell["shown"]:
            right = _says_why(reader, unit, rest, cell, block["year"])
        else:
            said = re.match(rf": (?P<value>{VALUE})[^\d]* (?:i|in) (?P<year>\d{{4}})", rest)
            told = re.search(rf"(?:enn i|than in|siden|sidan|since) {YEAR}", rest)
            right = (
                said is not None
                and reader.agrees(said["value"], cell["value"])
                and unit["level"] == cell["achievement"]
            )
            right = right and reader.agrees(unit["value"], cell["value"])
            right = right and (told is None or int(told["year"]) == cell["change_from"])
            right = right and (not unit["patients"] or reader.number(unit["patients"]) == cell["denominator"])
        if not right:
            reader.found.append(f"unit: {unit['text']} ({orgnr}, {reader.ind_id}, {reader.context})")


def _says_why(reader: Reader, unit: dict[str, Any], rest: str, cell: Any, year: int) -> bool:
    """Of a secret cell the year alone; of one that is not reliable its patients; a reason for each, and no more."""
    patients = "" if cell["status"] == "secret" or pd.isna(cell["denominator"]) else int(cell["denominator"])
    keys = {"name", "cell", "text", "note", "shown"} | ({"patients"} if patients != "" else set())
    if unit["shown"] or set(unit) != keys:
        return False
    said = re.match(rf"(?:: (?P<n>{NUMBER}) pa\w+)? (?:i|in|hittil i|så langt i|so far in) (?P<year>\d{{4}})", rest)
    if said is None or int(said["year"]) != year:
        return False
    reader.read(unit["note"])
    if patients == "":
        return said["n"] is None
    return reader.number(said["n"]) == patients == reader.number(unit["patients"])


def _pieces(element: Any) -> Iterator[tuple[str, Any]]:
    """The page in reading order: headings, figures, messages, paragraphs, and what it knows of units."""
    for child in element:
        if not isinstance(child.tag, str) or child.tag in ("nav", "aside", "svg", "style", "table", "header"):
            continue
        if re.fullmatch("h[2-4]", child.tag):
            child.set("id", child.get("id") or element.get("id") or "")  # a renderer may give a section the id
            yield "heading", child
        elif child.tag == "figure":
            yield "figure", child
        elif child.tag == "script":
            if child.get("class") == "kv-units":
                yield "units", child
        elif child.tag == "li" and child.get("class") == "kv-message":
            yield "message", child
        elif child.tag in ("p", "li", "figcaption"):
            yield "text", child
        else:
            yield from _pieces(child)


def _text(element: Any) -> str:
    return " ".join(re.sub(r"[ \t\n]+", " ", "".join(element.itertext())).split(" "))


# --- the tests -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("registry", "year", "page"),
    [
        ("slag", 2025, "2025"),
        ("slag", 2026, "2026-forelopig"),
        ("kols", 2025, "2025"),
        ("muskel", 2025, "2025"),
        ("hofte", 2025, "2025"),
    ],
)
def test_a_pages_numbers_are_those_of_its_cells(
    demo: tuple[Project, RunResult], registry: str, year: int, page: str
) -> None:
    """In bokmål and nynorsk, final and provisional, with large and with hidden numbers."""
    project = demo[0]
    html, beside = page_of(project, registry, page)
    reader = read_page(html, load_published(registry, project.published), year, beside)
    assert reader.found == []
    assert reader.checked["headline"] >= 3
    assert reader.checked["unit"] >= 30


def page_of(project: Project, registry: str, page: str) -> tuple[str, str]:
    """A year's page, and the file of units beside it."""
    folder = project.site / "registre" / registry / page
    beside = folder / "enheter.json"
    return (folder / "index.html").read_text("utf-8"), beside.read_text("utf-8") if beside.exists() else "[]"


@pytest.mark.parametrize(("registry", "year"), [("slag", 2025), ("kols", 2025), ("hofte", 2025)])
def test_a_registrys_page_has_the_numbers_of_its_newest_final_year(
    demo: tuple[Project, RunResult], registry: str, year: int
) -> None:
    """Messages, figures over the years, and how many units reach each level then and now."""
    html, beside = page_of(demo[0], registry, "")
    reader = read_page(html, load_published(registry, demo[0].published), year, beside)
    assert reader.found == []
    assert reader.checked["at_the_top"] >= 2


@pytest.mark.parametrize("registry", ["slag", "kols"])
def test_an_english_page_has_the_same_numbers(
    demo: tuple[Project, RunResult], registry: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same cells, told in English with English signs."""
    html = english_page(demo[0].published, registry, monkeypatch)
    reader = read_page(html, load_published(registry, demo[0].published), 2025)
    assert reader.found == []
    assert reader.checked["headline"] >= 5


def english_page(published: Path, registry: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The year's page in English, as HTML."""
    monkeypatch.setenv("KVALREG_PUBLISHED", str(published))
    monkeypatch.setenv(DEFER_CHARTS, "1")
    report = Report.load(registry, 2025, language="en")
    pieces = [report.lead(), report.message(), report.table(), report.sections(), report.quality()]
    return "\n".join(part for piece in pieces for part in html_parts(piece.markdown))


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r"(slagenhet: )(\d+)( av 100 pasienter i 2025)", "3"),
        (r"(Målet er minst )(\d+)( av 100)", "3"),
        (r"()(\d+)( av \d+ sykehus nådde målet)", "0"),
        (r"(av )(\d+)( sykehus nådde målet)", "99"),
        (r"(For )(\d+)( sykehus er tallene)", "1"),
        (r"(sikker endring siden )(\d+)(\.)", "2019"),
        (r"(aria-label=\"Linjefigur: [^\"]*?2016–2025\. )(\d+)( av 100)", "7"),
        (r"(aria-label=\"Punktfigur: [^\"]*? for )(\d+)( sykehus)", "3"),
        (r"(Verdiene går fra )(\d+)( av 100)", "1"),
        (r"(Felles resultat er )(\d+)( av 100)", "1"),
        (r"(Ingen sikker endring: )(\d+)(\.)", "1"),
        (r"(\"text\": ?\"[^\"]*?: )(\d+)( av 100 pasienter i 2025)", "1"),
        (r"(i 2024 var |I 2024 var )(\d+)( av 100)", "12"),
        (r"()(Vi ser ingen)( sikker)", "17 nye pasienter. Vi ser ingen"),
    ],
)
def test_a_wrong_number_is_found(demo: tuple[Project, RunResult], right: str, wrong: str) -> None:
    """The test can fail: one number of a good page is changed, wherever it stands, and it is found."""
    project = demo[0]
    good = [unmarked(text) for text in page_of(project, "slag", "2025")]
    spoiled = [re.sub(right, lambda m: f"{m[1]}{wrong}{m[3]}", text, count=1) for text in good]
    assert spoiled != good
    assert read_page(spoiled[0], load_published("slag", project.published), 2025, spoiled[1]).found
