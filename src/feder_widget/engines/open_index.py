"""``open_index``: an index or a file becomes one whose searches are traced, or an error says why not."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from feder_widget.checks import index_checks
from feder_widget.engines.flat.flat_index import FlatIndex
from feder_widget.engines.graph.graph_index import GraphIndex
from feder_widget.engines.ivf.ivf_index import IvfIndex
from feder_widget.engines.open_milvus import segment_as_index
from feder_widget.engines.vectors_argument import check_graph_vectors, check_vectors
from feder_widget.errors import IndexFileError, UnsupportedIndexError
from feder_widget.faiss_internals import flat_file, index_file, original_space
from feder_widget.faiss_internals.admission import graph_admission
from feder_widget.faiss_internals.admission.ivf_admission import InconsistentIndexError, check
from feder_widget.faiss_internals.flat_file import FlatFile
from feder_widget.faiss_internals.graph.binary_graph_file import BinaryGraphFile
from feder_widget.faiss_internals.graph.graph_file import GraphFile
from feder_widget.faiss_internals.index_holder import index_inside
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.faiss_internals.owners import owners_of
from feder_widget.faiss_internals.shards.joined_shards import join
from feder_widget.faiss_internals.stored_vectors import StoredVectors
from feder_widget.faiss_internals.unwrap import Stack, unwrap
from feder_widget.hnswlib_internals import hnswlib_file, library
from feder_widget.hnswlib_internals.hnswlib_graph import HnswlibGraph
from feder_widget.milvus_internals.database import is_database
from feder_widget.model.file_stamp import FileStamp
from feder_widget.model.memory_limit import as_memory_limit
from feder_widget.model.row_source import row_file
from feder_widget.stores import shard_files
from feder_widget.truth.neighbours.original_vectors import Originals


def open_index(
    source: Any,
    *,
    vectors: Any = None,
    mmap: bool | None = None,
    frozen: bool | None = None,
    storage_options: Mapping[str, Any] | None = None,
    cache: str | os.PathLike[str] | None = None,
    collection: str | None = None,
    field: str | None = None,
    segment: str | None = None,
    memory_limit: int | str | None = None,
) -> IvfIndex | GraphIndex | FlatIndex:
    """Make the searches of an index traceable: inverted lists (IVF), an HNSW graph, or a flat index.

    Parameters
    ----------
    source : faiss.Index, faiss.IndexBinary, hnswlib.Index, str, os.PathLike, list, bytes or object
        An index in memory, the path of a file written by ``faiss.write_index`` or ``write_index_binary``, the
        bytes (or uint8 array) of ``faiss.serialize_index``, or an object that holds an index in an attribute:
        ``get_index`` of a Hugging Face data set, a vector store of LangChain or LlamaIndex, txtai's
        embeddings. Row ids are those of the index, not those of the store.
        An IVF index of any family in docs/FAMILIES.md, alone or inside ``IndexPreTransform``, ``IndexIDMap``,
        ``IndexRefine`` or ``IndexShards``; or an HNSW index that holds vectors whole, or their scalar or
        product codes, alone or inside the first three; or what such a graph holds, a flat index or one of
        scalar or product codes, inside the first two. It is neither copied nor changed, and is kept alive
        with all that it keeps alive itself. So is the index that a part of one belongs to (``outer.index``,
        ``extract_index_ivf(outer)``, ``outer.at(0)``), as long as Python holds it when this is called.
        An ``hnswlib.Index`` shows its graph as a copy only, beside another in which searches are made; both
        are made anew when it has grown. Let no other thread add to it while it is read, and open it again
        after elements were marked as deleted or updated, which its size does not tell. Its files are opened
        by ``open_hnswlib``.
        Or the shards of one IVF index, which one quantizer cut: a list of paths and addresses
        (``["s3://bucket/shard0.faiss", ...]``), a pattern (``"shards/*.faiss"``, in natural order), or a
        manifest (``"shards.json"``; docs/shards.md lists its fields). They are searched as the one index that
        ``merge_from`` would make of them in this order, ties included. Of shards on this machine the lists
        are mapped. Elsewhere, only the lists that are read are fetched, by ``fsspec``
        (``pip install feder-widget[shards]``). A single address is opened likewise.
        Or the path of a database of Milvus Lite, which is only read; see docs/milvus.md.
    vectors : array_like (n, dim) or path(s), optional
        The original vectors, before any transform of the index: row i for row id i, as an array, a
        ``numpy.memmap``, or what ``open_vectors`` returns or takes (a folder of ``.npy`` or Parquet files);
        not copied, and read once by each ``explain``, ``ledger`` or batch of ``evaluate``.
        Rows that are not stored are ignored. Where codes stand for the vectors, or lists are re-ranked, true
        neighbours are by these; where a graph is re-ranked, unless the second pass compares whole vectors.
        They are compared behind the transforms that belong to the metric, such as L2norm; the part that PCA
        or OPQ drops counts as lost by the code. A row searched for by its id is then searched for by its
        vector here.
    mmap : bool, optional
        Map the inverted lists of a file rather than read them; by default from 4 GiB on. A file that is
        mapped must not change. Lists of fast-scan indexes, and the vectors of an index that refines, are read
        all the same.
    frozen : bool, optional
        True is your word that nobody changes ``source`` from now on: then a widget reads it on a thread of
        its own, also while a cell runs. False lets only the thread that runs cells read it. By default an
        index that is read from a file is frozen, since nobody else holds it, and one that is passed in is
        not.
    storage_options : dict, optional
        What ``fsspec`` opens addresses with: keys, endpoints, and so on. Workers of an executor get them too.
    cache : str or os.PathLike, optional
        A folder on a disk for the lists of shards that were fetched; by default one in the user's cache. They
        take as much room as what is read, and are removed with the index or the process.
    collection, field, segment : str, optional
        Which segment of a database of Milvus Lite is opened; what leaves no choice may be left out.
        ``milvus_segments`` lists them all. Row ids are its primary keys where these are int64, else places in
        ``MilvusSegment.keys``.
    memory_limit : int or str, optional
        Of inverted lists: bytes that a pass over all of them, or over ``vectors`` in files, may hold in
        memory beside what the process holds already, 64 MiB or more, or a text such as "2GB"; by default a
        quarter of the machine's memory. Pages of mapped lists count. See docs/scale.md.

    Returns
    -------
    IvfIndex, GraphIndex or FlatIndex

    Raises
    ------
    UnsupportedIndexError
        (a ``TypeError``) If a search of ``source`` cannot be traced, with the reason and what to do.
    ValueError
        If the index is untrained or empty, if its parts contradict each other, or if ``vectors`` do not fit
        it: of another shape, or, where the index holds codes or refines, others than those that were added
        (some rows are compared; where it holds vectors whole, it needs no others, and none are). If
        ``collection``, ``field`` and ``segment`` choose no segment of a database, or not one alone.
    IndexFileError
        (an ``OSError``) If the file or the bytes hold no readable index, or one whose parts contradict each
        other. Missing or unreadable files raise Python's own ``FileNotFoundError``, ``IsADirectoryError`` and
        ``PermissionError``. So does a shard, by its path or address, and a store that fails again and again.
    ShardError
        (a ``ValueError``) If shards are not parts of one index: other centroids, metric, family or codes;
        overlapping row ids; or if a manifest says of one what it is not. The shard is named.
    IndexChangedError
        If a shard was changed while it was opened.

    Warns
    -----
    UserWarning
        If something makes answers wrong: vectors that are in no list, ids that have moved, ``vectors`` of
        other lengths. ``IvfIndex.findings`` lists all that stands out. If a collection of Milvus Lite has
        rows in no segment yet.

    Notes
    -----
    Inverted lists that are in a file of their own (``OnDiskInvertedLists``) are looked for in the folder of
    the index file, whatever folder it names. To read them from elsewhere, read the index with
    ``faiss.read_index`` and pass it.
    """
    library.refuse_brute_force(source)
    limit = None if memory_limit is None else as_memory_limit(memory_limit)
    are_shards = shard_files.are_shards(source)
    if storage_options is not None and not isinstance(storage_options, Mapping):
        raise TypeError(
            f"storage_options must be a dict of what fsspec takes, got {type(storage_options).__name__}"
        )
    if cache is not None and not isinstance(cache, (str, os.PathLike)):
        raise TypeError(f"cache must be the path of a folder, got {type(cache).__name__}")
    for name, value in (("storage_options", storage_options), ("cache", cache)):
        if value is not None and not are_shards:
            raise ValueError(f"{name} is for shards by address: a list, a pattern, a manifest, or an address")
    chosen = (collection, field, segment)
    if _is_milvus(source, chosen):
        if mmap is not None:
            raise ValueError("mmap has no use for a database of Milvus Lite, whose index is read into memory")
        index, name = segment_as_index(Path(source), *chosen)
        return _opened(_checked(index, name), vectors, limit, frozen=True if frozen is None else frozen)
    if are_shards:
        if mmap is not None:
            raise ValueError("mmap says how a single file is opened; lists of shards are always mapped")
        return _open_shards(source, vectors, frozen, storage_options, cache, limit)
    if library.is_index(source):
        return _open_hnswlib(source, vectors, mmap, frozen, limit)
    if isinstance(source, (str, os.PathLike)):
        stack = _read(Path(source), mmap)
        frozen = True if frozen is None else frozen
    elif index_file.are_index_bytes(source) and mmap is None:
        stack = _checked(index_file.read_bytes(source), "the serialised index")
        frozen = True if frozen is None else frozen
    elif mmap is not None:
        raise ValueError(f"mmap says how a file is opened, but source is {type(source).__name__}")
    else:
        index = index_inside(source)
        stack = unwrap(index)
        _admit(stack)
        stack = replace(stack, owners=owners_of(index))
    return _opened(stack, vectors, limit, frozen=bool(frozen))


def open_ivf(source: Any, *, vectors: Any = None) -> IvfIndex:
    """Open an index as ``open_index`` does, or take an opened one, for what needs inverted lists.

    Raises
    ------
    UnsupportedIndexError
        If it has none.
    """
    is_open = isinstance(source, (IvfIndex, GraphIndex, FlatIndex))
    opened = source if is_open else open_index(source, vectors=vectors)
    if isinstance(opened, FlatIndex):
        raise UnsupportedIndexError(
            f"index must be a Faiss IVF index here, got {opened.family}: a flat index has no clusters; "
            "open_index(index) traces and explains its searches"
        )
    if isinstance(opened, GraphIndex):
        raise UnsupportedIndexError(
            f"index must be a Faiss IVF index here, got {opened.family}: a graph has no clusters; "
            "open_index(index) traces and explains its searches"
        )
    return opened


def open_graph(source: Any) -> GraphIndex:
    """Open an index as ``open_index`` does, or take an opened one, for what needs a graph.

    Raises
    ------
    UnsupportedIndexError
        If it is none.
    """
    is_open = isinstance(source, (IvfIndex, GraphIndex, FlatIndex))
    opened = source if is_open else open_index(source)
    if not isinstance(opened, GraphIndex):
        raise UnsupportedIndexError(f"index must be a graph (HNSW) here, got {opened.family}")
    return opened


def _open_shards(
    source: Any,
    vectors: Any,
    frozen: bool | None,
    options: Mapping[str, Any] | None,
    cache: str | os.PathLike[str] | None,
    limit: int | None,
) -> IvfIndex:
    files = replace(
        shard_files.shard_files(source, options), cache=None if cache is None else os.fspath(cache)
    )
    stack = _admitted(join(files), files.path)
    return _opened_ivf(stack, vectors, True if frozen is None else frozen, limit)


def _opened_ivf(stack: Stack, vectors: Any, frozen: bool, limit: int | None) -> IvfIndex:
    file = InvertedFile(stack, limit)
    given = None if vectors is None else check_vectors(vectors, file)
    opened = IvfIndex(file, vectors_given=given, frozen=frozen)
    _say_what_is_wrong(opened)
    return opened


def _open_hnswlib(
    source: Any, vectors: Any, mmap: bool | None, frozen: bool | None, limit: int | None
) -> GraphIndex:
    for name, value in (("vectors", vectors), ("mmap", mmap), ("memory_limit", limit)):
        if value is not None:
            raise ValueError(
                f"{name} has no use for an hnswlib index, which is in memory and holds vectors whole"
            )
    return GraphIndex(HnswlibGraph(source), frozen=bool(frozen))


def _is_milvus(source: Any, chosen: tuple[str | None, str | None, str | None]) -> bool:
    """Return whether a database of Milvus Lite is to be opened."""
    is_path = isinstance(source, (str, os.PathLike))
    if any(part is not None for part in chosen):
        if not is_path:
            raise ValueError(
                "collection, field and segment choose in a database of Milvus Lite: source must be its path, "
                f"got {type(source).__name__}"
            )
        return True
    return is_path and is_database(Path(source))


def _opened(
    stack: Stack, vectors: Any, limit: int | None, *, frozen: bool
) -> IvfIndex | GraphIndex | FlatIndex:
    """Return the engine of an index that was taken apart."""
    if limit is not None and (graph_admission.is_graph(stack) or flat_file.is_flat(stack)):
        raise ValueError("memory_limit is for inverted lists; graphs and flat indexes are held in memory")
    if graph_admission.is_graph(stack) and stack.is_binary:
        if vectors is not None:
            raise ValueError("vectors has no use for a binary graph, which holds its vectors whole")
        return GraphIndex(BinaryGraphFile(stack), frozen=frozen)
    if graph_admission.is_graph(stack):
        graph = GraphFile(stack)
        compared = graph if graph.second_pass is None else graph.second_pass.vectors
        given = None if vectors is None else check_graph_vectors(vectors, compared)
        return GraphIndex(graph, vectors_given=given, originals=_originals(given, graph), frozen=frozen)
    if flat_file.is_flat(stack):
        flat = FlatFile(stack)
        given = None if vectors is None else check_graph_vectors(vectors, flat)
        return FlatIndex(flat, vectors_given=given, originals=_originals(given, flat), frozen=frozen)
    return _opened_ivf(stack, vectors, frozen, limit)


def _originals(given: Any, file: StoredVectors) -> Originals | None:
    """Return the vectors given, as an index compares them."""
    if given is None:
        return None
    index, chain = file.index, original_space.metric_chain(file.stack)
    return Originals(given, chain, index.metric_type, index.metric_arg, row_file(given))


def _admit(stack: Stack) -> None:
    """Raise if searches of an index cannot be traced, or not safely."""
    if graph_admission.is_graph(stack):
        graph_admission.check(stack)
    elif flat_file.is_flat(stack):
        flat_file.check(stack)
    else:
        check(stack)


def _say_what_is_wrong(opened: IvfIndex) -> None:
    """Warn of findings that make answers wrong; refuse vectors that are those of another index."""
    is_quick = opened.ntotal <= index_checks.CHECKED_AT_ONCE and not opened.on_disk
    for finding in opened.check() if is_quick else opened.findings:
        if finding.code == "vectors-unrelated":
            raise ValueError(f"{finding.sentence} {finding.remedy}")
        if finding.severity == "error":
            warnings.warn(finding.sentence, stacklevel=5)


def _read(path: Path, mmap: bool | None) -> Stack:
    """Read a file; errors name it."""
    if path.exists() and hnswlib_file.looks_like_one(path):
        raise UnsupportedIndexError(
            f"{path} looks like an index of hnswlib, which does not say how vectors are compared: open it by "
            'feder_widget.open_hnswlib(path, space="l2"), or "ip" or "cosine"'
        )
    stamp = FileStamp.of(path) if path.exists() else None
    return replace(_checked(index_file.read(path, mmap), str(path)), file=stamp)


def _checked(index: Any, name: str) -> Stack:
    """Take apart an index that was read; errors name where it came from."""
    try:
        stack = unwrap(index)
    except UnsupportedIndexError as error:
        raise UnsupportedIndexError(f"{name}: {error}") from error
    return _admitted(stack, name)


def _admitted(stack: Stack, name: str) -> Stack:
    """Check an index that was read; errors name where it came from."""
    try:
        _admit(stack)
    except InconsistentIndexError as error:
        raise IndexFileError(f"{name} is damaged: {error}") from error
    except UnsupportedIndexError as error:
        raise UnsupportedIndexError(f"{name}: {error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    index_file.complete(stack)
    return stack
