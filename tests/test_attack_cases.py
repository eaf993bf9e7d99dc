"""Three minimal projects that once gave "3 patients" away: built, published and attacked as a reader would."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from attacker_cells import Key
from attacker_truth import truth_of_project
from edition_runs import publish_site
from site_attacker import Report, Suppositions, attack_sites, compare_with_truth

CASES = Path(__file__).parent / "cases"
pytestmark = pytest.mark.usefixtures("instant")


def attacked(root: Path, editions: list[list[str]], *, with_oracle: bool) -> Report:
    """Publish one edition of these deliveries after the other, and attack what readers have then."""
    sites: list[Path] = []
    truth: dict[tuple[int, Key], tuple[int, int | None]] = {}
    listed = (root / "data" / "r" / "deliveries.yml").read_text(encoding="utf-8").split("- file: ")[1:]
    kept = {path.name: path.read_bytes() for path in (root / "data" / "r").glob("*.csv")}
    for number, files in enumerate(editions):
        for name, content in kept.items():
            path = root / "data" / "r" / name
            path.unlink(missing_ok=True)
            if name in files:
                path.write_bytes(content)
        told = "".join(f"- file: {one}" for one in listed if one.partition("\n")[0] in files)
        (root / "data" / "r" / "deliveries.yml").write_text(told, encoding="utf-8")
        site = publish_site(root, f"2026-0{number + 1}")
        assert isinstance(site, Path), site
        sites.append(site)
        truth |= {(number, key): counts for key, counts in truth_of_project(root, "r", files).items()}
    return compare_with_truth(attack_sites(sites, "r", Suppositions(oracle=truth if with_oracle else None)), truth)


@pytest.mark.parametrize("with_oracle", [False, True])
@pytest.mark.parametrize(
    ("case", "editions"),
    [
        ("coverage_column", [["d1.csv"]]),
        ("same_patients", [["d1.csv"]]),
        ("outcome_update", [["d1.csv"], ["d1.csv", "d2.csv"]]),
    ],
)
def test_a_minimal_project_gives_nothing_away(
    case: str, editions: list[list[str]], with_oracle: bool, tmp_path: Path
) -> None:
    """No hidden number is found, neither by a reader who supposes nor by one who knows what is the same."""
    shutil.copytree(CASES / case, tmp_path / case)
    report = attacked(tmp_path / case, editions, with_oracle=with_oracle)
    assert report.cells, "something is hidden"
    assert report.counts == (0, 0, 0), report.lines()
    assert not report.open
