"""The audit sees every planted fault, in every kind of output: wrong numbers and units, missing addresses, leaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from audit_site import built_site
from kvalreg.audit.findings import findings_by_registry
from kvalreg.audit.site import check_site
from kvalreg.diagnostic_codes import DiagnosticCode
from kvalreg.project import Project

YEAR, INDICATOR = "registre/alfa/2024/index.html", "registre/alfa/indikator/alfa_a/index.html"
UNIT, FIELD, REGISTRY = "sykehus/vik-sykehus/index.html", "fagomrade/prover-2/index.html", "registre/alfa/index.html"
CHANGES, FEED, CELLS = "endringer/index.html", "nytt.xml", "registre/alfa/2024/enheter.json"
OF_UNIT, SERIES = "sykehus/vik-sykehus/tall.json", "registre/alfa/indikator/alfa_a/utvikling.json"
CSV, JSON = "data/alfa/resultater.csv", "data/alfa/resultater.json"
API, API_UNIT = "api/v1/data/alfa/indicators/alfa_a.json", "api/v1/units/12.json"
NO_ADDRESS, NO_ROLES, UNKNOWN = (
    DiagnosticCode.CELL_ADDRESS_MISSING,
    DiagnosticCode.COLUMN_ROLES_MISSING,
    DiagnosticCode.CELL_UNKNOWN,
)
SUPPRESSED, NUMBER, WRONG_UNIT, FILE = (
    DiagnosticCode.CELL_SUPPRESSED,
    DiagnosticCode.WRONG_NUMBER,
    DiagnosticCode.WRONG_UNIT,
    DiagnosticCode.FILE_UNKNOWN,
)

PAGES = (
    *("index.html", "en/index.html", "404.html", "registre/index.html", REGISTRY, "en/registre/alfa/index.html"),
    *(YEAR, "en/registre/alfa/2024/index.html", INDICATOR, "sykehus/index.html", UNIT, "sykehus/vik-hf/index.html"),
    *("sykehus/nord-rhf/index.html", "fagomrade/index.html", FIELD, "data/index.html", "data/alfa/index.html"),
    *("api/index.html", "om/index.html", "om/skjulte-tall/index.html", "en/om/index.html", CHANGES),
    "utgaver/index.html",
)
"""Every kind of page."""
_TEMPLATE = '<script class="kv-template" type="application/json">{}</script>'
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
    "style": '<style>.kv-note::after { content: "Nes 4" }</style>',
    "style's escape": "<style>p::after{content:'\\\\0034'}</style>",
    "style of an element": "<p style=\"--a:b;content:'4'\"></p>",
    "code with a unit": "<code>nes:4</code>",
    "instruction": "<?nes 4?>",
    "footer": '<footer class="footer">Nes: 4</footer>',
    "header": '<header id="quarto-header">Nes: 4</header>',
    "symbol": '<svg class="kv-symbol" viewBox="0 0 16 16"><text>4</text></svg>',
    "meta": '<meta name="citation_title" content="Nes 4"><meta name="twitter:description" content="Nes 4">',
    "preview": '<meta property="og:title" content="Nes 4">',
    "metadata's address": '<script type="application/ld+json">{"url": "Nes 4"}</script>',
    "own address": '<span data-kv-role="url">nes/4</span>',
    "page within": '<iframe srcdoc="<p>Nes: 4</p>"></iframe>',
    "template of HTML": "<template><p>Nes: 4</p></template>",
    "choice": '<select><option value="4">Nes</option></select>',
    "label of nowhere": '<p aria-label="Nes: 4" data-kv-label="value:a/b/c/d/e/f/g"></p>',
    "metadata that is no JSON": '<script type="application/ld+json">{</script>',
    "day that is none": '<p><time datetime="4">4</time></p>',
    "data in a template": _TEMPLATE.format('{"layer":[{"data":{"values":[4]}}]}'),
    "number as text of a template": _TEMPLATE.format('{"layer":[{"text":4}]}'),
    "text of a template": _TEMPLATE.format('{"layer":[{"title":"Nes 4"}]}'),
    "template": _TEMPLATE.format('{"data":{"values":[{"n":4}]}}'),
    "a funnel of no indicator": (
        '<figure id="f" data-figure="funnel" data-kv-cell="alfa/nothing/caregiver/2024/@hospital">'
        '<a class="kv-csv" download="f.csv" href="data:text/csv,unit"></a><script class="kv-spec">'
        '{"datasets":{"limits":[{"n":9,"low95":0,"high95":1,"low998":0,"high998":1}]}}</script></figure>'
    ),
}
"""What may stand anywhere on a page of a registry."""
Plant = tuple[str, ...]
"""A name, what is looked for and what is put in its place; then the kinds of finding of which one must be found, where
it is not that of a wrong number."""
_TD = r"<td[^>]*>[^<]*</td>"
_ROW = r'(id="enheter-ind-alfa_a.*?<tr data-unit="12"><th scope="row">)Vik(</th>)'
_HIDDEN = r'(id="enheter-ind-alfa_a.*?<tr data-unit="14"><th scope="row">Nes</th>)(<td[^>]*>[^<]*</td>)'
_ADDRESSED = 'data-kv-cell="alfa/alfa_a/caregiver/2024'
PLANTS: Mapping[str, tuple[Plant, ...]] = {
    YEAR: (
        ("title in a drawing", r'(<div class="kv-chart"[^>]*><svg[^>]*>)', r"\1<title>Nes 4</title>", NO_ADDRESS),
        ("label in a drawing", r'(<div class="kv-chart"[^>]*><svg)', r'\1 aria-label="Nes 4"', NO_ADDRESS),
        ("words below a drawing", r'(<div class="kv-chart"[^>]*>)', r"\1<p>Nes 4</p>", NO_ADDRESS),
        ("part of a drawn text", r"(>88 av 100)(</text>)", r"\1<tspan> 4</tspan>\2"),
        ("name of a figure's file", r'(class="kv-csv" download=")', r"\1nes-4-", NO_ADDRESS),
        ("line of a figure's file", r"12;Vik;2024;0,85", "12;4;Vik;2024;0,85", WRONG_UNIT, FILE),
        ("look of a chart", r'"background":"transparent"', '"background":"Nes 4"', NO_ADDRESS),
        ("data of a layer", r'"layer":\[', '"layer":[{"data":{"values":[{"n":4}]}},', NO_ADDRESS),
        ("chosen unit of a chart", r'"name":"chosen","value":""', '"name":"chosen","value":"Nes 4"', UNKNOWN),
        ("measure of a chart", r'("name":"lowest","value":)[\d.]+', r'\1"Nes 4"', NO_ADDRESS, FILE),
        ("line of a funnel", r'("low95":\[)0\.\d+', r"\g<1>0.1234"),
        ("value", r"<strong>88 av 100</strong>", "<strong>87 av 100</strong>"),
        ("interval", r"\(85–90", "(85–91"),
        ("sorted by", r'data-sort="0.8768"', 'data-sort="0.8769"'),
        ("patients", r">917<", ">918<"),
        ("patients sorted", r'data-sort="917"', 'data-sort="916"'),
        ("target", r'(data-sort="0.9">)90 av 100', r"\g<1>91 av 100"),
        ("level", r"Sikkert middels", "Sikkert høy"),
        ("level's sign", r"kv-level kv-moderate", "kv-level kv-high"),
        ("change", r"Ingen sikker endring siden 2023", "Bedre enn i 2023 (mer enn tilfeldig variasjon)"),
        ("year of change", r"(Ingen sikker endring siden) 2023", r"\1 2022"),
        ("yours", r'(data-what="unit">)', r"\g<1>4"),
        ("yours sorted", r'data-sort=""( class="kv-yours-cell")', r'data-sort="4"\1'),
        ("title", r'(<th scope="row"><a href="#ind-alfa_a">).*?(</a>)', r"\1Noe annet\2", WRONG_UNIT),
        ("number in a title", r'(<th scope="row"><a href="#ind-alfa_dg">Dekningsgrad)', r"\1 4", WRONG_UNIT),
        ("unit", _ROW, r"\1Nes\2", WRONG_UNIT),
        ("address of a suppressed cell", r'(<tr data-unit=)"12"', r'\1"14"', WRONG_UNIT, SUPPRESSED),
        ("address of no cell", r'(<tr data-unit=)"12"', r'\1"99"', WRONG_UNIT, UNKNOWN),
        ("suppressed value", _HIDDEN, r'\1<td data-sort="">75 av 100</td>', SUPPRESSED),
        ("suppressed value sorted", _HIDDEN, r'\1<td data-sort="0.75">Vises ikke *</td>', SUPPRESSED),
        ("suppressed interval", _HIDDEN + _TD, r"\1\2<td>30–95 %</td>", SUPPRESSED),
        ("suppressed patients", _HIDDEN + _TD + _TD, r"\1\2<td></td><td>4</td>", SUPPRESSED),
        ("suppressed level", _HIDDEN + _TD * 3, r"\1\2<td></td><td></td><td>Sikkert lav</td>", SUPPRESSED),
        ("role of a column gone", r' data-kv-role="n"', "", NO_ROLES, NO_ADDRESS),
        ("columns exchanged", r'data-kv-role="value"', 'data-kv-role="n"', NUMBER, NO_ROLES),
        ("a column more", r"(<td[^>]*>Sikkert middels</td>)(</tr>)", r"\1<td>4</td>\2", NO_ROLES),
        ("message", r'(<data value="0.8768">)88', r"\g<1>89"),
        ("message's value", r'<data value="0.8768">', '<data value="0.8868">'),
        ("message without data", r'<data value="0.8768">88 av 100</data>', "88 av 100", NO_ADDRESS),
        ("message's address", rf'(<p ){_ADDRESSED}/1"', rf'\1{_ADDRESSED}/14"', SUPPRESSED, NUMBER),
        ("target in a sentence", r'(data-kv-role="target">)90', r"\g<1>91"),
        ("units that reached", r'value="\d" ([^>]*units-high">)\d', r'value="6" \g<1>6'),
        ("units in all", r'value="7" ([^>]*units">)7', r'value="8" \g<1>8'),
        ("units unsure", r'(data-kv-role="units-unsure">)\d', r"\g<1>9"),
        ("units hidden", r'(data-kv-role="units-hidden">)3', r"\g<1>2"),
        ("level of a message", r'kv-moderate"( data-kv-role="achievement")', r'kv-low"\1'),
        ("coverage", r'(data-kv-role="coverage">)\d\d', r"\g<1>55"),
        ("alternative text", r"(Hele landet: )88( av 100\. Målet)", r"\g<1>87\2"),
        ("number more in it", r'(aria-label="Punktfigur: )', r"\g<1>Nes 4. ", NO_ADDRESS),
        ("ends in it", r"(Verdiene går fra )68", r"\g<1>67"),
        ("its label gone", r' data-kv-label="[^"]*"', "", NO_ADDRESS),
        ("its label of another cell", r"value:////1 target", "value:////14 target", SUPPRESSED),
        ("funnel's centre", r'(data-kv-role="common">)\d\d', r"\g<1>99"),
        ("verdict", r"(<td[^>]*>)Som forventet(</td>)", r"\1Avvik\2"),
        ("value before", r'(id="endring-ind-alfa_a.*?<td[^>]*>)\d\d( av 100)', r"\g<1>11\2"),
        ("figure's file", r"12;Vik;2024;0,85;", "12;Vik;2024;0,86;"),
        ("unit in a file", r"12;Vik;2024", "12;Nes;2024", WRONG_UNIT),
        ("suppressed in a file", r"14;Nes;2024;;", "14;Nes;2024;0,75;", SUPPRESSED),
        ("patients in a file", r"14;Nes;2024;;;;;", "14;Nes;2024;;;;4;", SUPPRESSED),
        ("mark gone from a file", r"14;Nes;2024;;;;;;false;false;hidden", "14;Nes;2024;;;;;;false;true;", SUPPRESSED),
        ("row of a suppressed unit", r"12;Vik;2024;0,85", "14;Nes;2024;0,85", SUPPRESSED),
        ("column of a file", r"achievement;provisional;shown", "achievement;told;shown", NO_ROLES),
        ("file gone", r'class="kv-csv" download', "download", FILE),
        ("chart's rows", r'("unit":\["Hele landet".*?)"Vik"', r'\1"Nes"', WRONG_UNIT),
        ("unknown field", r'"columns":\{"orgnr":(\[[^]]*\])', r'"columns":{"orgnr":\1,"told":\1', NO_ADDRESS),
        ("title of a chart", r'kv-spec">\{', r'kv-spec">{"title":"Nes 4",', NO_ADDRESS),
        ("text of a layer", r'"layer":\[', '"layer":[{"mark":{"type":"text","text":"Nes 4"}},', NO_ADDRESS),
        ("dataset", r'"datasets":\{', '"datasets":{"told":[{"n":4}],', NO_ADDRESS),
        ("chosen rows", r'"chosen":\[\]', '"chosen":[{"n":4}]', NO_ADDRESS),
        ("parameter", r'"params":\[', '"params":[{"name":"told","value":4},', NO_ADDRESS),
        ("target of a chart", r'(\{"name":"target","value":)0.9', r"\g<1>0.95"),
        ("label of an axis", r'"0.8":"80', '"0.8":"4'),
        ("column for the chart", r'"table":\{"text":1', '"table":{"text":3', NO_ROLES),
        ("zone", r'"zone":"high","from":0.9', '"zone":"high","from":0.75'),
        ("difference", r'"difference":\[-?[\d.]+', '"difference":[0.4'),
        ("funnel's limits", r'"limits":\{"n":\[(\d+)', r'"limits":{"told":[\1', NO_ADDRESS, FILE),
        ("drawn without role", r' data-kv-role="value"(>(<g[^>]*>)?<text)', r"\1", NO_ADDRESS),
        ("label drawn", r">90(.%</text>)", r">93\1"),
    ),
    INDICATOR: (
        ("unit by address", r'data-unit="12"', 'data-unit="13"', WRONG_UNIT, NUMBER),
        ("address of the table gone", f' {_ADDRESSED}"', "", UNKNOWN),
        ("other registry", f'{_ADDRESSED}"', f'{_ADDRESSED.replace("alfa", "beta")}"', UNKNOWN),
        ("other year", f'{_ADDRESSED}"', f'{_ADDRESSED.replace("2024", "2023")}"'),
        ("found by level", r'data-f-niva="secret"', 'data-f-niva="low"', SUPPRESSED),
        ("found by certainty", r'data-f-sikkerhet="uncertain"', 'data-f-sikkerhet="certain"'),
        ("found by change", r'data-f-endring="unchanged"', 'data-f-endring="improved"'),
        ("note's limit", r"færre enn 5 pasienter, eller", "færre enn 4 pasienter, eller"),
        ("limit of a level", r'(value="0.8"[^>]*>)80', r"\g<1>79"),
        ("limit of secrecy", r'(<data value="5"[^>]*>)5', r"\g<1>4"),
        ("drawn value", r">85 av 100</text>", ">86 av 100</text>"),
        ("drawn unit", r">Vik</text>", ">Nes</text>", WRONG_UNIT),
        ("drawn on another line", r'<text y="17">Hele landet', '<text y="42">Hele landet', WRONG_UNIT),
        ("drawn more", r"(<text[^>]*>Vik</text>)", r'\1<text y="220">Nes</text>', NO_ADDRESS),
    ),
    FIELD: (
        ("field", r"<strong>88 av 100</strong>", "<strong>89 av 100</strong>"),
        ("field's address", 'data-kv-cell="/alfa_a/caregiver/2024/1"',
         'data-kv-cell="/alfa_a/caregiver/2024/14"', SUPPRESSED),
    ),
    UNIT: (
        ("hospital", r"<strong>85 av 100</strong>", "<strong>86 av 100</strong>"),
        ("hospital's address", f"{_ADDRESSED}/12", f"{_ADDRESSED}/14", SUPPRESSED),
    ),
    UNIT.replace("vik-sykehus", "oy"): (
        ("glance", r'(<span data-kv-role="value">)\d+', r"\g<1>99"),
    ),
    "registre/index.html": (
        ("targets reached", r">(\d)(\d) av 100</td>", r">\g<1>9\g<1> av 100</td>"),
        ("headline on the list", r'(<data value="0.8768">)88', r"\g<1>90"),
    ),
    CHANGES: (
        ("changed value", r"84 av 100", "85 av 100"),
        ("past value", r"83 av 100", "82 av 100"),
        ("past patients", r"<td>200</td>", "<td>201</td>"),
        ("changed unit", r'<th scope="row">Vik</th>', '<th scope="row">Nes</th>', WRONG_UNIT),
    ),
    "fagomrade/index.html": (
        ("headline on fields", r'(<data value="0.8768">)88', r"\g<1>90"),
    ),
    "en/registre/alfa/2024/index.html": (
        ("English value", r">88 of 100<", ">87 of 100<"),
        ("other language", r">88 of 100<", ">88 av 100<"),
    ),
    REGISTRY: (
        ("words of a bar", r'("said":\[?")(\d)', r"\1Nes 4, \2"),
        ("number of a bar", r'("count":\[?"[●◐○])\d', r"\g<1>9"),
        ("units of a level", r'(id="nivaa-ind-alfa_a.*?<td>)\d', r"\g<1>9"),
        ("year of a row", r'(id="utvikling-ind-alfa_a.*?<th scope="row">)2022', r"\g<1>2023"),
        ("row of a chart", r'("unit":"Hele landet","value":0\.\d+)', r"\g<1>1"),
        ("text of a chart", r'("text":"\d)\d( av 100","prov)', r"\g<1>0\2"),
        ("interval of a chart", r'("low":0\.\d+)', r"\g<1>1"),
        ("field of a chart", r'"columns":\[\{"year":', '"columns":[{"n":4,"year":'),
        ("units drawn", r"(<text[^>]*>●)\d", r"\g<1>9"),
    ),
    CELLS: (
        ("text of a unit", r"Vik: 85 av 100", "Vik: 86 av 100"),
        ("value of a unit", r'"value":"85 av 100"', '"value":"86 av 100"'),
        ("patients of a unit", r'"patients":"200"', '"patients":"201"'),
        ("level of a unit", r'"level":"moderate"', '"level":"high"'),
        ("words of a unit", r'"levelText":"Sikkert lav"', '"levelText":"Sikkert høy"'),
        ("name of a unit", r'"name":"Vik"', '"name":"Nes"', WRONG_UNIT),
        ("suppressed unit", r'"text":"Nes i 2024."', '"text":"Nes: 75 av 100 pasienter i 2024."', SUPPRESSED),
        ("suppressed unit's patients", r'("name":"Nes",)', r'\1"patients":"4",', SUPPRESSED),
        ("suppressed unit's level", r'("name":"Nes",)', r'\1"level":"low",', SUPPRESSED),
        ("key of a unit", r'("name":"Nes",)', r'\1"told":4,', NO_ADDRESS),
        ("unit's key", r'"12":\{"name"', '"99":{"name"', UNKNOWN),
        ("unit told twice", r'"12":\{"name"', '"14":{"name"', FILE),
        ("year of a block", r'"year":2024', '"year":2023'),
    ),
    OF_UNIT: (
        ("hospital's own file", r'"value":"85 av 100"', '"value":"86 av 100"'),
        ("registry of it", r'"registry":"alfa"', '"registry":"beta"', UNKNOWN),
    ),
    SERIES: (
        ("year of a series", r'\["12",2024,0.85', '["12",2024,0.86'),
        ("text of a series", r'"85 av 100"', '"86 av 100"'),
        ("suppressed in a series", r'"series":\[', '"series":[["14",2024,0.75,null,null,0,""],', SUPPRESSED),
        ("cut row of a series", r'"series":\[', '"series":[["14",2024,0.75],', FILE),
    ),
    CSV: (
        ("open data's last line", r"\Z", "Nes;4\r\n", FILE),
        ("open data's coverage", r"(2024;hospital;12;Vik;alfa_a;170;200;0,85;[^;]*;[^;]*;)[^;]*", r"\g<1>0,5"),
        ("open data", r"(2024;hospital;12;Vik;alfa_a;)170", r"\g<1>171"),
        ("open data's interval", r"(2024;hospital;12;Vik;alfa_a;170;200;0,85;0,79)", r"\g<1>1"),
        ("open data's unit", r"(2024;hospital;12;)Vik(;alfa_a)", r"\1Nes\2"),
        ("open data, suppressed", r"(2024;hospital;14;Nes;alfa_a;);", r"\g<1>3;4", SUPPRESSED, FILE),
        ("open data's mark", r"(2024;hospital;14;Nes;alfa_a;;;;;;;;;;;;;;)hidden", r"\1", SUPPRESSED),
        ("open data of no cell", r"2024;hospital;12;Vik;alfa_a", "2019;hospital;12;Vik;alfa_a", UNKNOWN),
        ("open data's columns", r"achievement;certainty", "achievement;told", NO_ROLES),
    ),
    JSON: (
        ("open data as JSON", r'"denominator":\[917', '"denominator":[916'),
        ("more in JSON", r'"registry_name":"alfa"', '"registry_name":"alfa","told":"Nes 4"', NO_ADDRESS),
    ),
    API: (
        ("definition in the API", r'"min_denominator":\d+', '"min_denominator":"Nes 4"', NO_ADDRESS),
        ("API", r'"var":756', '"var":757'),
        ("API, suppressed", r'("orgnr":"14","unit_name":"Nes")', r'\1,"denominator":4', SUPPRESSED),
    ),
    API_UNIT: (
        ("address in the API", r'"address":"[^"]*', '"address":"Nes 4', NO_ADDRESS),
        ("API, of a unit", r'"value":0.85', '"value":0.86'),
        ("API's key", r'"var":170', '"told":170', NO_ROLES),
    ),
    "api/v1/data/alfa/descriptions.json": (
        ("API's description", r'"title":"', '"title":"4 ', NO_ADDRESS),
    ),
    "api/v1/info/names.json": (
        ("API's names", r'"full_name":"', '"full_name":"Nes 4 ', NO_ADDRESS),
    ),
    "api/v1/data/alfa/years.json": (
        ("API's years", r"2024", "4"),
    ),
    "api/v1/units.json": (
        ("API's units", r'"full_name":"Nes"', '"full_name":"Nes: 4"', NO_ADDRESS),
    ),
    "data/alfa/datapackage.json": (
        ("data package", r'"description": "', '"description": "Nes 4. ', NO_ADDRESS),
    ),
    "data/catalog.ttl": (
        ("catalogue", r'dct:description "', 'dct:description "Nes 4. ', NO_ADDRESS),
    ),
    "data/catalog.jsonld": (
        ("catalogue as JSON", r'"@value": "', '"@value": "Nes 4. ', NO_ADDRESS),
    ),
    "data/alfa/indikatorer.csv": (
        ("definitions", r"Minst 3 av 4", "Minst 2 av 4", NO_ADDRESS),
    ),
    "data/enheter.csv": (
        ("units' file", r"Nes;Nes", "Nes;Nes 4", NO_ADDRESS),
    ),
    "data/fotnoter.csv": (
        ("footnotes", r"60 av 100", "4 av 100", NO_ADDRESS),
    ),
    "enheter.json": (
        ("page of a unit", r'"page":"', '"page":"Nes 4 ', NO_ADDRESS),
        ("list of units", r'"name":"Nes"', '"name":"Nes: 4"', NO_ADDRESS),
    ),
    "sok.js": (
        ("address in the search list", r'\["', '["Nes 4 ', NO_ADDRESS),
        ("search list", r'"Nes","unit"', '"Nes: 4","unit"', NO_ADDRESS),
        ("search list's words", r'"alfa 1 b12', '"alfa 1 b12 n4', NO_ADDRESS),
    ),
    "tall.js": (
        ("words about numbers", r'"close":"Lukk"', '"close":"Lukk 4"', NO_ADDRESS),
        ("limit in the words about numbers", r'"coverage":60', '"coverage":4', NO_ADDRESS),
        ("names in the words about numbers", r'"name":"Register', '"name":"4 Register', NO_ADDRESS),
    ),
    "api/v1/index.json": (("index of the API", r'"results":"[^"]*"', '"results":4', NO_ADDRESS),),
    "endringer/utgaver.json": (
        ("list of editions", r'"changed":', '"n":4,"changed":', NO_ADDRESS),
    ),
    FEED: (
        ("between entries", r"</entry>", "</entry>Nes: 4", NO_ADDRESS),
        ("title of a link", r"<link ", '<link title="Nes 4" ', NO_ADDRESS),
        ("category", r"<entry([^>]*)>", r'<entry\1><category term="Nes 4"/>', NO_ADDRESS),
        ("moment", r"<updated>", "<updated>4 ", NO_ADDRESS),
        ("feed", r"88 av 100", "87 av 100"),
        ("feed's label", r' kv:label="[^"]*"', "", NO_ADDRESS),
        ("feed's cell", r"alfa_a/caregiver/2024/1\"", 'alfa_a/caregiver/2024/14"', SUPPRESSED),
        ("feed's title", r"(<title>Register for alfa, type 1:)", r"\1 4", NO_ADDRESS),
    ),
    "endringer.xml": (
        ("feed of changes", r"<summary([^>]*)>1", r"<summary\1>9999", NUMBER, NO_ADDRESS),
    ),
    "endringer/alfa.csv": (
        ("changes' file", r"0.835", "0.84"),
        ("changes' past", r"0.83,", "0.82,"),
    ),
    "sitemap.xml": (
        ("page in the sitemap", r"<loc>", "<loc>Nes 4 ", NO_ADDRESS),
        ("sitemap", r"(<urlset[^>]*>)", r"\1<note>4</note>", NO_ADDRESS),
    ),
    "robots.txt": (
        ("address of the sitemap", r"Sitemap: ", "Sitemap: Nes 4 ", NO_ADDRESS),
        ("robots", r"Allow", "# Nes 4\nAllow", NO_ADDRESS),
    ),
}  # fmt: skip
"""What is spoiled in each file."""


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

    def kinds(self, file: str) -> set[DiagnosticCode]:
        """The kinds of what is found: all of it in this file."""
        found = check_site(self.site, self.project, self.memory).findings
        assert {one.file for one in found} <= {file}
        return {one.code for one in found}

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


@pytest.mark.parametrize(
    ("file", "plant"), [pytest.param(file, plant, id=plant[0]) for file, plants in PLANTS.items() for plant in plants]
)
def test_a_planted_fault_is_found(spoil: Spoiler, file: str, plant: Plant) -> None:
    """A wrong number, a wrong unit, a missing address and a suppressed cell are found in every kind of output."""
    _, old, new, *kinds = plant
    spoil.edit(file, old, new)
    assert spoil.kinds(file) & {*(kinds or [NUMBER])}


@pytest.mark.parametrize(
    "file",
    [
        *("tall.zip", "api.json", "a.svg", "data/alfa/2024.csv", "data/alfa/resultater-nes-4.csv"),
        *("registre/alfa/tall.parquet", "registre/alfa/nes-4.png", "site_libs/nes.json", "api/v1/nes-4.json"),
        *("api/v1/schema/indicator.json", "forhandsvisning.png"),
    ],
)
def test_a_file_of_no_known_schema_is_found(spoil: Spoiler, file: str) -> None:
    """Nobody knows what such a file tells, so it is not published."""
    spoil.write(file, b"Nes;4\n")
    assert spoil.kinds(file) == {FILE}


def test_a_number_in_the_style_of_every_page_is_found(spoil: Spoiler) -> None:
    """A style sheet is the same for every page, and writes signs and no numbers."""
    spoil.edit("site_libs/kvalreg/kvalreg.css", r"\Z", '.kv-note::after { content: "Nes 4" }')
    assert spoil.kinds("site_libs/kvalreg/kvalreg.css") == {NO_ADDRESS}


def test_more_than_two_hundred_faults_are_planted() -> None:
    """In every kind of output."""
    assert len(PAGES) + len(ATTRIBUTES) + sum(map(len, PLANTS.values())) > 240


# --- what is no finding ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "html",
    [
        "<p>Nes vises ikke. Å vente er lenge. A er et sykehus.</p>",
        "<p>Sykehus 1013 ligger ved HF 100.</p>",
        '<p data-kv-text="registry">Av 240 pasienter fikk 209 hjelp.</p>',
        "<p><time>2024</time></p>",
        '<h2 id="utgave-2026-06" data-anchor-id="utgave-2026-06">Utgave</h2>',
        '<p>Fikk <data value="0.85" data-kv-cell="alfa/alfa_a/caregiver/2024/12">85 av 100</data>.</p>',
        '<p lang="en">Got <data value="0.85" data-kv-cell="alfa/alfa_a/caregiver/2024/12">85 of 100</data>.</p>',
    ],
    ids=[
        "names",
        "names with digits",
        "a registry's own words",
        "year",
        "Quarto's anchor",
        "value",
        "value in English",
    ],
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
    from kvalreg.report.markup import mark_registry_text, safe_html

    forged = '<data value="4" data-kv-cell="alfa/alfa_a/caregiver/2024/14">4</data></div><p data-kv-role="n">4</p>'
    assert "data-kv-cell" not in safe_html(forged)
    assert "data-kv-role" not in safe_html(forged)
    from html import escape

    assert "<data" not in mark_registry_text(escape(forged))


def test_a_number_in_quartos_list_for_searching_is_found(spoil: Spoiler) -> None:
    """What Quarto lists of a page stands on that page, where it is checked; anything else with a digit is found."""
    entry = '[{{"objectID":"a","href":"{}#ind","title":"Vik sykehus","section":"","text":"Nes\\n{}"}}]'
    spoil.write("search.json", entry.format(UNIT, "85 av 100").encode())
    assert spoil.kinds("search.json") == set()
    spoil.write("search.json", entry.format(UNIT, "86 av 100").encode())
    assert spoil.kinds("search.json") == {NO_ADDRESS}
