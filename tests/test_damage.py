"""Files that are damaged or alien end in an error that says so, and in nothing worse."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import faiss
import families
import numpy as np
import pytest
from makers import make_ivf

from feder_widget import IndexFileError, open_index

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="cannot limit the memory of the child")

WHOLE = {
    "flat": lambda: families.made("IVF12,Flat"),
    "sq": lambda: families.made("IVF12,SQ4", families.IP),
    "pq": lambda: families.made("IVF12,PQ4x4"),
    "fast-scan": lambda: families.made("IVF12,PQ4x4fs"),
    "additive": lambda: families.made("IVF12,RQ3x4"),
    "rabitq": lambda: families.made("IVF12,RaBitQ"),
    "opq": lambda: families.made("OPQ4_8,IVF12,PQ4x4"),
    "refined": lambda: families.made("IDMap2,IVF12,PQ4x4,RFlat", ids=families.HARD_IDS["negative"]),
    "hnsw": lambda: families.large("IVF40_HNSW8,SQ8"),
    "nsg": lambda: families.large("IVF128_NSG8,Flat"),
    "hashed": lambda: families.mapped("Hashtable"),
    "binary": lambda: families.binary("HNSW", 64, "IndexBinaryIDMap2"),
}
MOST_MEMORY = 1 << 30


def content_of(index, path):
    write = faiss.write_index_binary if isinstance(index, faiss.IndexBinary) else faiss.write_index
    write(index, str(path))
    return path.read_bytes()


def damaged(name, content):
    """Yield name, bytes, and whether the file must be refused."""
    rng = np.random.default_rng(len(content))
    for share in (0.002, 0.05, 0.3, 0.7, 0.98):
        yield f"{name}, cut at {share:.1%}", content[: int(len(content) * share)], True
    yield f"{name}, the last byte missing", content[:-1], True
    half = len(content) // 2
    yield f"{name}, halves swapped", content[half:] + content[:half], True
    yield f"{name}, header zero", bytes(200) + content[200:], True
    yield f"{name}, middle zero", content[:half] + bytes(1000) + content[half + 1000 :], False
    for reach in (60, 400, len(content)):
        broken = bytearray(content)
        for at in rng.integers(reach, size=2):
            broken[at] ^= 1 << rng.integers(8)
        yield f"{name}, bits flipped within {reach}", bytes(broken), False


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Files that are sound, name -> bytes."""
    path = tmp_path_factory.mktemp("whole") / "index"
    return {name: content_of(build().index, path) for name, build in WHOLE.items()}


def tried(folder):
    """Open all files of a folder in a process of its own; returns (name, mmap) -> what came of it."""
    command = [sys.executable, str(Path(__file__).parent / "damage.py"), str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=500)
    lines = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    assert ran.returncode == 0, (lines[-1], ran.stderr[-2000:])
    return {(one["trying"], one["mmap"]): two for one, two in zip(lines[::2], lines[1::2], strict=True)}


def test_whole_files_open_read_or_mapped(whole, tmp_path):
    for name, content in whole.items():
        (tmp_path / name).write_bytes(content)
    assert {found["outcome"] for found in tried(tmp_path).values()} == {"opened"}


def test_no_damaged_file_ends_the_process_or_takes_its_memory(whole, tmp_path):
    refused = {}
    for name, content in whole.items():
        for what, broken, must_be_refused in damaged(name, content):
            (tmp_path / what).write_bytes(broken)
            refused[what] = must_be_refused
    outcomes = tried(tmp_path)
    assert len(outcomes) == 2 * len(refused) == 2 * 12 * len(WHOLE)
    for (what, mmap), found in outcomes.items():
        assert found["peak"] < MOST_MEMORY, (what, mmap, found)
        assert found["seconds"] < 10, (what, mmap, found)
        if refused[what]:
            assert found["outcome"].startswith("IndexFileError"), (what, mmap, found)
            assert what in found["outcome"]


def test_alien_files_are_refused_with_their_name(tmp_path):
    vectors = make_ivf(n=100, d=8, nlist=4)[1]
    with zipfile.ZipFile(tmp_path / "arrays.npz", "w") as archive, archive.open("x.npy", "w") as file:
        np.lib.format.write_array(file, vectors)
    hashes, bits = faiss.IndexLSH(8, 8), faiss.IndexBinaryFlat(64)
    for index, content in ((hashes, vectors), (bits, np.zeros((3, 8), np.uint8))):
        index.add(content)
    for name, index in (("hashes", hashes), ("bits", bits)):
        content_of(index, tmp_path / name)
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (tmp_path / "text.txt").write_text("IwFl, and so on, as a text would have it\n" * 100)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "zeros").write_bytes(bytes(10_000))
    (tmp_path / "ones").write_bytes(b"\xff" * 10_000)
    (tmp_path / "magic alone").write_bytes(b"IwFl")
    (tmp_path / "binary magic").write_bytes(b"IBwF" + b"\xff" * 100)
    for (name, mmap), found in tried(tmp_path).items():
        kind = "UnsupportedIndexError" if name in ("hashes", "bits") else "IndexFileError"
        assert found["outcome"].startswith(kind), (name, mmap, found)
        assert name in found["outcome"]
        assert found["peak"] < MOST_MEMORY


def test_a_norm_that_faiss_cannot_divide_by_is_refused(tmp_path):
    index = faiss.index_factory(8, "L2norm,IVF4,Flat")
    vectors = make_ivf(n=100, d=8, nlist=4)[1]
    index.train(vectors)
    index.add(vectors)
    faiss.downcast_VectorTransform(index.chain.at(0)).norm = 1
    content_of(index, tmp_path / "odd")
    with pytest.raises(IndexFileError, match="norm of a NormalizationTransform must be 2, got 1"):
        open_index(tmp_path / "odd")
    with pytest.raises(ValueError, match="norm of a NormalizationTransform must be 2, got 1"):
        open_index(index)
