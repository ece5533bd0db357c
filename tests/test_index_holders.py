"""Indexes inside the objects of other libraries, and as bytes; Faiss that is missing or too old."""

import contextlib
import re
import subprocess
import sys
from pathlib import Path

import faiss
import numpy as np
import pytest

import feder_widget as fw
from feder_widget import faiss_version
from feder_widget.errors import IndexFileError, UnsupportedIndexError

ROOT = Path(__file__).parents[1]
X = np.random.default_rng(0).random((400, 16), np.float32)


def made(factory="IVF8,Flat"):
    index = faiss.index_factory(16, factory)
    index.train(X)
    index.add(X)
    return index


class HuggingFaceIndex:
    """``Dataset.get_index``: datasets.search.FaissIndex."""

    def __init__(self, index):
        self.device = None
        self.string_factory = "IVF8,Flat"
        self.faiss_index = index


class HuggingFaceDataset:
    def __init__(self, index):
        self._indexes = {"e": HuggingFaceIndex(index)}


class LangChainStore:
    """langchain_community.vectorstores.FAISS."""

    def __init__(self, index):
        self.embedding_function = len
        self.index = index
        self.docstore = object()
        self.index_to_docstore_id = {0: "a"}

    @property
    def embeddings(self):
        raise RuntimeError("it has none")


class LangChainRetriever:
    def __init__(self, index):
        self.vectorstore = LangChainStore(index)


class LlamaIndexStore:
    """llama_index's FaissVectorStore, a pydantic model: its attribute is not in ``vars``."""

    __slots__ = ("__pydantic_private__",)

    def __init__(self, index):
        object.__setattr__(self, "__pydantic_private__", {"_faiss_index": index})

    def __getattr__(self, name):
        try:
            return object.__getattribute__(self, "__pydantic_private__")[name]
        except KeyError:
            raise AttributeError(name) from None


class LlamaIndex:
    def __init__(self, index):
        self._vector_store = LlamaIndexStore(index)

    @property
    def vector_store(self):
        return self._vector_store


class TxtaiAnn:
    def __init__(self, index):
        self.config = {}
        self.backend = index


class TxtaiEmbeddings:
    def __init__(self, index):
        self.ann = TxtaiAnn(index)


class HaystackStore:
    def __init__(self, index):
        self.faiss_indexes = {"document": index}


class OwnClass:
    def __init__(self, index):
        self.cache = {}
        self.my_ivf = index


HOLDERS = (
    HuggingFaceIndex,
    HuggingFaceDataset,
    LangChainStore,
    LangChainRetriever,
    LlamaIndexStore,
    LlamaIndex,
    TxtaiAnn,
    TxtaiEmbeddings,
    HaystackStore,
    OwnClass,
)


@pytest.mark.parametrize("holder", HOLDERS)
def test_an_index_is_found_in_what_holds_it(holder):
    index = made()
    opened = fw.open_index(holder(index), vectors=X)
    traced = opened.trace(X[3], 8, 5)
    assert traced.ids.tolist() == index.search(X[3:4], 5)[1][0].tolist() or traced.ids[0] == 3
    assert not opened.frozen


def test_a_widget_takes_what_holds_an_index():
    widget = fw.FederWidget(LangChainStore(made()))
    widget.search(3)
    assert widget.query_id == 3
    widget.close()


def test_the_index_lives_when_its_holder_is_dropped():
    opened = fw.open_index(LangChainStore(made()))
    assert opened.trace(X[3], 8, 1).ids[0] == 3


def test_several_indexes_are_named():
    class Two:
        def __init__(self):
            self.images, self.texts = made(), made()

    with pytest.raises(
        UnsupportedIndexError, match=r"got .*Two: it holds several .* pass one of \.images, \.texts"
    ):
        fw.open_index(Two())
    store = HaystackStore(made())
    store.faiss_indexes["label"] = made()
    with pytest.raises(
        UnsupportedIndexError, match=r"\.faiss_indexes\['document'\], \.faiss_indexes\['label'\]"
    ):
        fw.open_index(store)


def test_one_index_under_two_names_is_one():
    holder = OwnClass(made())
    holder.index = faiss.downcast_index(holder.my_ivf)
    assert fw.open_index(holder).nlist == 8


class Endless:
    """Answers every name with another object that does."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Endless()


class Ring:
    def __init__(self):
        self.index = self


class Raising:
    def __getattr__(self, name):
        raise RuntimeError("/home/someone/secret")


@pytest.mark.parametrize(
    "make",
    [Endless, Ring, Raising, object, lambda: X, lambda: {"index": 1}, lambda: [made()], lambda: faiss],
)
def test_what_holds_no_index_is_refused(make):
    source = make()
    with pytest.raises(
        UnsupportedIndexError, match="it is no faiss index, and none of its attributes holds one"
    ):
        fw.open_index(source)


def test_a_class_is_told_to_be_one():
    with pytest.raises(UnsupportedIndexError, match="it is a class; pass a Faiss IVF or HNSW index"):
        fw.open_index(faiss.IndexIVFFlat)


def test_a_store_around_an_index_of_hashes_is_refused_for_the_index_in_it():
    hashes = faiss.IndexLSH(16, 8)
    hashes.add(X)
    with pytest.raises(UnsupportedIndexError, match=r"got faiss\.IndexLSH: it is no IVF index"):
        fw.open_index(LangChainStore(hashes))


BYTES = [lambda a: a, bytes, lambda a: bytearray(bytes(a)), lambda a: memoryview(bytes(a))]


@pytest.mark.parametrize("form", BYTES, ids=["uint8 array", "bytes", "bytearray", "memoryview"])
@pytest.mark.parametrize("factory", ["IVF8,Flat", "PCA8,IVF8,SQ8", "IVF8,PQ4x4"])
def test_serialised_bytes_are_opened(form, factory):
    index = made(factory)
    opened = fw.open_index(form(faiss.serialize_index(index)))
    index_ivf = faiss.extract_index_ivf(index)
    index_ivf.nprobe = 8
    traced = opened.trace(X[3], 8, 5)
    distances, ids = index.search(X[3:4], 5)
    assert traced.ids.tolist() == ids[0].tolist()
    np.testing.assert_array_equal(traced.distances, distances[0])
    assert opened.frozen


def test_a_serialised_binary_index_is_opened():
    codes = np.random.default_rng(1).integers(0, 256, (300, 4), np.uint8)
    binary = faiss.IndexBinaryIVF(faiss.IndexBinaryFlat(32), 32, 8)
    binary.train(codes)
    binary.add(codes)
    opened = fw.open_index(faiss.serialize_index_binary(binary))
    assert opened.trace(codes[7], 8, 1).distances[0] == 0


@pytest.mark.parametrize("share", [0.001, 0.3, 0.99])
def test_cut_bytes_are_an_error(share):
    data = bytes(faiss.serialize_index(made()))
    with pytest.raises(IndexFileError, match="bytes are no readable faiss index"):
        fw.open_index(data[: int(len(data) * share)])


@pytest.mark.filterwarnings("ignore:.* vectors are in no list")
def test_damaged_bytes_never_end_the_process():
    data = np.array(faiss.serialize_index(made("IVF8,PQ4x4")))
    rng = np.random.default_rng(2)
    for _ in range(30):
        damaged = data.copy()
        damaged[rng.integers(4, 400, 3)] = rng.integers(0, 256, 3)
        with contextlib.suppress(OSError, ValueError, TypeError):
            fw.open_index(damaged)


def test_bytes_are_not_mapped():
    with pytest.raises(ValueError, match="mmap says how a file is opened, but source is"):
        fw.open_index(bytes(faiss.serialize_index(made())), mmap=True)


# Faiss itself


def dependencies():
    """Return what the package asks for. Python 3.10 reads no TOML."""
    (listed,) = re.findall(
        r"^dependencies = \[\n(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.M | re.S
    )
    return re.findall(r'"(.+)"', listed)


def test_the_wanted_version_is_the_one_of_the_package():
    least = ".".join(map(str, faiss_version.LEAST))
    assert f"faiss-cpu>={least}" in dependencies()


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (
            "__version__ = '1.7.4'",
            r"needs Faiss 1\.14\.2 or newer, found 1\.7\.4 \(.*faiss\.py\): pip install",
        ),
        ("__version__ = '1.14.1.post1'", r"found 1\.14\.1\.post1"),
        ("", r"the module faiss here \(.*faiss\.py\) has no version: pip install"),
        ("import missing_blas", "No module named 'missing_blas'"),
    ],
)
def test_a_faiss_that_is_too_old_or_none_at_all_is_told_at_import(module, told, tmp_path):
    (tmp_path / "faiss.py").write_text(module)
    assert_import_fails(tmp_path, "", told)


def test_a_missing_faiss_is_told_at_import(tmp_path):
    hide = "import sys; sys.modules['faiss'] = None; "
    assert_import_fails(
        tmp_path, hide, "needs Faiss, which is not installed: pip install 'faiss-cpu>=1.14.2'"
    )


def assert_import_fails(folder, before, told):
    code = f"{before}import sys; sys.path.insert(0, {str(folder)!r}); import feder_widget"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith(("ImportError: ", "ModuleNotFoundError: "))
    assert re.search(told, last) or told in last


@pytest.mark.parametrize("version", ["1.14.2", "1.15.0.post1", "2.0", "1.14.10", "1.16.0rc1"])
def test_newer_versions_are_taken(version, monkeypatch):
    monkeypatch.setattr(faiss, "__version__", version)
    faiss_version.require_faiss()


def test_the_documentation_lists_what_to_install_beside_a_faiss_of_your_own():
    start = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
    (listed,) = re.findall(r"pip install --no-deps feder-widget\npip install (.*)", start)
    assert listed.replace("'", "").split() == [
        each for each in dependencies() if not each.startswith("faiss")
    ]


class Unspeakable:
    def __repr__(self):
        raise AssertionError("a key that is not the index's is not asked for its name")


class StoreOfManyDocuments:
    def __init__(self, index):
        self.index = index
        self.documents = {Unspeakable(): "text"} | dict.fromkeys(range(300_000), "text")


def test_entries_of_a_store_that_hold_no_index_are_passed_over():
    index = made()
    assert fw.open_index(StoreOfManyDocuments(index)).ntotal == 400
