"""The demo: a fictional health service and six fictional registries that between them use every feature.

The deliveries are read here with a few lines of the test's own, so that the demo is judged without the reader it tests.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from ruamel.yaml import YAML

from kvalreg.inputs.delivery import UnknownUnitPolicy
from kvalreg.inputs.descriptor import IndicatorType, Registry
from kvalreg.inputs.descriptor_file import read_descriptors
from kvalreg.inputs.registry_deliveries import read_deliveries
from kvalreg.inputs.units import read_units
from kvalreg.project import Project

CHECKOUT = Path(__file__).parents[1]
PROJECT = Project(CHECKOUT)
IDS = ["diabetes-barn", "hofte", "kols", "muskel", "rygg", "slag"]
INTERIM = date(2026, 10, 31)


def _delivered_files() -> list[Path]:
    return sorted(path for path in PROJECT.root.glob("data/*/*") if path.suffix in (".csv", ".parquet"))


def _listed(registry: str) -> list[dict[str, object]]:
    entries: list[dict[str, object]] = YAML(typ="safe").load(PROJECT.delivery_list(registry).read_bytes())
    return entries


def _read(path: Path) -> pd.DataFrame:
    """The rows of one file as the registry meant them."""
    if path.suffix == ".parquet":
        return pd.DataFrame(pq.read_table(path).to_pylist())
    text = path.read_bytes().decode("latin-1")
    separator = next(sign for sign in ";\t," if sign in text.splitlines()[0])
    rows = [row for row in csv.DictReader(io.StringIO(text), delimiter=separator) if any(row.values())]
    frame = pd.DataFrame(rows)
    frame["var"] = [float(value.replace(",", ".")) for value in frame["var"]]
    frame["denominator"] = frame["denominator"].astype(int) if "denominator" in frame else 1
    return frame.assign(year=frame["year"].astype(int))


@pytest.fixture(scope="module")
def descriptors() -> dict[str, Registry]:
    """The registries of the demo, by id."""
    registries, faults = read_descriptors(PROJECT)
    assert not faults
    return registries


@pytest.fixture(scope="module")
def cells(descriptors: dict[str, Registry]) -> dict[str, pd.DataFrame]:
    """By registry: the rows in force, sums for proportions; a later delivery replaces indicator, context and year."""
    in_force: dict[str, pd.DataFrame] = {}
    for name, registry in descriptors.items():
        rows = pd.DataFrame()
        for entry in _listed(name):
            new = _read(PROJECT.data(name) / str(entry["file"]))
            new["type"] = [registry.indicator(ind_id).type for ind_id in new["ind_id"]]
            if len(rows):
                replaced = set(zip(new["ind_id"], new["context"], new["year"], strict=True))
                keys = zip(rows["ind_id"], rows["context"], rows["year"], strict=True)
                rows = rows[[key not in replaced for key in keys]]
            rows = pd.concat([rows, new])
        key = ["ind_id", "type", "context", "year", "orgnr"]
        in_force[name] = rows.groupby(key, as_index=False)[["var", "denominator"]].sum()
    return in_force


@pytest.fixture(scope="module")
def units() -> pd.DataFrame:
    """`registries/units.csv`, every cell as text."""
    return pd.read_csv(PROJECT.units, sep=";", comment="#", dtype=str, keep_default_na=False)


def _national(frame: pd.DataFrame, ind_id: str) -> pd.Series[float]:
    """The share of the whole country by year, from the caregivers' rows."""
    mine = frame[(frame["ind_id"] == ind_id) & (frame["context"] == "caregiver")]
    sums = mine.groupby("year")[["var", "denominator"]].sum()
    return sums["var"] / sums["denominator"]


# --- the health service ----------------------------------------------------------------------------------------------


def test_the_health_service_has_the_promised_size(units: pd.DataFrame) -> None:
    """One nation, 4 RHF, 12 HF, 35 hospitals in 15 counties; only hospitals have a county."""
    assert units["level"].value_counts().to_dict() == {"nation": 1, "rhf": 4, "hf": 12, "hospital": 35}
    hospitals = units[units["level"] == "hospital"]
    assert hospitals["county"].nunique() == 15
    assert "" not in set(hospitals["county"])
    assert set(units.loc[units["level"] != "hospital", "county"]) == {""}


def test_every_unit_has_a_parent_one_level_above(units: pd.DataFrame) -> None:
    """The tree is nation, RHF, HF, hospital, without a gap."""
    level = dict(zip(units["orgnr"], units["level"], strict=True))
    above = {"rhf": "nation", "hf": "rhf", "hospital": "hf"}
    for unit in units.itertuples():
        assert level.get(str(unit.parent)) == above.get(str(unit.level))


def test_orgnr_is_the_only_key(units: pd.DataFrame) -> None:
    """Numbers are text of 9 digits that begin with 000, each used once; short names repeat."""
    assert units["orgnr"].is_unique
    assert units["orgnr"].str.fullmatch("000[0-9]{6}").all()
    assert units.loc[units["level"] == "hospital", "short_name"].duplicated().any()
    assert (units["parent"] == "000090000").sum() == 3, "one RHF gathers private providers"


def test_no_unit_can_be_taken_for_a_real_one(units: pd.DataFrame, shared: Path) -> None:
    """No name, short name or county holds a real unit's short name, and no number is a real one's."""
    with (shared / "data" / "real" / "units.csv").open(encoding="utf-8") as file:
        real = list(csv.DictReader(file, delimiter=";"))
    names = {unit["Kortnavn"].lower() for unit in real if unit["Kortnavn"] not in ("Private", "Nasjonalt")}
    ours = "\n".join([*units["name"], *units["short_name"], *units["county"]]).lower()
    assert [name for name in names if name in ours] == []
    assert not set(units["orgnr"]) & {unit["OrgNr"] for unit in real}


# --- synthetic, and said so ------------------------------------------------------------------------------------------


def test_every_file_says_that_it_is_synthetic() -> None:
    """A descriptor, the units and the list of deliveries say so in a comment, a delivery in its name."""
    texts = [PROJECT.units, *PROJECT.descriptors(), *map(PROJECT.delivery_list, IDS)]
    for path in texts:
        comments = [line for line in path.read_text(encoding="utf-8").splitlines()[:3] if line.startswith("#")]
        assert any("Syntetisk" in line for line in comments), path
        assert any("ynthetic" in line for line in comments), path
    for path in _delivered_files():
        assert path.name.startswith("syntetisk-")
        if path.suffix == ".parquet":
            assert pq.read_schema(path).metadata[b"synthetic"] == b"true"
    readme = (CHECKOUT / "data" / "README.md").read_text(encoding="utf-8")
    assert "Alt her er syntetisk" in readme
    assert "Everything here is synthetic" in readme


def test_the_committed_deliveries_are_those_of_the_generator(tmp_path: Path) -> None:
    """The generator writes the committed bytes; of Parquet the same table, as its bytes name pyarrow's version."""
    command = [sys.executable, "-B", str(CHECKOUT / "data" / "generate_demo.py"), "--output", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.relative_to(tmp_path): path for path in tmp_path.glob("*/*")}
    committed = {path.relative_to(CHECKOUT / "data"): path for path in _delivered_files()}
    assert made.keys() == committed.keys()
    for name, path in committed.items():
        if path.suffix == ".parquet":
            assert pq.read_table(made[name]).equals(pq.read_table(path), check_metadata=True), name
        else:
            assert made[name].read_bytes() == path.read_bytes(), name


def test_the_demo_is_small() -> None:
    """All committed deliveries together stay below 1.5 MB."""
    assert sum(path.stat().st_size for path in _delivered_files()) < 1_500_000


# --- the registries --------------------------------------------------------------------------------------------------


def test_every_descriptor_is_valid_and_synthetic(descriptors: dict[str, Registry]) -> None:
    """Six registries, each marked synthetic, with 3-8 indicators and 2-3 pieces of quality improvement."""
    assert sorted(descriptors) == IDS
    for registry in descriptors.values():
        assert registry.synthetic
        assert "Demoregister" in registry.name
        assert 3 <= len(registry.indicators) <= 8
        assert 2 <= len(registry.quality_improvement) <= 3
        assert registry.research.projects
    assert [name for name, registry in descriptors.items() if registry.language == "nn"] == ["kols"]


def test_only_one_registry_leaves_about_fields_empty(descriptors: dict[str, Registry]) -> None:
    """`rygg` lacks phone, home page and contacts on purpose; every other field of every other registry is filled."""
    empty = {
        name: {key for key, value in registry.about.model_dump().items() if not value}
        for name, registry in descriptors.items()
    }
    assert empty.pop("rygg") == {"home_page", "phone", "contacts"}
    assert not any(empty.values())


def test_every_indicator_is_explained(descriptors: dict[str, Registry]) -> None:
    """Each has descriptions, a source of its data, a date of review, and a source of its target when it has one."""
    for registry in descriptors.values():
        for indicator in registry.indicators:
            assert indicator.short_description, indicator.id
            assert indicator.long_description, indicator.id
            assert indicator.data_source, indicator.id
            assert indicator.reviewed, indicator.id
            assert bool(indicator.target_source) == (indicator.level_green is not None), indicator.id


def test_every_kind_of_indicator_is_there(descriptors: dict[str, Registry]) -> None:
    """All six types, targets in both directions and none, ids with dots and with a space, one that is retired."""
    indicators = [indicator for registry in descriptors.values() for indicator in registry.indicators]
    assert {indicator.type for indicator in indicators} == set(IndicatorType)
    targets = {(indicator.level_green is not None, indicator.level_direction) for indicator in indicators}
    assert targets == {(True, 1), (True, 0), (False, 1), (False, 0), (False, None)}
    ids = {indicator.id for indicator in indicators}
    assert {"barnediabetes_hba1c_lt_7.5", "hofte_operert 48t"} <= ids
    assert [indicator.id for indicator in indicators if not indicator.include] == ["hofte_blodfortynnende"]


def test_everything_described_is_delivered_and_nothing_else(
    descriptors: dict[str, Registry], cells: dict[str, pd.DataFrame], units: pd.DataFrame
) -> None:
    """Each indicator has rows, and no row has an indicator or a unit that is not described."""
    for name, registry in descriptors.items():
        assert set(cells[name]["ind_id"]) == {indicator.id for indicator in registry.indicators}
        assert set(cells[name]["orgnr"]) <= set(units["orgnr"])


def test_each_registry_has_five_to_ten_complete_years_up_to_2025(cells: dict[str, pd.DataFrame]) -> None:
    """Years are consecutive; only `slag` goes on into 2026."""
    counts = {}
    for name, frame in cells.items():
        years = sorted(set(frame["year"]) - {2026})
        assert years == list(range(years[0], 2026))
        counts[name] = len(years)
        assert (2026 in set(frame["year"])) == (name == "slag")
    assert counts == {"slag": 10, "diabetes-barn": 10, "muskel": 9, "hofte": 8, "kols": 7, "rygg": 5}


def test_both_contexts_are_told_and_agree(cells: dict[str, pd.DataFrame], units: pd.DataFrame) -> None:
    """Catchment areas are hospitals in `slag` and HF in `hofte`, and hold the same patients as the hospitals did."""
    level = dict(zip(units["orgnr"], units["level"], strict=True))
    for name, ind_id, expected in (("slag", "slag_enhet", "hospital"), ("hofte", "hofte_operert 48t", "hf")):
        frame = cells[name][cells[name]["ind_id"] == ind_id]
        resident = frame[frame["context"] == "resident"]
        assert {level[orgnr] for orgnr in resident["orgnr"]} == {expected}
        totals = frame.groupby(["context", "year"])[["var", "denominator"]].sum()
        assert totals.xs("resident").to_dict() == totals.xs("caregiver").to_dict()


def test_what_does_not_add_up_is_delivered_at_every_level(cells: dict[str, pd.DataFrame], units: pd.DataFrame) -> None:
    """Proportions and coverage have rows at one level only; the other types have hospital, HF, RHF and nation."""
    level = dict(zip(units["orgnr"], units["level"], strict=True))
    for frame in cells.values():
        for (kind, _ind, _context), rows in frame.groupby(["type", "ind_id", "context"]):
            levels = {level[orgnr] for orgnr in rows["orgnr"]}
            if IndicatorType(str(kind)).is_summed:
                assert len(levels) == 1
            else:
                assert levels == {"hospital", "hf", "rhf", "nation"}


def test_one_registry_has_very_small_hospitals(cells: dict[str, pd.DataFrame]) -> None:
    """In `muskel` most hospitals have fewer than 5 patients a year, and some have none at all."""
    rows = cells["muskel"]
    rows = rows[rows["ind_id"] == "muskel_hjerte"]
    assert (rows["denominator"] < 5).mean() > 0.5
    by_hospital = rows.pivot_table(index="orgnr", columns="year", values="denominator")
    assert by_hospital.isna().any(axis=None)


def test_one_registry_has_poor_coverage(cells: dict[str, pd.DataFrame]) -> None:
    """In `rygg` more than a third of the hospitals lie below 60 % at first, and HFs are shown; later fewer do.

    In `slag` hardly any do in any year.
    """

    def below(name: str) -> list[float]:
        rows = cells[name][cells[name]["type"] == IndicatorType.DG_ANDEL]
        shares = (rows["var"] / rows["denominator"] < 0.6).groupby(rows["year"]).mean()
        return [float(share) for share in shares]

    first, *later = below("rygg")
    assert first > 1 / 3 > max(later) > 0.2
    assert max(below("slag")) < 0.05


def test_coverage_is_measured_in_some_years_only(cells: dict[str, pd.DataFrame]) -> None:
    """All but one registry lack coverage in some year, so that it must be carried forward."""
    lacking = [
        name
        for name, rows in cells.items()
        if set(rows.loc[rows["type"] == IndicatorType.DG_ANDEL, "year"]) != set(rows["year"])
    ]
    assert lacking == [name for name in IDS if name != "diabetes-barn"]


def test_the_country_rises_in_one_indicator_and_falls_in_another(cells: dict[str, pd.DataFrame]) -> None:
    """Treatment on a stroke unit rises by more than 10 percentage points, arrival in time falls by more than 5."""
    unit, arrival = (_national(cells["slag"], ind_id) for ind_id in ("slag_enhet", "slag_innlagt_4t"))
    assert unit[2025] - unit[2016] > 0.1
    assert arrival[2025] - arrival[2016] < -0.05


def test_one_hospital_stands_out(cells: dict[str, pd.DataFrame]) -> None:
    """Ytterbåen lies more than 10 percentage points below the country every year in treatment on a stroke unit."""
    rows = cells["slag"]
    country = _national(rows, "slag_enhet")
    hospital = _national(rows[rows["orgnr"] == "000010203"], "slag_enhet")
    assert (country - hospital).min() > 0.1


def test_one_hospital_closed_and_one_opened(cells: dict[str, pd.DataFrame]) -> None:
    """Naustholmen has patients up to 2021, the new Ørnevidda from 2022."""
    years = cells["hofte"].groupby("orgnr")["year"]
    assert years.max()["000010204"] == 2021
    assert years.min()["000030204"] == 2022


def test_private_providers_take_part_in_one_registry(cells: dict[str, pd.DataFrame]) -> None:
    """`rygg` has rows of private hospitals, the others have none."""
    private = [name for name, rows in cells.items() if rows["orgnr"].str.startswith("00009").any()]
    assert private == ["rygg"]


# --- the deliveries --------------------------------------------------------------------------------------------------


def test_the_lists_name_every_file_in_the_order_it_was_delivered() -> None:
    """`deliveries.yml` names what lies in the folder, no more and no less, oldest first."""
    for name in IDS:
        entries = _listed(name)
        here = {path.name for path in _delivered_files() if path.parent.name == name}
        assert {entry["file"] for entry in entries} == here
        updates = [entry["latest_update"] for entry in entries]
        assert updates == sorted(updates, key=str)


def test_only_the_interim_round_goes_past_its_last_complete_year() -> None:
    """The last complete year is that of two days after `latest_affirm`, less one; later years are year-to-date."""
    beyond = []
    for name in IDS:
        for entry in _listed(name):
            affirmed = entry["latest_affirm"]
            assert isinstance(affirmed, date)
            if _read(PROJECT.data(name) / str(entry["file"]))["year"].max() > (affirmed + timedelta(days=2)).year - 1:
                beyond.append((name, entry["file"], affirmed))
    assert beyond == [("slag", "syntetisk-2026-11.csv", INTERIM)]


def test_a_later_delivery_corrects_an_earlier_one() -> None:
    """Every registry delivers one year twice, and the later file has more patients."""
    for name in IDS:
        first, second = (_read(PROJECT.data(name) / str(entry["file"])) for entry in _listed(name)[:2])
        twice = first["year"].max()
        assert twice in set(second["year"])
        numbers = [frame.loc[frame["year"] == twice, "denominator"].sum() for frame in (first, second)]
        assert numbers[0] < numbers[1], name


def test_the_files_differ_as_real_ones_do() -> None:
    """Each form of a delivery is there: separators, decimal signs, line ends, rows of patients, a missing column."""

    def raw(name: str) -> bytes:
        return (CHECKOUT / "data" / name).read_bytes()

    assert re.search(
        rb"\ncaregiver;2016;000010101;slag_trombolyse_tid;\d+,\d\d;\d+\n", raw("slag/syntetisk-2025-06.csv")
    )
    commas = raw("diabetes-barn/syntetisk-2025-06.csv")
    assert re.search(rb"\ncaregiver,2016,000010101,barnediabetes_hba1c,\d\.\d\d,\d+\n", commas)
    tabs = raw("kols/syntetisk-2025-06.csv")
    assert re.search(rb"\ncaregiver\t2019\t000010101\tkols_gangtest\t\d+,\d\d\t\d+\n", tabs)
    assert raw("hofte/syntetisk-2024-06.csv").endswith(b";;;;;\r\n\r\n")
    assert raw("hofte/syntetisk-antall-2026-06.csv").startswith(b"context;year;orgnr;ind_id;var\n")
    patients = _read(CHECKOUT / "data" / "muskel" / "syntetisk-2026-06.csv")
    assert set(patients["denominator"]) == {1}
    assert set(patients["var"]) == {0, 1}
    assert (CHECKOUT / "data" / "rygg" / "syntetisk-2026-06.parquet").is_file()


def test_the_reader_accepts_every_delivery_without_a_remark(
    descriptors: dict[str, Registry], cells: dict[str, pd.DataFrame]
) -> None:
    """No fault and no warning, and the rows in force are those that this test reads itself."""
    units = read_units(PROJECT.units, "registries/units.csv")
    key = ["ind_id", "context", "year", "orgnr"]
    for name, registry in descriptors.items():
        delivered = read_deliveries(PROJECT, registry, units, UnknownUnitPolicy.REFUSE)
        assert delivered.warnings == ()
        sums = delivered.rows.groupby(key)[["var", "denominator"]].sum()
        assert sums.to_dict() == cells[name].set_index(key)[["var", "denominator"]].to_dict()
        provisional = set(delivered.rows.loc[delivered.rows["provisional"], "year"])
        assert provisional == ({2026} if name == "slag" else set())
