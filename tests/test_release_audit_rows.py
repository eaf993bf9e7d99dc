"""Rows read many at a time tell what the reader says of each by itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kvalreg.inputs.descriptor import IndicatorType
from kvalreg.pipeline import Account
from kvalreg.project import Project
from kvalreg.release.audit_files import fragments_of, site_files
from kvalreg.release.audit_heard import Heard
from kvalreg.release.audit_markup import Part as Piece
from kvalreg.release.audit_markup import tokens
from kvalreg.release.audit_pages import read_html
from kvalreg.release.audit_parts import Part
from kvalreg.release.audit_public import Key, Place, Public, Spot
from kvalreg.release.audit_readings import Reader
from kvalreg.release.audit_rows import Rows
from kvalreg.release.audit_tables import Fragment, Places, Table
from small_project import UNITS, delivery_of, write_registry

OWN_WAY = ("gjennomsnitt", "antall")
"""Types of indicators whose numbers mean something else than those of a share."""
VIK = Place("hospital", "111")
PAGE = Spot("p.html", "t", "alfa", "alfa_a", "caregiver", 2024, "hospital")

_NAMES = st.sampled_from(
    [
        "Enhet",
        "Resultat",
        "95 % intervall",
        "Pasienter",
        "År",
        "",
        "unit",
        "orgnr",
        "unit_id",
        "year",
        "ind_id",
        "level",
        "registry",
        "context",
        "var",
        "denominator",
        "value",
        "low",
        "high",
        "text",
        "shown",
        "footnote",
        "achievement",
        "dg",
        "before",
    ]
)
_TEXTS = st.sampled_from(
    [
        "Vik",
        "Li",
        "Å",
        "Nes HF",
        "Nord",
        "Hele landet",
        "111",
        "112",
        "444",
        "999999999",
        "2023",
        "2024",
        "2024.0",
        "Vises ikke",
        "Not shown",
        "hidden",
        "Få pasienter †",
        "Low coverage",
        "few_patients provisional",
        "low_coverage",
        "Vik: 12 pasienter i 2024.",
        "Vises ikke: færre enn 5 pasienter, eller skjult for å verne et slikt tall.",
        "false",
        "true",
        "",
        "nan",
        "low",
        "Sikkert høy",
        "caregiver",
        "resident",
        "alfa",
        "alfa_a",
        "beta_a",
        "hospital",
        "nation",
        "80 av 100",
        "8 av 10",
        "100",
        "1 562",
        "0.8",
        "0,8",
        "79–91 %",
        "Vik: 80 av 100 pasienter i 2024.",
        "Vik: 3 av 7 i 2019. Li har 8 av 10.",
        "Den er 80 av 100.",
        "Vik  HF",
    ]
)
_VALUES = _TEXTS | st.sampled_from([0, 1, 1.0, 100, 0.8, 0.812, 2024, True, False, None])


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Public:
    """What everybody knows of two small registries."""
    root = tmp_path_factory.mktemp("known")
    for registry in ("alfa", "beta"):
        write_registry(root, registry, delivery_of(registry))
    (root / "registries" / "units.csv").write_text(UNITS, encoding="utf-8")
    known = Public.read(Project(root).root)
    alfa = known.registries["alfa"]
    other = [
        alfa.indicators[0].model_copy(update={"id": f"alfa_{kind}", "title": kind, "type": IndicatorType(kind)})
        for kind in OWN_WAY
    ]
    alfa = alfa.model_copy(update={"indicators": (*alfa.indicators, *other)})
    return Public(known.units, {**known.registries, "alfa": alfa})


def at_one_go(public: Public, fragments: Iterable[Fragment]) -> Heard:
    """What is heard when rows are read many at a time."""
    heard = Heard("p.html")
    Rows(Reader(public)).read(fragments, heard)
    return heard


def one_by_one(public: Public, fragments: Iterable[Fragment]) -> Heard:
    """What is heard when the reader reads each row by itself."""
    heard, reader = Heard("p.html"), Reader(public)
    for fragment in fragments:
        heard.note(reader.read(fragment))
    return heard


def told(heard: Heard) -> dict[str, tuple[object, ...]]:
    """What is said of each registry; in which order a cell's contradicting numbers stand says nothing."""

    def plainly(part: Part) -> tuple[object, ...]:
        numbers = {key: sorted(map(repr, one)) for key, one in part.numbers.items()}
        return numbers, part.hidden, part.unreliable, set(part.claims)

    parts = {registry: plainly(part) for registry, part in heard.parts().items()}
    return parts | {"": (sorted(heard.unattached), heard.registries)}


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """A table of any columns and values, as pages, files and JSON have them."""
    names = tuple(draw(st.lists(_NAMES, min_size=1, max_size=5)))
    size = draw(st.integers(1, 4))
    machine = draw(st.sampled_from([True, False, None]))
    values = _VALUES if machine is None else _TEXTS
    columns = tuple(draw(st.lists(values, min_size=size, max_size=size)) for _ in names)
    sparse = machine is True and draw(st.booleans())
    marks = st.sampled_from(["111", "112"] if machine is None else ["111", "112", "", "999999999"])
    units = draw(st.just(()) | st.lists(marks, min_size=size, max_size=size))
    spot = draw(
        st.builds(
            PAGE._replace,
            ind_id=st.sampled_from(["alfa_a", *(f"alfa_{kind}" for kind in OWN_WAY), None]),
            year=st.sampled_from([2024, None]),
            level=st.sampled_from(["hospital", "nation", None]),
            orgnr=st.sampled_from([None, "111"]),
            english=st.booleans(),
        )
    )
    level, own = draw(st.sampled_from([None, "hospital", "nation"])), draw(st.booleans())
    return Table(spot, names, columns, machine, Places("row ", range(size)), units, level, sparse, own)


@settings(max_examples=200, deadline=None)
@given(table=tables())
def test_any_table_tells_the_same_at_one_go_as_row_by_row(public: Public, table: Table) -> None:
    """Numbers, marks, claims and rows of no known cell, whatever stands in which column."""
    assert told(at_one_go(public, [table])) == told(one_by_one(public, [table]))


@settings(max_examples=100, deadline=None)
@given(listed=st.lists(tables(), min_size=2, max_size=3), alike=st.booleans())
def test_tables_that_are_read_together_tell_what_each_tells(public: Public, listed: list[Table], alike: bool) -> None:
    """Also where the same rows stand in other surroundings, in the order of the page."""
    fragments = [listed[0]._replace(spot=one.spot, level=one.level) for one in listed] if alike else listed
    assert told(at_one_go(public, fragments)) == told(one_by_one(public, fragments))


def test_patients_of_a_result_that_is_not_reliable(public: Public) -> None:
    """The number of patients stands beside the mark; a count's would be its result, which is a claim."""
    names = ("Enhet", "Resultat", "Pasienter")
    columns = (["Vik", "Li"], ["Få pasienter †", "Lav dekningsgrad ‡"], ["7", ""])
    for ind_id, patients in (("alfa_a", [((6.5, 7.5), None, None, None, None)]), ("alfa_antall", None)):
        spot = PAGE._replace(ind_id=ind_id)
        table = Table(spot, names, columns, False, Places("t table row ", (1, 2)))
        heard = at_one_go(public, [table])
        assert told(heard) == told(one_by_one(public, [table]))
        part, cell = heard.parts()["alfa"], ("alfa", ind_id, "caregiver", 2024)
        vik, li = Key(*cell, VIK), Key(*cell, Place("hospital", "112"))
        assert part.unreliable == {vik: "t table row 1", li: "t table row 2"}
        assert part.hidden == {}
        if patients is not None:
            assert (part.numbers[vik], part.claims) == (patients, {})
        else:
            assert {claim.places for claim in part.claims.values()} == {(VIK,)}


def test_numbers_marks_and_labels_of_a_plain_table(public: Public) -> None:
    """87 av 100 with 100 patients is a share from 0.865 to 0.875; the mark hides Li."""
    names = ("Enhet", "Resultat", "Pasienter")
    columns = (["Vik", "Li"], ["87 av 100", "Vises ikke"], ["100", "Vises ikke"])
    heard = at_one_go(public, [Table(PAGE, names, columns, False, Places("t table row ", (1, 2)))])
    cell = ("alfa", "alfa_a", "caregiver", 2024)
    part = heard.parts()["alfa"]
    assert part.numbers == {Key(*cell, VIK): [((99.5, 100.5), None, (0.865, 0.875), None, None)]}
    assert part.hidden == {Key(*cell, Place("hospital", "112")): "t table row 2"}


@pytest.mark.parametrize("machine", [True, False, None])
def test_an_indicator_of_another_registry_may_be_any(public: Public, machine: bool | None) -> None:
    """A row says that alfa's numbers are of beta_a: which of alfa's indicators it tells of is not known."""
    table = Table(
        PAGE, ("orgnr", "ind_id", "registry", "n"), (["111"], ["beta_a"], ["alfa"], ["7"]), machine, Places("row ", [1])
    )
    heard = at_one_go(public, [table])
    assert told(heard) == told(one_by_one(public, [table]))
    part = heard.parts()["alfa"]
    assert not part.numbers
    assert part.claims


@pytest.mark.parametrize("machine", [True, None])
def test_a_long_column_of_numbers_tells_what_each_of_them_tells(public: Public, machine: bool | None) -> None:
    """Whole numbers, decimals with point or comma, zeros, and fields that are empty."""
    size = 600
    shares = [round(0.0001 * 1.013**at % 1, at % 9) for at in range(size)]
    values: list[list[object]]
    if machine:
        values = [[f"{one:.{at % 9}f}".replace(".", ",."[at % 2]) if at % 7 else "" for at, one in enumerate(shares)]]
        values.append([str(at * 7 % 5000) if at % 11 else "" for at in range(size)])
    else:
        values = [[one if at % 7 else None for at, one in enumerate(shares)], [at * 7 % 5000 for at in range(size)]]
    years = [2000 + at // 4 for at in range(size)]
    units = ["111", "112", "121", "122"] * (size // 4)
    columns = ([str(year) for year in years] if machine else years, units, *values)
    table = Table(PAGE, ("year", "orgnr", "value", "denominator"), columns, machine, Places("row ", range(size)))
    heard = at_one_go(public, [table])
    assert told(heard) == told(one_by_one(public, [table]))
    assert len(heard.parts()["alfa"].numbers) > size / 2


_SVG = '<svg class="kv-symbol" viewBox="0 0 16 16"><circle cx="8" cy="8" r="6"/><path d="M8 1"/></svg>'
_DRESSED = (
    "{}",
    "<strong>{}</strong>",
    '{} <span class="kv-note">({})</span>',
    "<strong>{}</strong> {}",
    '<a href="../x.html">{}</a>',
    '<a href="#a"><span lang="en">{}</span></a>',
    f'<span class="a">{_SVG}{{}}</span>',
    '{} <a href="#a" aria-label="{}">*</a>',
)
_MARKS = (
    "",
    ' data-unit="112"',
    ' data-kv-level="nation"',
    ' data-f="Vik"',
    ' data-kv-level="hospital" data-unit="111"',
    ' data-kv-level="hospital" data-kv-orgnr="111" data-unit="111"',
    ' data-kv-registry="beta" data-kv-indicator="beta_a" data-kv-year="2023" data-kv-level="trust"',
    ' data-f-niva="Vik: 3 av 7 i 2019." data-kv-orgnr="999999999"',
)
_SECTION = (
    '<section data-kv-registry="alfa" data-kv-indicator="alfa_a" data-kv-year="2024" data-kv-context="caregiver">'
)


@st.composite
def pages(draw: st.DrawFn) -> str:
    """A page with a table whose rows are marked and whose cells hold links, notes and symbols."""
    size = draw(st.integers(1, 4))
    heading = "".join(f'<th scope="col">{draw(_NAMES)}</th>' for _ in range(size))
    rows = []
    for _ in range(draw(st.integers(1, 7))):
        cells = []
        for at in range(size):
            text = draw(st.sampled_from(_DRESSED)).replace("{}", "%s")
            tag, given = ("td", f' data-label="L" data-sort="{draw(_TEXTS)}"') if at else ("th", ' scope="row"')
            cells.append(f"<{tag}{given}>{text % tuple(draw(_TEXTS) for _ in range(text.count('%s')))}</{tag}>")
        rows.append(f"<tr{draw(st.sampled_from(_MARKS))}>{''.join(cells)}</tr>")
    section = (
        '<section data-kv-registry="alfa" data-kv-indicator="alfa_a" data-kv-year="2024" data-kv-context="caregiver">'
    )
    return f'{section}<table class="kv-table"><tr>{heading}</tr>{"".join(rows)}</table></section>'


@settings(max_examples=150, deadline=None)
@given(page=pages())
def test_dressed_rows_of_a_page_tell_what_their_tags_and_texts_tell_one_by_one(public: Public, page: str) -> None:
    """Marks of rows, links, notes and symbols; an attribute without quotes has the page read tag by tag."""
    quick, slow = (list(read_html(public, Spot("p.html"), text)) for text in (page, f"{page}<i a=1></i>"))
    parts = tokens(page)
    assert parts is not None
    assert not any(one.what == "td" for one in parts if one.part is Piece.START)
    assert told(at_one_go(public, quick)) == told(one_by_one(public, slow))


def test_the_demo_tells_the_same_at_one_go_as_row_by_row(demo: tuple[Project, Account]) -> None:
    """Every kind of page and file that kvalreg makes."""
    project, _ = demo
    public = Public.read(project.root)
    rows, reader = Rows(Reader(public)), Reader(public)
    seen: set[tuple[str, str]] = set()
    for file in site_files(project.site):
        kind = file.address.partition("/")[0], Path(file.address).name
        if kind in seen:
            continue
        seen.add(kind)
        fragments = list(fragments_of(public, file))
        fast, slow = Heard(file.address), Heard(file.address)
        rows.read(fragments, fast)
        for fragment in fragments:
            slow.note(reader.read(fragment))
        assert told(fast) == told(slow), file.address
    assert len(seen) > 20
