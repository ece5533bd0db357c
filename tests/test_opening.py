"""``open_index``: what it takes, what it refuses and why, and files of every kind."""

import json
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest
from makers import ivf_around, make_ivf, make_vectors

from feder_widget.engines import open_index
from feder_widget.errors import IndexFileError, UnsupportedIndexError
from feder_widget.faiss_internals.tracing_by_class import why_refused


def written(index, folder):
    path = folder / "test.index"
    faiss.write_index(index, str(path))
    return path


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_opens_as_the_index_that_was_written(clustered, tmp_path, kind):
    index, vectors = clustered
    opened = open_index(kind(written(index, tmp_path)))
    np.testing.assert_array_equal(
        opened.trace(vectors[0], 3, 5).ids, open_index(index).trace(vectors[0], 3, 5).ids
    )


@pytest.mark.parametrize("flags", [faiss.IO_FLAG_MMAP, faiss.IO_FLAG_MMAP_IFC, faiss.IO_FLAG_READ_ONLY])
def test_a_memory_mapped_index_is_traced(clustered, tmp_path, flags):
    index, vectors = clustered
    mapped = faiss.read_index(str(written(index, tmp_path)), flags)
    opened = open_index(mapped)
    mapped.nprobe = 4
    for query in vectors[:5]:
        trace = opened.trace(query, 4, 9)
        distances, ids = mapped.search(query[None], 9)
        np.testing.assert_array_equal(trace.ids, ids[0])
        np.testing.assert_array_equal(trace.distances, distances[0])
    np.testing.assert_array_equal(opened.vector(1234), vectors[1234])
    np.testing.assert_array_equal(opened.centroids(), open_index(index).centroids())


def test_inverted_lists_on_disk_are_traced(clustered, tmp_path):
    index, vectors = clustered
    index.nprobe = 4
    expected = index.search(vectors[:1], 9)
    on_disk = faiss.OnDiskInvertedLists(index.nlist, index.code_size, str(tmp_path / "lists"))
    on_disk.merge_from_1(index.invlists)
    index.replace_invlists(on_disk, False)
    trace = open_index(index).trace(vectors[0], 4, 9)
    np.testing.assert_array_equal(trace.ids, expected[1][0])
    np.testing.assert_array_equal(trace.distances, expected[0][0])
    index.replace_invlists(faiss.ArrayInvertedLists(index.nlist, index.code_size), False)


def filled(index, d=8):
    vectors = make_vectors(400, d)
    index.train(vectors)
    index.add(vectors)
    return index


def flat_l2(d=8):
    return faiss.IndexFlatL2(d)


def dedup():
    return filled(faiss.IndexIVFFlatDedup(flat_l2(), 8, 4))


def independent():
    ivf = faiss.IndexIVFFlat(flat_l2(4), 4, 4)
    quantizer, transform = flat_l2(), faiss.PCAMatrix(8, 4)
    index = faiss.IndexIVFIndependentQuantizer(quantizer, ivf, transform)
    index.referenced_objects = [quantizer, ivf, transform]
    return index


def sharded(*shards):
    index = faiss.IndexShards(8)
    for shard in shards:
        index.add_shard(shard)
    index.referenced_objects = list(shards)
    return index


def refined_twice():
    return faiss.IndexRefineFlat(filled(faiss.index_factory(8, "IVF4,Flat,RFlat")), flat_codes())


def flat_codes():
    return faiss.swig_ptr(make_vectors(400, 8))


def on_lattice():
    quantizer = faiss.IndexLSH(8, 8)
    quantizer.add(make_vectors(4, 8))
    return faiss.IndexIVFFlat(quantizer, 8, 4)


REFUSED = {
    "IndexLSH": (lambda: filled(faiss.IndexLSH(8, 8)), "it is no IVF index, no HNSW graph and no flat index"),
    "IndexBinaryFlat": (lambda: faiss.IndexBinaryFlat(64), "no flat index"),
    "IndexIVFFlatDedup": (dedup, "use IndexIVFFlat"),
    "IndexIVFPQR": (lambda: faiss.index_factory(8, "IVF4,PQ4+4"), "IndexRefineFlat around an IndexIVFPQ can"),
    "IndexIVFIndependentQuantizer": (independent, "see different vectors"),
    "IndexRefineFlat": (refined_twice, "open one of the two alone"),
    "IndexShards": (lambda: faiss.IndexShards(8), "it has no shards"),
    "IndexFlatL2 in shards": (lambda: sharded(flat_l2()), "a shard must be an IVF index"),
    "IndexPreTransform in shards": (
        lambda: sharded(filled(faiss.index_factory(8, "PCA4,IVF4,Flat"))),
        "put transforms around the shards",
    ),
    "IndexReplicas": (faiss.IndexReplicas, "open one of them"),
    "IndexIVFFlat": (on_lattice, r"its coarse quantizer is a faiss\.IndexLSH, which is not supported"),
    "ndarray": (lambda: np.zeros((3, 8), np.float32), "it is no faiss index"),
    "NoneType": (lambda: None, "it is no faiss index"),
    "int": (lambda: 7, "it is no faiss index"),
    "bytes": (lambda: b"voc.index", "it is no faiss index"),
    "list": (lambda: [1], "it is no faiss index"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_traced_is_refused_by_name_with_the_reason(name):
    build, reason = REFUSED[name]
    with pytest.raises(UnsupportedIndexError, match=reason) as caught:
        open_index(build())
    assert isinstance(caught.value, TypeError)
    assert "index must be a Faiss IVF or HNSW index, got" in str(caught.value)
    assert name.split()[0] in str(caught.value)


def test_an_index_on_a_gpu_is_refused_with_what_to_do():
    # There is no GPU here: the class alone decides.
    assert why_refused(type("GpuIndexIVFFlat", (), {})()).endswith("pass faiss.index_gpu_to_cpu(index)")


def test_shards_with_other_centroids_are_refused():
    one, other = (filled(faiss.index_factory(8, f"IVF{nlist},Flat")) for nlist in (4, 5))
    with pytest.raises(UnsupportedIndexError, match="shard 1 has other centroids than shard 0"):
        open_index(sharded(one, other))
    moved = faiss.clone_index(one)
    centroids = faiss.rev_swig_ptr(faiss.downcast_index(moved.quantizer).get_xb(), 32)
    assert open_index(sharded(one, moved)).ntotal == 800
    centroids[0] += 1
    with pytest.raises(UnsupportedIndexError, match="shard 1 has other centroids"):
        open_index(sharded(one, moved))
    with pytest.raises(UnsupportedIndexError, match="shard 1 is of another kind"):
        open_index(sharded(one, filled(faiss.index_factory(8, "IVF4,SQ8"))))


@pytest.mark.parametrize("metric", [faiss.METRIC_L2, faiss.METRIC_INNER_PRODUCT])
def test_a_plain_flat_coarse_quantizer_is_taken(metric):
    index = filled(faiss.IndexIVFFlat(faiss.IndexFlat(8, metric), 8, 4, metric))
    index.nprobe = 4
    _, ids = index.search(np.ones((1, 8), np.float32), 1)
    np.testing.assert_array_equal(open_index(index).trace(np.ones(8), 4, 1).ids, ids[0])


def test_an_index_behind_its_base_class_is_recognised(clustered):
    index, _ = clustered
    shards = faiss.IndexShards(16)
    shards.add_shard(index)
    assert open_index(shards.at(0)).ntotal == 2000


def test_an_untrained_index_is_refused():
    with pytest.raises(ValueError, match="not trained"):
        open_index(faiss.IndexIVFFlat(flat_l2(), 8, 4))


def test_an_empty_index_is_refused(tmp_path):
    index = ivf_around(make_vectors(4, 8))
    with pytest.raises(ValueError, match="the index is empty"):
        open_index(index)
    with pytest.raises(ValueError, match=r"test\.index: the index is empty"):
        open_index(written(index, tmp_path))


def test_parts_that_do_not_fit_together_are_refused():
    index, _ = make_ivf()
    index.quantizer.reset()
    with pytest.raises(ValueError, match="number of centroids must be 20, got 0"):
        open_index(index)


def test_a_file_that_is_not_there_or_no_file_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"missing\.index"):
        open_index(tmp_path / "missing.index")
    with pytest.raises(IsADirectoryError):
        open_index(tmp_path)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00", b"\x89PNG\r\n\x1a\n" + bytes(100), b"IwFl", b"not an index at all", bytes(4096)],
)
def test_a_file_that_is_no_index_is_named_with_the_reason(tmp_path, content):
    path = tmp_path / "alien.index"
    path.write_bytes(content)
    with pytest.raises(IndexFileError, match=r"alien\.index") as caught:
        open_index(path)
    assert isinstance(caught.value, OSError)


def test_a_file_of_another_kind_of_index_is_unsupported(tmp_path):
    path = tmp_path / "binary.index"
    binary = faiss.IndexBinaryFlat(64)
    binary.add(np.zeros((3, 8), np.uint8))
    faiss.write_index_binary(binary, str(path))
    with pytest.raises(UnsupportedIndexError, match=r"binary\.index: .*IndexBinaryFlat"):
        open_index(path)
    with pytest.raises(UnsupportedIndexError, match=r"test\.index: .*IndexLSH"):
        open_index(written(filled(faiss.IndexLSH(8, 8)), tmp_path))


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(clustered, tmp_path, share):
    path = written(clustered[0], tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(IndexFileError, match=r"test\.index"):
        open_index(path)


def test_a_number_of_lists_that_the_file_cannot_hold_is_refused_before_any_memory_is_taken(tmp_path):
    path = written(make_ivf(n=100, d=8, nlist=5)[0], tmp_path)
    content = path.read_bytes()
    lists = content.index(b"ilar") + 4
    for at in (content.index((5).to_bytes(8, "little")), lists):
        path.write_bytes(content[:at] + (2**31).to_bytes(8, "little") + content[at + 8 :])
        with pytest.raises(IndexFileError, match="nlist=2147483648 exceeds"):
            open_index(path)


def test_the_limits_of_faiss_are_put_back(clustered, tmp_path):
    before = faiss.get_deserialization_vector_byte_limit(), faiss.get_deserialization_loop_limit()
    path = written(clustered[0], tmp_path)
    open_index(path)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(IndexFileError):
        open_index(path)
    after = faiss.get_deserialization_vector_byte_limit(), faiss.get_deserialization_loop_limit()
    assert after == before


MUTATE = """
import json, resource, sys
from pathlib import Path
import faiss, numpy as np
from feder_widget.engines import open_index

resource.setrlimit(resource.RLIMIT_AS, (5 << 30, 5 << 30))
source, target, seed, count = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
content = np.frombuffer(source.read_bytes(), np.uint8)
rng = np.random.default_rng(seed)
outcomes = {}
for trial in range(count):
    broken = content.copy()
    # Half of the flips fall into the header, where the counts and sizes are.
    reach = 200 if trial % 2 else len(broken)
    for at in rng.integers(reach, size=rng.integers(1, 4)):
        broken[at] ^= 1 << rng.integers(8)
    target.write_bytes(broken.tobytes())
    try:
        opened = open_index(target)
        opened.trace(np.zeros(opened.dim), opened.nlist, 10)
        opened.centroids(), opened.vectors_of(np.arange(5)), opened.list_sizes
        outcome = "opened"
    except (ValueError, TypeError, OSError) as error:
        outcome = type(error).__name__
    outcomes[outcome] = outcomes.get(outcome, 0) + 1
print(json.dumps(outcomes))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="cannot limit the memory of the child")
def test_no_flipped_bit_in_a_file_kills_the_process(tmp_path):
    path = written(make_ivf(n=100, d=8, nlist=5)[0], tmp_path)
    ran = subprocess.run(
        [sys.executable, "-c", MUTATE, str(path), str(tmp_path / "broken.index"), "1", "300"],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    outcomes = json.loads(ran.stdout)
    assert sum(outcomes.values()) == 300
    assert outcomes["IndexFileError"] > 50
