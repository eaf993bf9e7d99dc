"""The ledger of editions: what has been shown before makes the next edition's differences safe."""

from __future__ import annotations

from dataclasses import replace

from kvalreg.disclosure.gate import GateResult
from kvalreg.disclosure.ledger import Edition
from kvalreg.inputs.descriptor import Registry
from small_tree import HOSPITALS, REGISTRY, Row, gated, shown

SIZES = {"111": 3, "112": 12, "113": 25, "121": 30, "122": 40, "211": 50}


def rows(**changes: int) -> list[Row]:
    """A third of each hospital's patients in 2024; `changes` (``h111=10``) are other numbers of patients."""
    sizes = SIZES | {name[1:]: n for name, n in changes.items()}
    return [("a", 2024, orgnr, n // 3, n) for orgnr, n in sizes.items() if n]


def edition(found: GateResult, name: str = "2026-06") -> Edition:
    """What the ledger keeps of an edition."""
    return replace(found.edition, name=name)


def hidden(found: GateResult) -> set[str]:
    """The units that are marked as hidden."""
    return {orgnr for orgnr, is_shown in shown(found.published).items() if not is_shown}


def test_nothing_changed_nothing_changes() -> None:
    """The same numbers in December hide the same cells as in June."""
    june = gated(rows())
    december = gated(rows(), (edition(june),))
    assert hidden(june) == {"111", "112"}
    assert hidden(december) == hidden(june)


def test_an_unchanged_cell_is_not_hidden_in_june_and_shown_in_december() -> None:
    """111 has grown to 20 and needs no protection any more. But 112 = 12 shown now would give June's 111: 15 - 12 = 3.

    Without the ledger, 112 is shown.
    """
    june = gated(rows())
    grown = rows(h111=20)
    assert hidden(gated(grown)) == set()
    december = gated(grown, (edition(june),))
    assert "112" in hidden(december)
    assert len(hidden(december)) >= 2


def test_a_cell_that_was_public_does_not_count_as_protection() -> None:
    """112 stood in June with 12, when 111 was large. Now 111 is small: only 113, which has changed, can protect it.

    Without the ledger, 112 would be hidden, as the smallest sibling, and readers of June would have 111. As late
    registrations only add, 113 has at least the 10 of June: 111 is 1 to 3 + 25 - 10 = 18.
    Their counties are hidden with them, for all other hospitals there stood in June.
    """
    june = gated(rows(h111=40, h113=10))
    assert hidden(june) == set()
    assert hidden(gated(rows())) == {"111", "112"}
    assert hidden(gated(rows(), (edition(june),))) == {"111", "113", "Vest", "Øst"}


def test_what_has_been_published_unchanged_is_not_protected_by_hiding_others() -> None:
    """`secret_below` is raised from 5 to 15 after June: 112 = 12 is hidden from now on, and nothing with it.

    June told everything, so hiding a second cell would protect nothing.
    """
    june = gated(rows(h111=20))
    strict = REGISTRY.model_copy(update={"secret_below": 15})
    assert len(hidden(gated(rows(h111=20), registry=strict))) > 1
    assert hidden(gated(rows(h111=20), (edition(june),), registry=strict)) == {"112"}


def test_hidden_for_its_coverage_is_shown_when_the_coverage_is() -> None:
    """112 was hidden for a coverage of 50 %. Delivered again with 90 %, it is not the same cell, and may be shown."""
    big = [("a", 2024, orgnr, 20, 60) for orgnr in HOSPITALS]
    june = gated([*big, ("dg", 2024, "112", 50, 100)])
    assert "112" in hidden(june)
    assert "112" not in hidden(gated([*big, ("dg", 2024, "112", 90, 100)], (edition(june),)))


def test_levels_that_were_not_presented_are_taken_into_account() -> None:
    """June showed hospitals; now the registry shows HFs. The hospitals that stand there still give 11 its parts."""
    june = gated(rows())
    per_trust: Registry = REGISTRY.model_copy(update={"presentation_level": "hf"})
    december = gated(rows(h111=2), (edition(june),), registry=per_trust)
    found = shown(december.published)
    assert set(found) == {"0", "1", "2", "11", "12", "21"}
    # 11 has 39 now and 40 in June; 113 = 25 stood in June and 112 is unchanged but hidden there: 111 stays unknown
    assert found["11"]
    # where 112 = 12 stood in June as well, HF 11 would give 111 = 2
    open_june = gated(rows(h111=20))
    closed = shown(gated(rows(h111=2), (edition(open_june),), registry=per_trust).published)
    assert not closed["11"]


def test_an_edition_does_not_show_itself() -> None:
    """A ledger holds hidden counts: its repr, and its table's, are placeholders."""
    found = edition(gated(rows()))
    assert repr(found) == "<Edition 2026-06: 14 SECRET cells>"
    assert "12" not in repr(found.secret)
