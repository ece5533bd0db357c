"""The job behind ground truth: killed, interrupted, without room on the disk, and within its memory."""

import errno
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from executors import Ending
from makers import make_vectors

import feder_widget as fw
from feder_widget.model import kept_arrays, memory_limit
from feder_widget.truth.job import ground_truth_job, memory_plan, truth_pass
from feder_widget.truth.job.spans import missing, total, with_span

# The function of that name hides the module.
ground_truth_module = sys.modules["feder_widget.engines.ground_truth"]

N, D, K = 9000, 8, 5
UNFINISHED = "unfinished-0-30.npz"


@pytest.fixture(scope="module")
def vectors():
    return make_vectors(N, D)


@pytest.fixture(scope="module")
def queries():
    return make_vectors(30, D, seed=3)


@pytest.fixture(scope="module")
def table(vectors, queries):
    return fw.ground_truth(vectors, queries, K, progress=False)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Blocks and parts of 1,024 rows, each of which is kept at once."""
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 4 * D * 1024)
    monkeypatch.setattr(truth_pass, "PART_WORK", 1)
    monkeypatch.setattr(ground_truth_job, "SAVE_SECONDS", -1)
    monkeypatch.setattr(ground_truth_job, "SAVE_SHARE", 0)


@pytest.fixture
def files(tmp_path, vectors):
    (tmp_path / "blocks").mkdir()
    for i, rows in enumerate(np.array_split(vectors, 4)):
        np.save(tmp_path / "blocks" / f"{i}.npy", rows)
    return tmp_path / "blocks"


@pytest.fixture
def compared(monkeypatch):
    """The rows that are compared from now on, block by block."""
    seen, inner = [], truth_pass.near_in_block

    def noted(search, block, limits):
        seen.append((int(block.ids[0]), int(block.ids[-1]) + 1))
        return inner(search, block, limits)

    monkeypatch.setattr(truth_pass, "near_in_block", noted)
    return seen


def assert_equal(found, table):
    for name in ("ids", "distances", "tied_ids", "tied_ends", "hashes"):
        assert np.array_equal(getattr(found, name), getattr(table, name)), name
    assert found.compared.difference(table.compared) is None


def ended_after(rows, error=KeyboardInterrupt):
    def progress(done, _):
        if done >= rows:
            raise error

    return progress


def of(source, queries, folder, **more):
    return fw.ground_truth(source, queries, K, folder=folder, **({"progress": False} | more))


KILLED = """
import os, signal, sys
import numpy as np
import feder_widget as fw
from feder_widget.truth.job import ground_truth_job, memory_plan
memory_plan.BLOCK_BYTES = 4 * {dim} * 1024
ground_truth_job.SAVE_SECONDS, ground_truth_job.SAVE_SHARE = -1, 0
def progress(done, every):
    if done >= 5000:
        os.kill(os.getpid(), signal.SIGKILL)
fw.ground_truth({files!r}, np.load({queries!r}), {k}, folder={folder!r}, progress=progress)
"""


def test_a_killed_process_is_taken_up_where_it_was(tmp_path, files, queries, table, compared):
    np.save(tmp_path / "queries.npy", queries)
    folder = tmp_path / "truth"
    code = KILLED.format(
        dim=D, k=K, files=str(files), queries=str(tmp_path / "queries.npy"), folder=str(folder)
    )
    ended = subprocess.run([sys.executable, "-c", code], check=False, env=os.environ)
    assert ended.returncode == -signal.SIGKILL
    assert [each.name for each in folder.iterdir() if each.suffix == ".npz"] == [UNFINISHED]
    cost = fw.ground_truth_cost(files, queries, K, folder=folder)
    assert cost.done == pytest.approx(5120 / N)
    assert cost.read_bytes == 4 * D * (N - 5120)
    compared.clear()
    assert_equal(of(files, queries, folder), table)
    assert min(begin for begin, _ in compared) == 5120
    assert sum(end - begin for begin, end in compared) == N - 5120
    assert [each.name for each in folder.iterdir()] == ["truth.npz"]


@pytest.mark.parametrize("source", ["files", "memory"])
@pytest.mark.parametrize("workers", [None, 1], ids=["alone", "executor"])
def test_an_interrupt_keeps_what_is_done(tmp_path, files, vectors, queries, table, compared, source, workers):
    given = files if source == "files" else vectors
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        of(
            given,
            queries,
            tmp_path / "truth",
            executor=executor if workers else None,
            progress=ended_after(4000),
        )
    compared.clear()
    assert_equal(of(given, queries, tmp_path / "truth"), table)
    # Parts that were under way are computed again.
    assert sum(end - begin for begin, end in compared) == N - 4096


def test_an_interrupt_in_the_middle_of_a_block_counts_nothing_twice(
    tmp_path, vectors, queries, table, monkeypatch
):
    from feder_widget.truth.neighbours.nearest_rows import NearestRows

    inner, calls = NearestRows.near, []

    def interrupted(nearest):
        calls.append(1)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return inner(nearest)

    monkeypatch.setattr(NearestRows, "near", interrupted)
    with pytest.raises(KeyboardInterrupt):
        of(vectors, queries, tmp_path)
    assert (tmp_path / UNFINISHED).exists()
    assert_equal(of(vectors, queries, tmp_path), table)


def test_a_job_is_taken_up_in_other_pieces_and_by_other_workers(tmp_path, files, queries, table, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        of(files, queries, tmp_path / "t", progress=ended_after(3000))
    with pytest.raises(fw.WorkerError, match="took no more"):
        of(files, queries, tmp_path / "t", executor=Ending(2))
    monkeypatch.setattr(memory_plan, "BLOCK_BYTES", 1 << 30)
    assert_equal(of(files, queries, tmp_path / "t"), table)


def test_a_finished_truth_is_returned_without_comparing(tmp_path, files, vectors, queries, table, compared):
    of(files, queries, tmp_path / "t")
    compared.clear()
    for source in (files, vectors, vectors.astype(np.float64)):
        assert_equal(of(source, queries, tmp_path / "t"), table)
    assert not compared
    assert_equal(fw.NeighbourTable.load(tmp_path / "t"), table)
    assert_equal(fw.NeighbourTable.load(tmp_path / "t" / "truth.npz"), table)
    assert_equal(fw.NeighbourTable.load(table.save(tmp_path / "u.npz")), table)


@pytest.mark.parametrize("finished", [True, False])
def test_a_folder_of_another_truth_is_refused(tmp_path, files, vectors, queries, finished):
    progress = False if finished else ended_after(3000)
    try:
        of(files, queries, tmp_path / "t", progress=progress)
    except KeyboardInterrupt:
        assert not finished
    kept = {each.name: each.read_bytes() for each in (tmp_path / "t").iterdir()}
    other = vectors.copy()
    other[0, 0] += 1
    for difference, source, asked, more in (
        ("other vectors", other, queries, {}),
        ("9,000 rows, not 8,999", vectors[:-1], queries, {}),
        ("other queries", vectors, queries + 1, {}),
        ("the metric L2, not inner product", vectors, queries, {"metric": "inner product"}),
    ):
        with pytest.raises(
            ValueError, match=f"folder must be that of this ground truth.* is of {difference}"
        ):
            of(source, asked, tmp_path / "t", **more)
    with pytest.raises(ValueError, match="is of k=5, not 6"):
        fw.ground_truth(vectors, queries, 6, folder=tmp_path / "t", progress=False)
    assert {each.name: each.read_bytes() for each in (tmp_path / "t").iterdir()} == kept


def test_a_file_that_changes_in_the_middle_is_named_and_the_rest_kept(tmp_path, files, queries, table):
    opened = fw.open_vectors(files)

    def touch(done, _):
        if done >= 3000:
            os.utime(files / "3.npy", ns=(1, 1))

    with pytest.raises(fw.IndexChangedError, match=r"3\.npy was written to"):
        of(opened, queries, tmp_path / "t", progress=touch)
    assert (tmp_path / "t" / UNFINISHED).exists()
    # The numbers in it are the same ones.
    assert_equal(of(files, queries, tmp_path / "t"), table)


def test_a_full_disk_is_told_and_what_was_kept_stays(
    tmp_path, vectors, queries, table, monkeypatch, compared
):
    inner, written = kept_arrays.np.savez, []

    def full(*args, **arrays):
        written.append(1)
        if len(written) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        inner(*args, **arrays)

    monkeypatch.setattr(kept_arrays.np, "savez", full)
    with pytest.raises(OSError, match=f"the disk is full: .*{UNFINISHED}") as caught:
        of(vectors, queries, tmp_path)
    assert caught.value.errno == errno.ENOSPC
    monkeypatch.setattr(kept_arrays.np, "savez", inner)
    compared.clear()
    assert [each.name for each in tmp_path.iterdir()] == [UNFINISHED]
    assert_equal(of(vectors, queries, tmp_path), table)
    assert compared[0] == (3072, 4096)


def test_a_disk_without_room_is_told_before_anything_is_read(
    tmp_path, vectors, queries, monkeypatch, compared
):
    monkeypatch.setattr(ground_truth_job.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 100}))
    with pytest.raises(OSError, match=r"folder must have room for [0-9,]+ bytes, and its disk has 100"):
        of(vectors, queries, tmp_path)
    assert not compared


@pytest.mark.parametrize("name", [UNFINISHED, "truth.npz"])
def test_damaged_files_are_named(tmp_path, vectors, queries, name):
    for content in (b"", b"nothing", None):
        if content is None:
            kept_arrays.write_arrays(tmp_path / name, {"format": 1}, {})
        else:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(fw.TruthFileError, match=name):
            of(vectors, queries, tmp_path)
    (tmp_path / name).unlink()
    of(vectors, queries, tmp_path)
    whole = (tmp_path / "truth.npz").read_bytes()
    (tmp_path / "truth.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(fw.TruthFileError, match="damaged"):
        fw.NeighbourTable.load(tmp_path)


def test_a_table_of_wrong_shapes_is_refused(tmp_path, table):
    facts = {"format": 1, "similarity": False, "compared": table.compared.as_facts()}
    arrays = {name: getattr(table, name) for name in ("ids", "distances", "tied_ids", "tied_ends", "hashes")}
    for name, wrong in (
        ("ids", table.ids.astype(np.int32)),
        ("distances", table.distances[:-1]),
        ("hashes", table.hashes[:, 0]),
        ("tied_ends", table.tied_ends - 1),
    ):
        kept_arrays.write_arrays(tmp_path / "x.npz", facts, arrays | {name: wrong})
        with pytest.raises(fw.TruthFileError, match=r"x\.npz must hold ground truth"):
            fw.NeighbourTable.load(tmp_path / "x.npz")
    kept_arrays.write_arrays(tmp_path / "x.npz", facts | {"format": 9}, arrays)
    with pytest.raises(fw.TruthFileError, match="format 1, got 9"):
        fw.NeighbourTable.load(tmp_path / "x.npz")


def test_too_many_ties_for_the_memory_are_told(tmp_path, queries):
    equal = np.ones((300_000, D), np.float32)
    with pytest.raises(ValueError, match=r"rows are as near to query .* held within memory_limit"):
        of(equal, np.repeat(queries, 3, axis=0), tmp_path, memory_limit="64MiB")
    found = fw.ground_truth(equal[:2000], queries, K, progress=False)
    assert len(found.tied_ids) == 30 * (2000 - K)


def test_the_cost_is_said_and_true(tmp_path, files, queries, capsys, monkeypatch):
    cost = fw.ground_truth_cost(files, queries, K, folder=tmp_path / "t", memory_limit="100MB")
    assert (cost.queries, cost.k, cost.rows, cost.passes, cost.done) == (30, K, N, 1, 0)
    assert cost.read_bytes == 4 * N * D
    assert cost.multiplications == 30 * N * D
    assert cost.memory_bytes == 100_000_000
    assert cost.core_seconds > 0
    assert cost.seconds == cost.core_seconds / cost.cores
    assert not (tmp_path / "t").exists()
    monkeypatch.setattr(ground_truth_module, "SOON", -1)
    of(files, queries, tmp_path / "t", progress=True)
    assert "ground truth of 30 queries among 9,000 rows: reads 288 kB, " in capsys.readouterr().err
    assert (tmp_path / "t" / "truth.npz").stat().st_size <= cost.disk_bytes
    text = str(cost)
    assert text.startswith("ground truth of 30 queries among 9,000 rows: reads 288 kB, ")
    assert "at most 100 MB in memory" in text
    assert fw.ground_truth_cost(files, 7, K).k == K + 1


def test_progress_ends_at_all_rows(vectors, queries, tmp_path):
    told = []
    of(vectors, queries, tmp_path, progress=lambda *done: told.append(done))
    assert told[0] == (0, N)
    assert told[-1] == (N, N)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_runs_of_rows():
    spans = ()
    for span in ((0, 5), (8, 9), (5, 8), (20, 30)):
        spans = with_span(spans, span)
    assert spans == ((0, 9), (20, 30))
    assert total(spans) == 19
    assert list(missing(spans, 33, 4)) == [(9, 13), (13, 17), (17, 20), (30, 33)]
    assert list(missing((), 5, 9)) == [(0, 5)]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("64MiB", 64 << 20),
        ("2GB", 2 * 10**9),
        (" 1.5 gib", 3 << 29),
        ("100000000", 10**8),
        (np.int64(1 << 27), 1 << 27),
    ],
)
def test_memory_limits(given, wanted):
    assert memory_limit.as_memory_limit(given) == wanted
    assert memory_limit.as_memory_limit(None) >= memory_limit.LEAST


MEASURED = """
import json, sys
import numpy as np
import feder_widget as fw

def peak():
    with open("/proc/self/status") as file:
        held = dict(line.split(":", 1) for line in file)
    return int(held["VmHWM"].split()[0]) * 1024

small = np.ones((5000, 64), np.float32)
queries = np.random.default_rng(0).standard_normal(({count}, 64), np.float32)
fw.ground_truth(small, queries, 5, progress=False)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")
before = peak()
source = {source}
fw.ground_truth(source, queries, 20, memory_limit={limit}, progress=False)
print(json.dumps(peak() - before))
"""


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="peaks are told by Linux")
@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("fw.open_vectors({path!r})", 200),
        ("np.load({path!r}, mmap_mode='r')", 5),
    ],
    ids=["files", "map"],
)
def test_memory_stays_within_its_limit(tmp_path, source, count):
    limit, rows = 64 << 20, 1_300_000
    path = tmp_path / "x.npy"
    made = np.lib.format.open_memmap(path, "w+", np.float32, (rows, 64))
    some = np.random.default_rng(1).standard_normal((50_000, 64), np.float32)
    for start in range(0, rows, len(some)):
        made[start : start + len(some)] = some + start
    made.flush()
    del made
    assert path.stat().st_size > 4.9 * limit
    code = MEASURED.format(source=source.format(path=str(path)), limit=limit, count=count)
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(ended.stdout) < limit
