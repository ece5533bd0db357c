"""An index that changes at random moments under a widget; `make stress` does so for hundreds of rounds."""

from __future__ import annotations

from random import Random

import pytest

from scripts.stress import Outcome, cells, disturb

from .conftest import OpenNotebook


@pytest.mark.parametrize("factory", ["IVF256,Flat", "IVF256,SQ8"])
def test_no_change_at_any_moment_ends_the_kernel_or_makes_an_answer_wrong(
    open_notebook: OpenNotebook, factory: str
) -> None:
    lab = open_notebook(cells(rows=100_000, factory=factory))
    outcome = Outcome()
    disturb(lab, outcome, rounds=8, random=Random(factory))
    assert outcome.faults == []
    assert outcome.rounds == 8
