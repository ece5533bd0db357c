"""Parts and the workers of an executor, without any vectors."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest
from executors import Failing, Holding, Inline
from hypothesis import given
from hypothesis import strategies as st

from feder_widget import IndexChangedError, WorkerError
from feder_widget.model.work_pieces import drain
from feder_widget.workers import Part, Workers
from feder_widget.workers import workers as workers_module


def part(number, compute=int, size=0):
    return Part(f"part {number}", compute, (number,), size)


@given(st.integers(0, 40), st.integers(0, 2), st.booleans())
def test_every_part_is_taken_once(count, failures, cancels):
    taken = []
    # Numbers beyond those that Python keeps, so that each is an object of its own.
    numbers = [10_000 + number for number in range(count)]
    parts = [Part("a part", int, (number,)) for number in numbers]
    drain(Workers(Failing(failures, cancels)).results_steps(parts, taken.append))
    assert sorted(taken) == numbers


def test_few_parts_are_made_ahead():
    made = []

    def parts():
        for number in range(100):
            made.append(number)
            yield part(number)

    executor = Holding(computes=0, workers=3)
    steps = Workers(executor).results_steps(parts(), lambda _: None)
    next(steps)
    assert len(made) == 6
    next(steps)
    assert len(made) == 6
    steps.close()
    assert all(future.cancelled() for future in executor.futures)


def test_parts_under_way_carry_a_bounded_number_of_bytes():
    executor = Holding(computes=0, workers=100)
    size = workers_module.HELD_BYTES // 4
    steps = Workers(executor).results_steps((part(i, size=size) for i in range(50)), lambda _: None)
    next(steps)
    assert len(executor.futures) == 4
    steps.close()


def test_one_part_may_carry_more():
    taken = []
    parts = [part(i, size=2 * workers_module.HELD_BYTES) for i in range(3)]
    drain(Workers(Inline()).results_steps(parts, taken.append))
    assert taken == [0, 1, 2]


def test_an_executor_that_does_not_say_how_many_workers_it_has_gets_some_parts():
    executor = Holding(computes=0, workers=None)
    steps = Workers(executor).results_steps(map(part, range(1000)), lambda _: None)
    next(steps)
    assert len(executor.futures) == workers_module.PER_WORKER * workers_module.UNKNOWN_WORKERS
    steps.close()


def refuse(number):
    raise IndexChangedError(f"file {number} was changed")


def test_what_would_be_raised_again_is_raised_at_once():
    executor = Inline()
    with pytest.raises(IndexChangedError, match="file 3 was changed"):
        drain(Workers(executor).results_steps([part(3, refuse)], lambda _: None))
    assert executor.parts == 1


def interrupt(_):
    raise KeyboardInterrupt


def test_an_interrupt_of_a_worker_is_one_of_the_caller():
    with pytest.raises(KeyboardInterrupt):
        drain(Workers(Inline()).results_steps([part(3, interrupt)], lambda _: None))


def test_a_process_that_dies_ends_the_pass_in_words():
    said = "ProcessPoolExecutor took no more after BrokenProcessPool"
    with (
        ProcessPoolExecutor(1, get_context("spawn")) as executor,
        pytest.raises(WorkerError, match=said) as got,
    ):
        drain(Workers(executor).results_steps([part(1, os._exit)], lambda _: None))
    assert "part 1" in str(got.value)


def test_no_executor_is_none():
    assert Workers.of(None) is None
