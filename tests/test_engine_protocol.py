"""The interface of an engine: its parts, and that engines of other kinds than IVF fit it.

``make check`` type-checks both engines against it.
"""

import inspect

import numpy as np
import pytest
from flat_engine import FlatEngine
from makers import make_ivf, make_vectors

from feder_widget.engines import ClusteredEngine, Engine, IvfIndex, open_index
from feder_widget.model.guarantees import Guarantees
from feder_widget.model.search_parameter import SearchParameter
from feder_widget.model.search_trace import SearchTrace


@pytest.fixture(scope="module")
def opened():
    return open_index(make_ivf()[0])


@pytest.fixture(scope="module")
def flat():
    return FlatEngine(make_vectors())


def members(protocol):
    found = {
        name: member
        for kind in protocol.__mro__
        for name, member in vars(kind).items()
        if not name.startswith("_") and callable(getattr(member, "fget", member))
    }
    assert len(found) > 20
    return found


@pytest.mark.parametrize("protocol", [Engine, ClusteredEngine])
def test_ivf_has_every_part_of_an_engine(opened, protocol):
    assert isinstance(opened, protocol)
    for name, member in members(protocol).items():
        if isinstance(member, property):
            getattr(opened, name)
        else:
            assert_takes_as_much(getattr(IvfIndex, name), member)


def test_a_flat_engine_has_every_part_of_one_without_clusters(flat):
    assert isinstance(flat, Engine)
    assert not isinstance(flat, ClusteredEngine)
    for name, member in members(Engine).items():
        if not isinstance(member, property):
            assert_takes_as_much(getattr(FlatEngine, name), member)


def assert_takes_as_much(method, wanted):
    """Compare signatures: at least the arguments of the protocol, and no others without a default."""
    taken, asked = inspect.signature(method).parameters, inspect.signature(wanted).parameters
    positional = [p for p in taken.values() if p.kind is not p.KEYWORD_ONLY]
    for i, parameter in enumerate(p for p in asked.values() if p.kind is not p.KEYWORD_ONLY):
        if parameter.kind is not parameter.POSITIONAL_ONLY:
            assert positional[i].name == parameter.name
        assert positional[i].default == parameter.default
    for parameter in asked.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            assert taken[parameter.name].default == parameter.default
    beyond = positional[len([p for p in asked.values() if p.kind is not p.KEYWORD_ONLY]) :]
    assert all(parameter.default is not parameter.empty for parameter in beyond)


def test_engines_of_both_kinds_answer_alike(opened, flat):
    for engine in (opened, flat):
        assert isinstance(engine.guarantees, Guarantees)
        value = engine.parameter.high
        query = engine.query(7)
        trace = engine.trace(query, value, 5)
        assert isinstance(trace, SearchTrace)
        assert trace.ids[0] == 7
        np.testing.assert_array_equal(engine.explain(7, 5, include_self=True).ids, trace.ids)
        np.testing.assert_array_equal(engine.explain(7, 4).ids, trace.ids[1:])
        assert engine.verdict(query, int(trace.ids[3]), include_self=True).position == 4
        assert engine.verdict(query, int(trace.ids[3])).position == 3
        assert engine.version() == engine.version()
        np.testing.assert_array_equal(engine.vectors_of([7])[0], query.vector)
        drawn = engine.sample_ids(10, np.random.default_rng(0))
        assert len(np.unique(drawn)) == 10
    np.testing.assert_array_equal(opened.trace(7, 20, 5).ids, flat.trace(7, 1, 5).ids)


def test_a_parameter_names_what_came_and_what_is_wanted(opened):
    parameter = opened.parameter
    assert parameter == SearchParameter("nprobe", 1, 20, opened.stored_nprobe, "log", "nlist")
    assert parameter.check(np.int64(3)) == 3
    for wrong, error, match in [
        (0, ValueError, "nprobe must be between 1 and nlist=20, got 0"),
        (21, ValueError, "nprobe must be between 1 and nlist=20, got 21"),
        (True, TypeError, r"nprobe must be an int, got True \(bool\)"),
        (2.0, TypeError, r"nprobe must be an int, got 2.0 \(float\)"),
    ]:
        with pytest.raises(error, match=match):
            parameter.check(wrong)
        with pytest.raises(error, match=match):
            opened.trace(0, wrong, 1)


def test_guarantees_give_the_first_reason_why_places_do_not_tell_nprobe(opened):
    held = opened.guarantees
    assert held.why_each_nprobe is None
    assert (held.exact, held.splittable, held.sliceable, held.replayable, held.given) == (*[True] * 4, False)
