"""What the page may ask, and what is said when it asks for anything else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feder_widget.session.messages import REQUESTS
from feder_widget.session.messages.declare import json_fields, kinds_of
from feder_widget.session.messages.limits import MAX_BATCH, MAX_WINDOW
from feder_widget.session.messages.parse import BadRequestError, parse, parse_row_id, request_name
from feder_widget.session.messages.to_kernel import ById

HUGE = 10**5000
BOUNDS = {"nlist": 8, "k_max": 100, "ef_limit": 8}
NO_INTEGERS = [None, True, False, 1.0, float("nan"), float("inf"), "1", "", [], [1], {}, HUGE, -HUGE, -1]


def kind_of(value):
    """Name a parameter whose digits pytest would not print."""
    return type(value).__name__


SEARCH = {"kind": "search", "request": "a", "query": {"id": "1"}, "nprobe": 3, "k": 5}
THUMBNAILS = {"kind": "thumbnails", "ids": ["1", "-2"], "clusters": [0, 7], "size": 64}
MEMBERS = {"kind": "members", "clusters": [7, 0], "offset": 0, "limit": 10}

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([10**4000, "9" * 5000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "value", [0, 5, "5", "-5", "9223372036854775807", -(2**63), "-9223372036854775808"], ids=kind_of
)
def test_a_row_id_is_a_64_bit_integer_or_its_decimal_text(value):
    assert parse_row_id(value) == int(value)


@pytest.mark.parametrize(
    "value",
    ["9223372036854775808", 2**63, -(2**63) - 1, "1.0", "1e3", "x", "", *NO_INTEGERS[:6], HUGE, "9" * 5000],
    ids=kind_of,
)
def test_nothing_else_is_a_row_id(value):
    with pytest.raises(BadRequestError, match=r"^id must be a 64-bit integer, got"):
        parse_row_id(value)


def test_a_good_search_is_its_query_nprobe_and_k():
    search = parse(SEARCH, BOUNDS)
    assert isinstance(search.query, ById)
    assert (search.query.id, search.query.cluster, search.nprobe, search.k) == (1, None, 3, 5)


@pytest.mark.parametrize("value", [*NO_INTEGERS, 0, 9], ids=kind_of)
def test_nprobe_must_be_between_1_and_nlist(value):
    with pytest.raises(BadRequestError, match=r"^nprobe must be an integer between 1 and nlist=8, got"):
        parse({**SEARCH, "nprobe": value}, BOUNDS)


@pytest.mark.parametrize("value", [*NO_INTEGERS, 0, 101], ids=kind_of)
def test_k_must_be_between_1_and_k_max(value):
    with pytest.raises(BadRequestError, match=r"^k must be an integer between 1 and k_max=100, got"):
        parse({**SEARCH, "k": value}, BOUNDS)


@pytest.mark.parametrize("query", [None, 3, "1", [1], HUGE], ids=kind_of)
def test_a_query_must_be_an_object(query):
    with pytest.raises(BadRequestError, match=r"^query must be an object, got"):
        parse({**SEARCH, "query": query}, BOUNDS)


def test_good_thumbnails_are_ids_clusters_and_size():
    pictures = parse(THUMBNAILS, BOUNDS)
    assert (pictures.ids, pictures.clusters, pictures.size) == ([1, -2], [0, 7], 64)
    nothing = parse({"kind": "thumbnails", "ids": [], "size": 1}, BOUNDS)
    assert (nothing.ids, nothing.clusters, nothing.size) == ([], None, 1)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ids": None}, "^ids must be"),
        ({"ids": "12"}, "^ids must be"),
        ({"ids": ["1"] * (MAX_BATCH + 1)}, f"^ids must be a list of at most {MAX_BATCH}"),
        ({"ids": ["1", "x"]}, "^id must be"),
        ({"clusters": [0]}, "^clusters must name one cluster"),
        ({"clusters": [0, 8]}, "^clusters must name one cluster"),
        ({"clusters": [0, -1]}, "^clusters must name one cluster"),
        ({"clusters": [0, True]}, "^clusters must name one cluster"),
        ({"clusters": [0, 1.0]}, "^clusters must name one cluster"),
        ({"clusters": "01"}, "^clusters must name one cluster"),
        ({"clusters": [0, HUGE]}, "^clusters must name one cluster"),
        ({"size": 0}, "^size must be an integer between 1 and 4096"),
        ({"size": 4097}, "^size must be"),
        ({"size": "64"}, "^size must be"),
    ],
    ids=kind_of,
)
def test_wrong_thumbnails_are_named(change, complaint):
    with pytest.raises(BadRequestError, match=complaint):
        parse({**THUMBNAILS, **change}, BOUNDS)


def test_good_members_are_clusters_offset_and_limit():
    window = parse({**MEMBERS, "offset": 2**62}, BOUNDS)
    assert (window.clusters, window.offset, window.limit) == ([7, 0], 2**62, 10)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        *(({"clusters": value}, "^clusters must be") for value in [3, "1", [8], [-1], [True], [HUGE]]),
        *(({"offset": value}, "^offset must be") for value in [*NO_INTEGERS, 2**62 + 1]),
        *(({"limit": value}, "^limit must be") for value in [*NO_INTEGERS, 0, MAX_WINDOW + 1]),
    ],
    ids=kind_of,
)
def test_wrong_members_are_named(change, complaint):
    with pytest.raises(BadRequestError, match=complaint):
        parse({**MEMBERS, **change}, BOUNDS)


@pytest.mark.parametrize(
    "clusters", [*NO_INTEGERS[:7], [8], [-1], [True], ["1"], [0] * (MAX_BATCH + 1), [HUGE]], ids=kind_of
)
def test_wrong_medoids_are_named(clusters):
    with pytest.raises(BadRequestError, match=r"^clusters must be a list of at most"):
        parse({"kind": "medoids", "clusters": clusters}, BOUNDS)


@pytest.mark.parametrize("name", ["a:1", "", 0, 7, "x" * 80])
def test_a_request_keeps_its_name(name):
    assert request_name({"request": name}) == name


@pytest.mark.parametrize(
    "content", [None, 3, [], {}, {"request": None}, {"request": 1.5}, {"request": "x" * 81}]
)
def test_a_request_without_a_usable_name_has_an_empty_one(content):
    assert request_name(content) == ""


@settings(max_examples=500, deadline=None, derandomize=True)
@given(
    st.sampled_from([kind for declared in REQUESTS for kind in kinds_of(declared)]),
    st.dictionaries(
        st.sampled_from(sorted({name for declared in REQUESTS for name in json_fields(declared)} - {"kind"})),
        anything,
    ),
)
def test_whatever_comes_is_parsed_or_refused_in_words(kind, content):
    try:
        parse({**content, "kind": kind}, BOUNDS)
    except BadRequestError as error:
        complaint = str(error)
        assert "must be" in complaint or "must name" in complaint or "must hold" in complaint
        assert len(complaint) < 400
