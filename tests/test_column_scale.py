"""Columns of numbers: the values of every kind, the ends of a scale, clusters and rows by it."""

import datetime
import decimal
from unittest.mock import patch

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conversation import Page
from makers import ivf_around

from feder_widget.engines import open_index
from feder_widget.media import Media
from feder_widget.media.entries import IdRange
from feder_widget.media.row_table import RowTable
from feder_widget.session.answers import column_scale
from feder_widget.session.answers.value_tally import NO_VALUE, TOP, cluster_values, levels, scale_ends
from feder_widget.session.session import Session

N, NLIST = 300, 4
KINDS = pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, pa.table])


def dense(n):
    return IdRange(n, lambda: n - 1)


def numbers(make, values):
    """Return the unit and the numbers of a column of 4 values."""
    table = RowTable(make({"a": values}), dense(len(values)), columns=["a"])
    if table.scales != [0]:
        return None, None
    return table.units[0], table.numbers(np.arange(-1, len(values)), 0)[1:].tolist()


def seconds(*when):
    return datetime.datetime(*when, tzinfo=datetime.timezone.utc).timestamp()


@KINDS
def test_floats_are_numbers_and_missing_ones_nan(make):
    unit, (a, b, c, d) = numbers(make, [1.5, None, float("inf"), -2.0])
    assert (unit, a, np.isnan(b), c, d) == ("number", 1.5, True, np.inf, -2.0)


@KINDS
def test_many_different_integers_are_numbers_rounded_where_float64_does_not_hold_them(make):
    values = [2**53 + 1, -(2**63), *range(30)]
    assert numbers(make, values) == ("number", [2.0**53, -(2.0**63), *map(float, range(30))])


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table])
def test_integers_with_missing_ones_stay_exact(make):
    unit, values = numbers(make, [None, *range(40)])
    assert (unit, values[1:], np.isnan(values[0])) == ("number", list(range(40)), True)


@KINDS
def test_few_different_integers_bools_text_and_durations_have_no_scale(make):
    for values in ([1, 2] * 20, [True, False], ["a", "b"], [datetime.timedelta(1)] * 2):
        assert numbers(make, values) == (None, None)
    table = RowTable(
        make({"class": list(range(20)) * 15, "year": [1900 + i % 100 for i in range(N)]}), dense(N)
    )
    assert (table.categories, table.scales) == ([0], [1])


@pytest.mark.parametrize("make", [pl.DataFrame, pa.table])
def test_decimals_and_dates_are_numbers(make):
    decimals = [decimal.Decimal("1.25"), None, decimal.Decimal("-4")]
    unit, values = numbers(make, decimals)
    assert (unit, values[0], values[2], np.isnan(values[1])) == ("number", 1.25, -4.0, True)
    unit, values = numbers(make, [datetime.date(2020, 1, 2), None, datetime.date(1960, 1, 1)])
    assert (unit, values[0], values[2]) == ("date", seconds(2020, 1, 2), seconds(1960, 1, 1))


@KINDS
def test_times_are_seconds_by_the_clock_of_their_zone(make):
    unit, values = numbers(make, [datetime.datetime(2020, 1, 1, 3), datetime.datetime(1960, 1, 1)])
    assert (unit, values) == ("time", [seconds(2020, 1, 1, 3), seconds(1960, 1, 1)])
    zoned = pd.DataFrame({"a": pd.date_range("2024-01-01", periods=2, tz="Asia/Tokyo")})
    assert numbers(lambda _: zoned, [0, 0])[1][0] == seconds(2024, 1, 1)


def test_a_column_of_ids_leads_to_the_values_and_an_unknown_row_has_none():
    frame = pd.DataFrame({"key": [9, 3, 5], "a": [0.9, 0.3, 0.5]})
    table = RowTable(frame, IdRange(3, lambda: 9), id_column="key")
    values = table.numbers(np.array([3, 4, 9]), 0)
    assert values[[0, 2]].tolist() == [0.3, 0.9]
    assert np.isnan(values[1])


def test_a_large_table_is_not_read_when_it_is_given():
    table = RowTable(pd.DataFrame({"a": np.arange(10_000_000)}), dense(10_000_000))
    with patch("feder_widget.media.row_table.as_numbers") as reads:
        assert table.scales == [0]
    reads.assert_not_called()


def ends(values, clusters=None, sizes=None):
    values = np.array(values, np.float64)
    clusters = np.zeros(values.size, np.int64) if clusters is None else np.array(clusters)
    sizes = np.array([values.size]) if sizes is None else np.array(sizes)
    found = scale_ends(values, clusters, sizes)
    return found.low, found.high, found.least, found.greatest


def test_a_scale_ends_at_the_percentiles_that_numpy_finds():
    values = np.random.default_rng(1).normal(size=1001)
    wanted = np.percentile(values, [2, 98, 0, 100], method="inverted_cdf")
    np.testing.assert_array_equal(ends(values), wanted)
    np.testing.assert_array_equal(ends([*values, np.nan, np.inf, -np.inf]), wanted)


def test_a_row_counts_for_those_of_its_cluster_that_were_not_read():
    # Two rows of each cluster were read: 990 of 1000 rows are near 0, and 1 % is none of the ends.
    assert ends([0, 1, 500, 600], [0, 0, 1, 1], [990, 10]) == (0, 1, 0, 600)


def test_equal_percentiles_give_way_to_the_extremes():
    assert ends([0] * 999 + [7]) == (0, 7, 0, 7)
    assert ends([3.5] * 9) == (3.5, 3.5, 3.5, 3.5)


@pytest.mark.parametrize("values", [[], [np.nan], [np.inf, -np.inf]])
def test_without_a_finite_value_there_are_no_ends(values):
    assert ends(values) == (None,) * 4


def test_levels_are_even_and_values_beyond_the_ends_have_their_level():
    scale = scale_ends(np.arange(101.0), np.zeros(101, np.int64), np.array([101]))
    assert (scale.low, scale.high) == (2, 98)
    given = np.array([-1e9, -np.inf, 2, 50, 98, 99, np.inf, np.nan])
    assert levels(given, scale).tolist() == [0, 0, 0, TOP // 2, TOP, TOP, TOP, NO_VALUE]


def test_levels_of_a_constant_and_of_huge_numbers():
    constant = scale_ends(np.full(5, 7.0), np.zeros(5, np.int64), np.array([5]))
    assert levels(np.array([7.0, np.inf]), constant).tolist() == [TOP // 2, TOP]
    huge = np.array([-1.7e308, 0, 1.7e308])
    scale = scale_ends(huge, np.zeros(3, np.int64), np.array([3]))
    assert levels(huge, scale).tolist() == [0, TOP // 2, TOP]


def test_clusters_have_the_mean_and_the_extremes_of_their_finite_values():
    found = cluster_values(
        np.array([1, 2, np.nan, np.inf, 1.7e308, 1.7e308]), np.array([2, 2, 2, 0, 1, 1]), 4
    )
    assert found.valued.tolist() == [0, 2, 2, 0]
    assert found.means.tolist() == [0, 1.7e308, 1.5, 0]
    assert found.least.tolist() == [0, 1.7e308, 1, 0]
    assert found.greatest.tolist() == [0, 1.7e308, 2, 0]


def conversation(frame):
    rows = np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32)
    index = ivf_around(rows[:NLIST])
    index.add(rows)
    page = Page()
    media = Media(None, None, dense(N), table=RowTable(frame, dense(N)))
    return page, Session(open_index(index), media, page.send, k_max=9)


def asked(page, session, **request):
    session.handle({**request, "request": request["kind"]})
    session.drain()
    message, buffers = page.wait(kind=request["kind"], request=request["kind"])
    return message, [
        np.frombuffer(buffer, dtype)
        for buffer, (_, dtype, _) in zip(buffers, message["buffers"], strict=True)
    ]


@KINDS
def test_the_page_is_told_the_scale_of_a_column_and_the_levels_of_rows(make):
    values = np.random.default_rng(3).normal(size=N)
    values[[5, 9]] = np.nan, np.inf
    page, session = conversation(make({"name": list(map(str, range(N))), "price": values}))
    message, (valued, means, least, greatest) = asked(page, session, kind="scale", column=1)
    finite = values[np.isfinite(values)]
    wanted = np.percentile(finite, [2, 98, 0, 100], method="inverted_cdf").tolist()
    assert [message[end] for end in ("low", "high", "least", "greatest")] == wanted
    counts = [message[name] for name in ("counted", "total", "missing", "infinite", "rows", "offset")]
    assert counts == [N, N, 1, 1, NLIST, 0]
    _, (clusters, sizes, ids, codes) = asked(page, session, kind="row_levels", clusters=[2, 0], column=1)
    assert clusters.tolist() == [2, 0]
    of_two = values[ids[: sizes[0]]]
    of_two = of_two[np.isfinite(of_two)]
    assert valued[2] == of_two.size
    np.testing.assert_allclose([means[2], least[2], greatest[2]], [of_two.mean(), of_two.min(), of_two.max()])
    shares = np.clip((values[ids] - wanted[0]) / (wanted[1] - wanted[0]), 0, 1)
    np.testing.assert_array_equal(codes, np.where(np.isnan(shares), NO_VALUE, np.rint(TOP * shares)))
    session.close()


def test_columns_without_a_scale_are_refused():
    page, session = conversation(pd.DataFrame({"name": ["a"] * N, "price": np.arange(N) / 7}))
    for request in (
        {"kind": "scale", "column": 0},
        {"kind": "scale", "column": 9},
        {"kind": "row_levels", "column": 1, "clusters": [0]},
    ):
        session.handle({**request, "request": str(request)})
        session.drain()
        page.wait(kind="error", request=str(request))
    session.close()


def test_a_sample_of_large_clusters_is_read_and_counted():
    page, session = conversation(pd.DataFrame({"price": np.arange(N) / 7}))
    with patch.object(column_scale, "ON_MAP", 10 * NLIST):
        message, (valued, *_) = asked(page, session, kind="scale", column=0)
    assert (message["limit"], message["total"]) == (10, N)
    assert message["counted"] == valued.sum() <= 10 * NLIST
    session.close()
