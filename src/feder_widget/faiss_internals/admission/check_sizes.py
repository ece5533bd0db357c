"""Checks of sizes that must agree between the parts of an index: a search of others reads out of bounds.

Each function takes one part and yields a sentence per misfit. A check runs only when the next sentence is
asked for, so it may rely on the checks before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from feder_widget.faiss_internals.admission import check_codecs, check_graphs
from feder_widget.faiss_internals.admission.check_codecs import Misfit, equal
from feder_widget.faiss_internals.shards.joined_lists import joined_in
from feder_widget.faiss_internals.unwrap import IdMap, Stack, Transform, chain_of, derived

MOST_REFINED = 1_000_000
"""Candidates per result that a second pass may compare."""


def misfit(stack: Stack) -> Misfit:
    """Return the first misfit in an index, or an empty string."""
    return next(_stack(stack), "")


def _stack(stack: Stack) -> Iterator[Misfit]:
    dim = stack.root.d
    for layer in stack.layers:
        if isinstance(layer, Transform):
            yield from _chain(layer.chain, dim)
            dim = layer.chain[-1].d_out if layer.chain else dim
        elif isinstance(layer, IdMap):
            yield from _id_map(layer.index)
        else:
            yield from _refine(layer.index, dim)
    for shard in stack.shards:
        for id_map in shard.id_maps:
            yield from _id_map(id_map.index)
        if isinstance(shard.ivf, faiss.Index) and not isinstance(shard.ivf, faiss.IndexIVF):
            yield from equal("dimension of the index inside", shard.ivf.d, dim)
            yield from _plain(shard.ivf)
            continue
        yield from equal("dimension of the index inside", shard.ivf.d, dim)
        if isinstance(shard.ivf, faiss.Index):
            yield from _ivf(shard.ivf)
        elif hasattr(shard.ivf, "hnsw"):
            yield from _binary_graph(shard.ivf)
        else:
            yield from _binary_ivf(shard.ivf)


def _chain(chain: tuple[Any, ...], dim: int) -> Iterator[Misfit]:
    for step in chain:
        kind = type(step).__name__
        yield from equal(f"input dimension of a {kind}", step.d_in, dim)
        yield from _transform(step)
        dim = step.d_out


def _transform(step: Any) -> Iterator[Misfit]:
    kind = type(step).__name__
    if hasattr(step, "A"):
        yield from equal(f"numbers in the matrix of a {kind}", step.A.size(), step.d_in * step.d_out)
        if step.have_bias:
            yield from equal(f"numbers in the offset of a {kind}", step.b.size(), step.d_out)
    elif kind == "RemapDimensionsTransform":
        places = faiss.vector_to_array(step.map)
        yield from equal(f"entries in the map of a {kind}", len(places), step.d_out)
        if len(places) and not -1 <= places.min() <= places.max() < step.d_in:
            yield f"the map of a {kind} names dimension {places.max()} of {step.d_in}"
    elif kind == "CenteringTransform":
        yield from equal(f"numbers in the mean of a {kind}", step.mean.size(), step.d_in)
        yield from equal(f"output dimension of a {kind}", step.d_out, step.d_in)
    elif kind == "NormalizationTransform":
        yield from equal(f"output dimension of a {kind}", step.d_out, step.d_in)
        yield from equal(f"norm of a {kind}", step.norm, 2)
    elif kind == "ITQTransform":
        yield from equal(f"numbers in the mean of an {kind}", step.mean.size(), step.d_in)
        yield from equal(f"input dimension of the matrix of an {kind}", step.pca_then_itq.d_in, step.d_in)
        yield from equal(f"output dimension of the matrix of an {kind}", step.pca_then_itq.d_out, step.d_out)
        yield from _transform(step.pca_then_itq)
    elif kind == "HadamardRotation":
        for signs in (step.signs1, step.signs2, step.signs3):
            yield from equal(f"signs of a {kind}", signs.size(), step.d_out)


def _id_map(index: Any) -> Iterator[Misfit]:
    yield from equal("number of ids in the id map", index.id_map.size(), derived(index.index).ntotal)
    yield from equal("dimension inside the id map", derived(index.index).d, index.d)


def _refine(index: Any, dim: int) -> Iterator[Misfit]:
    refining = derived(index.refine_index)
    if type(index).__name__ == "IndexRefineFlat" and not isinstance(refining, faiss.IndexFlat):
        yield f"the refining index must be flat, got {type(refining).__name__}"
        return
    if not index.k_factor <= MOST_REFINED:
        yield f"k_factor must be at most {MOST_REFINED:,}, got {index.k_factor}"
    yield from equal(
        "number of vectors in the refining index", refining.ntotal, derived(index.base_index).ntotal
    )
    yield from equal("dimension of the refining index", refining.d, dim)
    yield from _plain(refining)


def _ivf(ivf: Any) -> Iterator[Misfit]:
    """Check an IVF index of float vectors and its coarse quantizer."""
    quantizer = derived(ivf.quantizer)
    yield from equal("dimension of the coarse quantizer", quantizer.d, ivf.d)
    yield from equal("number of centroids", quantizer.ntotal, ivf.nlist)
    yield from _plain(quantizer)
    yield from _lists(ivf)
    yield from check_codecs.ivf(ivf)


def _binary_ivf(ivf: Any) -> Iterator[Misfit]:
    quantizer = derived(ivf.quantizer)
    yield from equal("bits of the coarse quantizer", quantizer.d, ivf.d)
    yield from equal("number of centroids", quantizer.ntotal, ivf.nlist)
    yield from equal("bits in the bytes of a vector", ivf.code_size * 8, ivf.d)
    if hasattr(quantizer, "hnsw"):
        yield from check_graphs.hnsw(quantizer)
        quantizer = derived(quantizer.storage)
    yield from equal("bytes of centroids", quantizer.xb.size(), ivf.nlist * ivf.code_size)
    yield from _lists(ivf)


def _binary_graph(index: Any) -> Iterator[Misfit]:
    stored = derived(index.storage)
    yield from equal("bits in the bytes of a vector", index.code_size * 8, index.d)
    yield from equal("number of vectors of a graph", stored.ntotal, index.ntotal)
    yield from equal("bits of the vectors of a graph", stored.d, index.d)
    yield from equal("bytes per vector of a graph", stored.code_size, index.code_size)
    yield from equal("bytes of vectors", stored.xb.size(), stored.ntotal * stored.code_size)
    yield from check_graphs.hnsw(index)


def _lists(ivf: Any) -> Iterator[Misfit]:
    if ivf.invlists is None:
        yield "it has no inverted lists (was it read with IO_FLAG_SKIP_IVF_DATA?)"
        return
    held: Any = faiss.downcast_InvertedLists(ivf.invlists)
    yield from equal("number of inverted lists", held.nlist, ivf.nlist)
    kind = type(held).__name__
    if kind == "BlockInvertedLists":
        yield from _blocks(ivf, held)
    else:
        yield from equal("bytes per vector in the inverted lists", held.code_size, ivf.code_size)
    if kind == "OnDiskInvertedLists" and joined_in(ivf.invlists) is None:
        yield from _on_disk(held)


def _blocks(ivf: Any, held: Any) -> Iterator[Misfit]:
    if not hasattr(ivf, "bbs"):
        yield f"the inverted lists of a {type(ivf).__name__} must not be in blocks"
        return
    packer = ivf.get_CodePacker()
    yield from equal("vectors per block", held.n_per_block, packer.nvec)
    yield from equal("bytes per block", held.block_size, packer.block_size)


def _on_disk(held: Any) -> Iterator[Misfit]:
    # Where Faiss has mapped the index file itself, it names none.
    if held.filename and (size := Path(held.filename).stat().st_size) < held.totsize:
        yield f"{held.filename} must hold {held.totsize} bytes of inverted lists, got {size}"
    per_vector = held.code_size + 8
    total = int(held.totsize)
    # Each list is a struct of three numbers; one call per list would take a second for half a million.
    rows = np.empty(3 * held.nlist, np.uint64)
    if held.nlist:
        faiss.memcpy(faiss.swig_ptr(rows), held.lists.data(), rows.nbytes)
    size, capacity, offset = rows.reshape(-1, 3).T
    is_wrong = size > capacity
    if total > 0:
        fits = capacity <= total // per_vector
        # Without a product that could wrap around.
        room = np.where(fits, total - np.where(fits, capacity, 0) * per_vector, 0)
        is_wrong |= ~fits | (offset > room)
    if is_wrong.any():
        first = int(np.argmax(is_wrong))
        yield f"list {first} of {size[first]} vectors is not within the {total} bytes of all lists"


def _plain(index: Any) -> Iterator[Misfit]:
    """Check a coarse quantizer or a refining index, and the indexes in it."""
    kind = type(index).__name__
    if isinstance(index, faiss.IndexIVF):
        yield from _ivf(index)
    elif kind == "IndexPreTransform":
        chain = chain_of(index)
        inside = derived(index.index)
        yield from _chain(chain, index.d)
        yield from equal("dimension behind the transforms", inside.d, chain[-1].d_out if chain else index.d)
        yield from equal("number of vectors behind the transforms", inside.ntotal, index.ntotal)
        yield from _plain(inside)
    elif kind in ("IndexRefine", "IndexRefineFlat"):
        yield from _refine(index, index.d)
        yield from _plain(derived(index.base_index))
    elif hasattr(index, "storage"):
        stored = derived(index.storage)
        yield from equal("number of vectors of a graph", stored.ntotal, index.ntotal)
        yield from equal("dimension of the vectors of a graph", stored.d, index.d)
        yield from check_graphs.hnsw(index) if hasattr(index, "hnsw") else check_graphs.nsg(index)
        yield from _plain(stored)
    else:
        yield from check_codecs.plain(index)
