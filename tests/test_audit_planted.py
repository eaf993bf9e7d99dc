"""The audit sees every planted fault, in every kind of output: wrong numbers and units, missing addresses, leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit_site import built_site
from kvalreg.audit.findings import findings_by_registry
from kvalreg.audit.site import check_site
from kvalreg.kinds import Kind
from kvalreg.project import Project

YEAR, INDICATOR = "registre/alfa/2024/index.html", "registre/alfa/indikator/alfa_a/index.html"
UNIT, FIELD, REGISTRY = "sykehus/vik-sykehus/index.html", "fagomrade/prover-2/index.html", "registre/alfa/index.html"
CHANGES, FEED, CELLS = "endringer/index.html", "nytt.xml", "registre/alfa/2024/enheter.json"
OF_UNIT, SERIES = "sykehus/vik-sykehus/tall.json", "registre/alfa/indikator/alfa_a/utvikling.json"
CSV, JSON = "data/alfa/resultater.csv", "data/alfa/resultater.json"
API, API_UNIT = "api/v1/data/alfa/indicators/alfa_a.json", "api/v1/units/12.json"
NO_ADDRESS, NO_ROLES, UNKNOWN = Kind.NO_ADDRESS, Kind.NO_ROLES, Kind.CELL_UNKNOWN
SUPPRESSED, NUMBER, WRONG_UNIT, FILE = Kind.CELL_SUPPRESSED, Kind.NUMBER_WRONG, Kind.UNIT_WRONG, Kind.FILE_UNKNOWN

PAGES = (
    *("index.html", "en/index.html", "404.html", "registre/index.html", REGISTRY, "en/registre/alfa/index.html"),
    *(YEAR, "en/registre/alfa/2024/index.html", INDICATOR, "sykehus/index.html", UNIT, "sykehus/vik-hf/index.html"),
    *("sykehus/nord-rhf/index.html", "fagomrade/index.html", FIELD, "data/index.html", "data/alfa/index.html"),
    *("api/index.html", "om/index.html", "om/skjulte-tall/index.html", "en/om/index.html", CHANGES),
    "utgaver/index.html",
)
"""Every kind of page."""
ATTRIBUTES = {
    "label": '<p aria-label="Nes: 4 pasienter"></p>',
    "title": '<p title="4 pasienter"></p>',
    "alt": '<img alt="Nes: 4" src="x.png">',
    "placeholder": '<input placeholder="4">',
    "data": '<p data-told="4"></p>',
    "order": '<p data-sort="4"></p>',
    "row": '<table class="kv-table"><tr><td>Nes</td><td>4</td></tr></table>',
    "table": "<table><thead><tr><th>Nes</th></tr></thead><tbody><tr><td>4</td></tr></tbody></table>",
    "comment": "<!-- Nes: 4 -->",
    "script": "<script>var told = 4;</script>",
    "metadata": '<script type="application/ld+json">{"description": "Nes 4"}</script>',
    "drawing": '<svg viewBox="0 0 9 9"><text>Nes 4</text></svg>',
    "file": '<a href="data:text/csv,Nes;4">x</a>',
    "picture": '<img alt="" src="data:image/svg+xml,%3Ctext%3E4%3C/text%3E">',
    "code": "<code>4</code>",
    "year": "<p>Nes hadde 2004 pasienter i 2024.</p>",
    "time": "<p><time>1704</time></p>",
    "date": '<p><time datetime="2025-01-04">4 pasienter</time></p>',
    "level": '<p><span class="kv-level kv-low">Sikkert lav</span></p>',
    "data without address": '<p><data value="4">4</data></p>',
    "count": '<p><data value="4" data-kv-cell="alfa/alfa_a/caregiver/2024/@hospital" data-kv-role="units">4</data></p>',
    "size": '<p><data value="4" data-kv-role="size">4 pasienter</data></p>',
    "version": '<p><span data-kv-role="version">4</span></p>',
    "address": '<p><span data-kv-role="url">4</span></p>',
    "limit": '<p data-kv-role="limit">4 pasienter</p>',
    "role of none": '<p><data value="4" data-kv-cell="alfa/alfa_a/caregiver/2024/12" data-kv-role="x">4</data></p>',
    "text of a template": '<script class="kv-template" type="application/json">{"layer":[{"title":"Nes 4"}]}</script>',
    "template": '<script class="kv-template" type="application/json">{"data":{"values":[{"n":4}]}}</script>',
}
"""What may stand anywhere on a page of a registry."""
Plant = tuple[str, str, str, str, set[Kind]]
_TD = r"<td[^>]*>[^<]*</td>"
_ROW = r'(id="enheter-ind-alfa_a.*?<tr data-unit="12"><th scope="row">)Vik(</th>)'
_HIDDEN = r'(id="enheter-ind-alfa_a.*?<tr data-unit="14"><th scope="row">Nes</th>)(<td[^>]*>[^<]*</td>)'
_ADDRESSED = 'data-kv-cell="alfa/alfa_a/caregiver/2024'
PLANTS: tuple[Plant, ...] = (
    # pages: tables
    ("value", YEAR, r"<strong>88 av 100</strong>", "<strong>87 av 100</strong>", {NUMBER}),
    ("interval", YEAR, r"\(85–90", "(85–91", {NUMBER}),
    ("sorted by", YEAR, r'data-sort="0.8768"', 'data-sort="0.8769"', {NUMBER}),
    ("patients", YEAR, r">917<", ">918<", {NUMBER}),
    ("patients sorted", YEAR, r'data-sort="917"', 'data-sort="916"', {NUMBER}),
    ("target", YEAR, r'(data-sort="0.9">)90 av 100', r"\g<1>91 av 100", {NUMBER}),
    ("level", YEAR, r"Sikkert middels", "Sikkert høy", {NUMBER}),
    ("level's sign", YEAR, r"kv-level kv-moderate", "kv-level kv-high", {NUMBER}),
    ("change", YEAR, r"Ingen sikker endring siden 2023", "Bedre enn i 2023 (mer enn tilfeldig variasjon)", {NUMBER}),
    ("year of change", YEAR, r"(Ingen sikker endring siden) 2023", r"\1 2022", {NUMBER}),
    ("yours", YEAR, r'(data-what="unit">)', r"\g<1>4", {NUMBER}),
    ("yours sorted", YEAR, r'data-sort=""( class="kv-yours-cell")', r'data-sort="4"\1', {NUMBER}),
    ("title", YEAR, r'(<th scope="row"><a href="#ind-alfa_a">).*?(</a>)', r"\1Noe annet\2", {WRONG_UNIT}),
    ("number in a title", YEAR, r'(<th scope="row"><a href="#ind-alfa_dg">Dekningsgrad)', r"\1 4", {WRONG_UNIT}),
    ("unit", YEAR, _ROW, r"\1Nes\2", {WRONG_UNIT}),
    ("unit by address", INDICATOR, r'data-unit="12"', 'data-unit="13"', {WRONG_UNIT, NUMBER}),
    ("address of a suppressed cell", YEAR, r'(<tr data-unit=)"12"', r'\1"14"', {WRONG_UNIT, SUPPRESSED}),
    ("address of no cell", YEAR, r'(<tr data-unit=)"12"', r'\1"99"', {WRONG_UNIT, UNKNOWN}),
    ("suppressed value", YEAR, _HIDDEN, r'\1<td data-sort="">75 av 100</td>', {SUPPRESSED}),
    ("suppressed value sorted", YEAR, _HIDDEN, r'\1<td data-sort="0.75">Vises ikke *</td>', {SUPPRESSED}),
    ("suppressed interval", YEAR, _HIDDEN + _TD, r"\1\2<td>30–95 %</td>", {SUPPRESSED}),
    ("suppressed patients", YEAR, _HIDDEN + _TD + _TD, r"\1\2<td></td><td>4</td>", {SUPPRESSED}),
    ("suppressed level", YEAR, _HIDDEN + _TD * 3, r"\1\2<td></td><td></td><td>Sikkert lav</td>", {SUPPRESSED}),
    ("role of a column gone", YEAR, r' data-kv-role="n"', "", {NO_ROLES, NO_ADDRESS}),
    ("columns exchanged", YEAR, r'data-kv-role="value"', 'data-kv-role="n"', {NUMBER, NO_ROLES}),
    ("a column more", YEAR, r"(<td[^>]*>Sikkert middels</td>)(</tr>)", r"\1<td>4</td>\2", {NO_ROLES}),
    ("address of the table gone", INDICATOR, f' {_ADDRESSED}"', "", {UNKNOWN}),
    ("other registry", INDICATOR, f'{_ADDRESSED}"', f'{_ADDRESSED.replace("alfa", "beta")}"', {UNKNOWN}),
    ("other year", INDICATOR, f'{_ADDRESSED}"', f'{_ADDRESSED.replace("2024", "2023")}"', {NUMBER}),
    ("found by level", INDICATOR, r'data-f-niva="secret"', 'data-f-niva="low"', {SUPPRESSED}),
    ("found by certainty", INDICATOR, r'data-f-sikkerhet="uncertain"', 'data-f-sikkerhet="certain"', {NUMBER}),
    ("found by change", INDICATOR, r'data-f-endring="unchanged"', 'data-f-endring="improved"', {NUMBER}),
    ("note's limit", INDICATOR, r"færre enn 5 pasienter, eller", "færre enn 4 pasienter, eller", {NUMBER}),
    ("field", FIELD, r"<strong>88 av 100</strong>", "<strong>89 av 100</strong>", {NUMBER}),
    ("field's address", FIELD, 'data-kv-cell="/alfa_a/caregiver/2024/1"', 'data-kv-cell="/alfa_a/caregiver/2024/14"',
     {SUPPRESSED}),
    ("hospital", UNIT, r"<strong>85 av 100</strong>", "<strong>86 av 100</strong>", {NUMBER}),
    ("hospital's address", UNIT, f"{_ADDRESSED}/12", f"{_ADDRESSED}/14", {SUPPRESSED}),
    ("glance", UNIT.replace("vik-sykehus", "oy"), r'(<span data-kv-role="value">)\d+', r"\g<1>99", {NUMBER}),
    ("targets reached", "registre/index.html", r">(\d)(\d) av 100</td>", r">\g<1>9\g<1> av 100</td>", {NUMBER}),
    ("changed value", CHANGES, r"84 av 100", "85 av 100", {NUMBER}),
    ("past value", CHANGES, r"83 av 100", "82 av 100", {NUMBER}),
    ("past patients", CHANGES, r"<td>200</td>", "<td>201</td>", {NUMBER}),
    ("changed unit", CHANGES, r'<th scope="row">Vik</th>', '<th scope="row">Nes</th>', {WRONG_UNIT}),
    # pages: sentences
    ("message", YEAR, r'(<data value="0.8768">)88', r"\g<1>89", {NUMBER}),
    ("message's value", YEAR, r'<data value="0.8768">', '<data value="0.8868">', {NUMBER}),
    ("message without data", YEAR, r'<data value="0.8768">88 av 100</data>', "88 av 100", {NO_ADDRESS}),
    ("message's address", YEAR, rf'(<p ){_ADDRESSED}/1"', rf'\1{_ADDRESSED}/14"', {SUPPRESSED, NUMBER}),
    ("target in a sentence", YEAR, r'(data-kv-role="target">)90', r"\g<1>91", {NUMBER}),
    ("units that reached", YEAR, r'value="\d" ([^>]*units-high">)\d', r'value="6" \g<1>6', {NUMBER}),
    ("units in all", YEAR, r'value="7" ([^>]*units">)7', r'value="8" \g<1>8', {NUMBER}),
    ("units unsure", YEAR, r'(data-kv-role="units-unsure">)\d', r"\g<1>9", {NUMBER}),
    ("units hidden", YEAR, r'(data-kv-role="units-hidden">)3', r"\g<1>2", {NUMBER}),
    ("level of a message", YEAR, r'kv-moderate"( data-kv-role="achievement")', r'kv-low"\1', {NUMBER}),
    ("coverage", YEAR, r'(data-kv-role="coverage">)\d\d', r"\g<1>55", {NUMBER}),
    ("headline on the list", "registre/index.html", r'(<data value="0.8768">)88', r"\g<1>90", {NUMBER}),
    ("headline on fields", "fagomrade/index.html", r'(<data value="0.8768">)88', r"\g<1>90", {NUMBER}),
    ("limit of a level", INDICATOR, r'(value="0.8"[^>]*>)80', r"\g<1>79", {NUMBER}),
    ("limit of secrecy", INDICATOR, r'(<data value="5"[^>]*>)5', r"\g<1>4", {NUMBER}),
    ("English value", "en/registre/alfa/2024/index.html", r">88 of 100<", ">87 of 100<", {NUMBER}),
    ("other language", "en/registre/alfa/2024/index.html", r">88 of 100<", ">88 av 100<", {NUMBER}),
    # pages: figures
    ("alternative text", YEAR, r"(Hele landet: )88( av 100\. Målet)", r"\g<1>87\2", {NUMBER}),
    ("number more in it", YEAR, r'(aria-label="Punktfigur: )', r"\g<1>Nes 4. ", {NO_ADDRESS}),
    ("ends in it", YEAR, r"(Verdiene går fra )68", r"\g<1>67", {NUMBER}),
    ("its label gone", YEAR, r' data-kv-label="[^"]*"', "", {NO_ADDRESS}),
    ("its label of another cell", YEAR, r"value:////1 target", "value:////14 target", {SUPPRESSED}),
    ("funnel's centre", YEAR, r'(data-kv-role="common">)\d\d', r"\g<1>99", {NUMBER}),
    ("verdict", YEAR, r"(<td[^>]*>)Som forventet(</td>)", r"\1Avvik\2", {NUMBER}),
    ("value before", YEAR, r'(id="endring-ind-alfa_a.*?<td[^>]*>)\d\d( av 100)', r"\g<1>11\2", {NUMBER}),
    ("units of a level", REGISTRY, r'(id="nivaa-ind-alfa_a.*?<td>)\d', r"\g<1>9", {NUMBER}),
    ("year of a row", REGISTRY, r'(id="utvikling-ind-alfa_a.*?<th scope="row">)2022', r"\g<1>2023", {NUMBER}),
    ("figure's file", YEAR, r"12;Vik;2024;0,85;", "12;Vik;2024;0,86;", {NUMBER}),
    ("unit in a file", YEAR, r"12;Vik;2024", "12;Nes;2024", {WRONG_UNIT}),
    ("suppressed in a file", YEAR, r"14;Nes;2024;;", "14;Nes;2024;0,75;", {SUPPRESSED}),
    ("patients in a file", YEAR, r"14;Nes;2024;;;;;", "14;Nes;2024;;;;4;", {SUPPRESSED}),
    ("mark gone from a file", YEAR, r"14;Nes;2024;;;;;;false;false;hidden", "14;Nes;2024;;;;;;false;true;",
     {SUPPRESSED}),
    ("row of a suppressed unit", YEAR, r"12;Vik;2024;0,85", "14;Nes;2024;0,85", {SUPPRESSED}),
    ("column of a file", YEAR, r"achievement;provisional;shown", "achievement;told;shown", {NO_ROLES}),
    ("file gone", YEAR, r'class="kv-csv" download', "download", {FILE}),
    ("chart's rows", YEAR, r'("unit":\["Hele landet".*?)"Vik"', r'\1"Nes"', {WRONG_UNIT}),
    ("row of a chart", REGISTRY, r'("unit":"Hele landet","value":0\.\d+)', r"\g<1>1", {NUMBER}),
    ("text of a chart", REGISTRY, r'("text":"\d)\d( av 100","prov)', r"\g<1>0\2", {NUMBER}),
    ("interval of a chart", REGISTRY, r'("low":0\.\d+)', r"\g<1>1", {NUMBER}),
    ("field of a chart", REGISTRY, r'"columns":\[\{"year":', '"columns":[{"n":4,"year":', {NUMBER}),
    ("unknown field", YEAR, r'"columns":\{"orgnr":(\[[^]]*\])', r'"columns":{"orgnr":\1,"told":\1', {NO_ADDRESS}),
    ("title of a chart", YEAR, r'kv-spec">\{', r'kv-spec">{"title":"Nes 4",', {NO_ADDRESS}),
    ("text of a layer", YEAR, r'"layer":\[', '"layer":[{"mark":{"type":"text","text":"Nes 4"}},', {NO_ADDRESS}),
    ("dataset", YEAR, r'"datasets":\{', '"datasets":{"told":[{"n":4}],', {NO_ADDRESS}),
    ("chosen rows", YEAR, r'"chosen":\[\]', '"chosen":[{"n":4}]', {NO_ADDRESS}),
    ("parameter", YEAR, r'"params":\[', '"params":[{"name":"told","value":4},', {NO_ADDRESS}),
    ("target of a chart", YEAR, r'(\{"name":"target","value":)0.9', r"\g<1>0.95", {NUMBER}),
    ("label of an axis", YEAR, r'"0.8":"80', '"0.8":"4', {NUMBER}),
    ("column for the chart", YEAR, r'"table":\{"text":1', '"table":{"text":3', {NO_ROLES}),
    ("zone", YEAR, r'"zone":"high","from":0.9', '"zone":"high","from":0.75', {NUMBER}),
    ("difference", YEAR, r'"difference":\[-?[\d.]+', '"difference":[0.4', {NUMBER}),
    ("funnel's limits", YEAR, r'"limits":\{"n":\[(\d+)', r'"limits":{"told":[\1', {NO_ADDRESS, FILE}),
    ("drawn value", INDICATOR, r">85 av 100</text>", ">86 av 100</text>", {NUMBER}),
    ("drawn unit", INDICATOR, r">Vik</text>", ">Nes</text>", {WRONG_UNIT}),
    ("drawn on another line", INDICATOR, r'<text y="17">Hele landet', '<text y="42">Hele landet', {WRONG_UNIT}),
    ("drawn more", INDICATOR, r"(<text[^>]*>Vik</text>)", r'\1<text y="220">Nes</text>', {NO_ADDRESS}),
    ("drawn without role", YEAR, r' data-kv-role="value"(>(<g[^>]*>)?<text)', r"\1", {NO_ADDRESS}),
    ("label drawn", YEAR, r">90(.%</text>)", r">93\1", {NUMBER}),
    ("units drawn", REGISTRY, r"(<text[^>]*>●)\d", r"\g<1>9", {NUMBER}),
    # files
    ("text of a unit", CELLS, r"Vik: 85 av 100", "Vik: 86 av 100", {NUMBER}),
    ("value of a unit", CELLS, r'"value":"85 av 100"', '"value":"86 av 100"', {NUMBER}),
    ("patients of a unit", CELLS, r'"patients":"200"', '"patients":"201"', {NUMBER}),
    ("level of a unit", CELLS, r'"level":"moderate"', '"level":"high"', {NUMBER}),
    ("words of a unit", CELLS, r'"levelText":"Sikkert lav"', '"levelText":"Sikkert høy"', {NUMBER}),
    ("name of a unit", CELLS, r'"name":"Vik"', '"name":"Nes"', {WRONG_UNIT}),
    ("suppressed unit", CELLS, r'"text":"Nes i 2024."', '"text":"Nes: 75 av 100 pasienter i 2024."', {SUPPRESSED}),
    ("suppressed unit's patients", CELLS, r'("name":"Nes",)', r'\1"patients":"4",', {SUPPRESSED}),
    ("suppressed unit's level", CELLS, r'("name":"Nes",)', r'\1"level":"low",', {SUPPRESSED}),
    ("key of a unit", CELLS, r'("name":"Nes",)', r'\1"told":4,', {NO_ADDRESS}),
    ("unit's key", CELLS, r'"12":\{"name"', '"99":{"name"', {UNKNOWN}),
    ("unit told twice", CELLS, r'"12":\{"name"', '"14":{"name"', {FILE}),
    ("year of a block", CELLS, r'"year":2024', '"year":2023', {NUMBER}),
    ("hospital's own file", OF_UNIT, r'"value":"85 av 100"', '"value":"86 av 100"', {NUMBER}),
    ("registry of it", OF_UNIT, r'"registry":"alfa"', '"registry":"beta"', {UNKNOWN}),
    ("year of a series", SERIES, r'\["12",2024,0.85', '["12",2024,0.86', {NUMBER}),
    ("text of a series", SERIES, r'"85 av 100"', '"86 av 100"', {NUMBER}),
    ("suppressed in a series", SERIES, r'"series":\[', '"series":[["14",2024,0.75,null,null,0,""],', {SUPPRESSED}),
    ("cut row of a series", SERIES, r'"series":\[', '"series":[["14",2024,0.75],', {FILE}),
    ("open data", CSV, r"(2024;hospital;12;Vik;alfa_a;)170", r"\g<1>171", {NUMBER}),
    ("open data's interval", CSV, r"(2024;hospital;12;Vik;alfa_a;170;200;0,85;0,79)", r"\g<1>1", {NUMBER}),
    ("open data's unit", CSV, r"(2024;hospital;12;)Vik(;alfa_a)", r"\1Nes\2", {NUMBER}),
    ("open data, suppressed", CSV, r"(2024;hospital;14;Nes;alfa_a;);", r"\g<1>3;4", {SUPPRESSED, FILE}),
    ("open data's mark", CSV, r"(2024;hospital;14;Nes;alfa_a;;;;;;;;;;;;;;)hidden", r"\1", {SUPPRESSED}),
    ("open data of no cell", CSV, r"2024;hospital;12;Vik;alfa_a", "2019;hospital;12;Vik;alfa_a", {UNKNOWN}),
    ("open data's columns", CSV, r"achievement;certainty", "achievement;told", {NO_ROLES}),
    ("open data as JSON", JSON, r'"denominator":\[917', '"denominator":[916', {NUMBER}),
    ("more in JSON", JSON, r'"registry_name":"alfa"', '"registry_name":"alfa","told":"Nes 4"', {NO_ADDRESS}),
    ("API", API, r'"var":756', '"var":757', {NUMBER}),
    ("API, suppressed", API, r'("orgnr":"14","unit_name":"Nes")', r'\1,"denominator":4', {SUPPRESSED}),
    ("API, of a unit", API_UNIT, r'"value":0.85', '"value":0.86', {NUMBER}),
    ("API's key", API_UNIT, r'"var":170', '"told":170', {NO_ROLES}),
    ("API's description", "api/v1/data/alfa/descriptions.json", r'"title":"', '"title":"4 ', {NO_ADDRESS}),
    ("API's names", "api/v1/info/names.json", r'"full_name":"', '"full_name":"Nes 4 ', {NO_ADDRESS}),
    ("API's years", "api/v1/data/alfa/years.json", r"2024", "4", {NUMBER}),
    ("API's units", "api/v1/units.json", r'"full_name":"Nes"', '"full_name":"Nes: 4"', {NO_ADDRESS}),
    ("data package", "data/alfa/datapackage.json", r'"description": "', '"description": "Nes 4. ', {NO_ADDRESS}),
    ("catalogue", "data/catalog.ttl", r'dct:description "', 'dct:description "Nes 4. ', {NO_ADDRESS}),
    ("catalogue as JSON", "data/catalog.jsonld", r'"@value": "', '"@value": "Nes 4. ', {NO_ADDRESS}),
    ("definitions", "data/alfa/indikatorer.csv", r"Minst 3 av 4", "Minst 2 av 4", {NO_ADDRESS}),
    ("units' file", "data/enheter.csv", r"Nes;Nes", "Nes;Nes 4", {NO_ADDRESS}),
    ("footnotes", "data/fotnoter.csv", r"60 av 100", "4 av 100", {NO_ADDRESS}),
    ("list of units", "enheter.json", r'"name":"Nes"', '"name":"Nes: 4"', {NO_ADDRESS}),
    ("search list", "sok.js", r'"Nes","unit"', '"Nes: 4","unit"', {NO_ADDRESS}),
    ("search list's words", "sok.js", r'"alfa 1 b12', '"alfa 1 b12 n4', {NO_ADDRESS}),
    ("words about numbers", "tall.js", r'"close":"Lukk"', '"close":"Lukk 4"', {NO_ADDRESS}),
    ("limit in the words about numbers", "tall.js", r'"coverage":60', '"coverage":4', {NO_ADDRESS}),
    ("names in the words about numbers", "tall.js", r'"name":"Register', '"name":"4 Register', {NO_ADDRESS}),
    ("list of editions", "endringer/utgaver.json", r'"changed":', '"n":4,"changed":', {NO_ADDRESS}),
    ("feed", FEED, r"88 av 100", "87 av 100", {NUMBER}),
    ("feed's label", FEED, r' kv:label="[^"]*"', "", {NO_ADDRESS}),
    ("feed's cell", FEED, r"alfa_a/caregiver/2024/1\"", 'alfa_a/caregiver/2024/14"', {SUPPRESSED}),
    ("feed's title", FEED, r"(<title>Register for alfa, type 1:)", r"\1 4", {NO_ADDRESS}),
    ("feed of changes", "endringer.xml", r"<summary([^>]*)>1", r"<summary\1>9999", {NUMBER, NO_ADDRESS}),
    ("changes' file", "endringer/alfa.csv", r"0.835", "0.84", {NUMBER}),
    ("changes' past", "endringer/alfa.csv", r"0.83,", "0.82,", {NUMBER}),
    ("sitemap", "sitemap.xml", r"(<urlset[^>]*>)", r"\1<note>4</note>", {NO_ADDRESS}),
    ("robots", "robots.txt", r"Allow", "# Nes 4\nAllow", {NO_ADDRESS}),
)  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The site, built once."""
    return built_site(tmp_path_factory.mktemp("planted"))


@pytest.fixture(scope="module")
def memory(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an audit of the untouched site remembers: each test reads the spoiled file alone."""
    folder = tmp_path_factory.mktemp("memory")
    found = check_site(built.site.resolve(), built, folder)
    assert [str(one) for one in found.findings] == []
    assert found.claims > 3000
    return folder


@pytest.fixture
def spoil(built: Project, memory: Path) -> Iterator[Spoiler]:
    """Change a file of the site, audit it, and put the file back."""
    spoiler = Spoiler(built, memory)
    yield spoiler
    spoiler.restore()


class Spoiler:
    """One planted fault."""

    def __init__(self, project: Project, memory: Path) -> None:
        self.project, self.site, self.memory = project, project.site.resolve(), memory
        self._before: dict[Path, bytes | None] = {}

    def write(self, file: str, content: bytes) -> None:
        """Make a file hold this."""
        path = self.site / file
        self._before.setdefault(path, path.read_bytes() if path.exists() else None)
        path.write_bytes(content)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change the first place that matches; a change that changes nothing tests nothing."""
        text = (self.site / file).read_text("utf-8")
        edited = re.sub(old, new, text, count=1, flags=re.DOTALL)
        assert edited != text
        self.write(file, edited.encode())

    def kinds(self, file: str) -> set[Kind]:
        """The kinds of what is found: all of it in this file."""
        found = check_site(self.site, self.project, self.memory).findings
        assert {one.file for one in found} <= {file}
        return {one.kind for one in found}

    def restore(self) -> None:
        """Put every file back."""
        for path, content in self._before.items():
            path.unlink() if content is None else path.write_bytes(content)


# --- what is found ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("page", PAGES)
def test_a_number_without_an_address_is_found_on_every_page(spoil: Spoiler, page: str) -> None:
    """A digit in a sentence that kvalreg might have written stands in an address, whatever page it is on."""
    spoil.edit(page, "</main>", "<p>Nes: 4 pasienter.</p></main>")
    assert spoil.kinds(page) == {NO_ADDRESS}


@pytest.mark.parametrize("markup", ATTRIBUTES.values(), ids=ATTRIBUTES)
def test_a_number_anywhere_on_a_page_is_found(spoil: Spoiler, markup: str) -> None:
    """In attributes, comments, scripts, drawings, files within a page, and in roles that are not its own."""
    spoil.edit(YEAR, "</main>", f"{markup}</main>")
    assert spoil.kinds(YEAR) & {NO_ADDRESS, NO_ROLES, NUMBER, FILE, UNKNOWN}


@pytest.mark.parametrize(("file", "old", "new", "kinds"), [one[1:] for one in PLANTS], ids=[one[0] for one in PLANTS])
def test_a_planted_fault_is_found(spoil: Spoiler, file: str, old: str, new: str, kinds: set[Kind]) -> None:
    """A wrong number, a wrong unit, a missing address and a suppressed cell are found in every kind of output."""
    spoil.edit(file, old, new)
    found = spoil.kinds(file)
    assert found & kinds, f"expected {kinds}, found {found}"


@pytest.mark.parametrize("file", ["tall.zip", "api.json", "data/alfa/2024.csv", "registre/alfa/tall.parquet", "a.svg"])
def test_a_file_of_no_known_schema_is_found(spoil: Spoiler, file: str) -> None:
    """Nobody knows what such a file tells, so it is not published."""
    spoil.write(file, b"Nes;4\n")
    assert spoil.kinds(file) == {FILE}


def test_more_than_a_hundred_faults_are_planted() -> None:
    """In every kind of output."""
    assert len(PAGES) + len(ATTRIBUTES) + len(PLANTS) > 150


# --- what is no finding ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "html",
    [
        "<p>Nes vises ikke. Å vente er lenge. A er et sykehus.</p>",
        "<p>Sykehus 1013 ligger ved HF 100.</p>",
        '<p data-kv-text="registry">Av 240 pasienter fikk 209 hjelp.</p>',
        "<p><time>2024</time></p>",
        '<p>Fikk <data value="0.85" data-kv-cell="alfa/alfa_a/caregiver/2024/12">85 av 100</data>.</p>',
        '<p lang="en">Got <data value="0.85" data-kv-cell="alfa/alfa_a/caregiver/2024/12">85 of 100</data>.</p>',
    ],
    ids=["names", "names with digits", "a registry's own words", "year", "value", "value in English"],
)
def test_what_is_told_as_it_should_be_is_no_finding(spoil: Spoiler, html: str) -> None:
    """Names with digits, registries' own words, years, and numbers with their cells."""
    spoil.edit(YEAR, "</main>", f"{html}</main>")
    assert spoil.kinds(YEAR) == set()


def test_a_dead_link_is_no_finding(spoil: Spoiler) -> None:
    """That a link leads nowhere says nothing of any number."""
    spoil.edit(YEAR, "</main>", '<a href="../1999/index.html#ind-4">før</a></main>')
    assert spoil.kinds(YEAR) == set()


def test_a_finding_names_its_place_and_no_number(spoil: Spoiler) -> None:
    """File, line, registry, cell, and what to do; never what was found."""
    spoil.edit(YEAR, r"<strong>88 av 100</strong>", "<strong>98765 av 98766</strong>")
    found = check_site(spoil.site, spoil.project, spoil.memory).findings
    told = str(found[0])
    assert told.startswith(f"{YEAR}:{found[0].line}: alfa: ")
    assert "alfa/alfa_a/caregiver/2024/1" in told
    assert "Build again" in told
    assert "9876" not in told
    assert list(findings_by_registry(found)) == ["alfa"]


def test_a_registrys_text_cannot_pass_itself_off_as_kvalregs(tmp_path: Path) -> None:
    """Markup in a descriptor's texts is escaped or taken away, so no address and no role of it reaches a page."""
    from kvalreg.report.markup import registry_words, safe_html

    forged = '<data value="4" data-kv-cell="alfa/alfa_a/caregiver/2024/14">4</data></div><p data-kv-role="n">4</p>'
    assert "data-kv-cell" not in safe_html(forged)
    assert "data-kv-role" not in safe_html(forged)
    from html import escape

    assert "<data" not in registry_words(escape(forged))


def test_a_number_in_quartos_list_for_searching_is_found(spoil: Spoiler) -> None:
    """What Quarto lists of a page stands on that page, where it is checked; anything else with a digit is found."""
    entry = '[{{"objectID":"a","href":"{}#ind","title":"Vik sykehus","section":"","text":"Nes\\n{}"}}]'
    spoil.write("search.json", entry.format(UNIT, "85 av 100").encode())
    assert spoil.kinds("search.json") == set()
    spoil.write("search.json", entry.format(UNIT, "86 av 100").encode())
    assert spoil.kinds("search.json") == {NO_ADDRESS}
