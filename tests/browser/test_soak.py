"""Memory stays flat on both sides; `make soak` says so of thousands of searches."""

from __future__ import annotations

from scripts.soak import begin, cells, devtools_of, measure, use

from .conftest import OpenNotebook


def test_searches_sliders_and_cancels_leave_nothing_behind(open_notebook: OpenNotebook) -> None:
    lab = open_notebook(cells(rows=20_000, nlist=256))
    begin(lab)
    devtools = devtools_of(lab)
    use(lab, searches=15, seed=1)
    before = measure(lab, devtools)
    use(lab, searches=45, seed=2)
    after = measure(lab, devtools)
    # One search holds 0.3 MiB in the page and draws 100 elements.
    assert after.nodes - before.nodes < 2000
    assert after.listeners - before.listeners < 1000
    assert after.page - before.page < 5 << 20
    assert after.kernel - before.kernel < 64 << 20
