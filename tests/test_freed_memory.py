"""Memory that was freed is given back after work that took much."""

import pytest

from feder_widget.session import freed_memory
from feder_widget.session.freed_memory import give_back, sparing


@pytest.fixture
def given_back(monkeypatch):
    calls = []
    monkeypatch.setattr(freed_memory, "give_back", lambda: calls.append(True))
    return calls


def test_a_sparing_function_returns_what_it_computes_and_gives_back(given_back):
    assert sparing(lambda a, *, b: a + b)(2, b=3) == 5
    assert given_back == [True]


def test_a_sparing_function_that_raises_gives_back_too(given_back):
    with pytest.raises(ZeroDivisionError):
        sparing(lambda: 1 / 0)()
    assert given_back == [True]


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_memory_is_given_back_where_the_allocator_can(platform, monkeypatch):
    freed_memory._malloc_trim.cache_clear()
    monkeypatch.setattr(freed_memory.sys, "platform", platform)
    give_back()
    freed_memory._malloc_trim.cache_clear()
