"""From the index that a caller holds to the inverted lists inside it, layer by layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import faiss

from feder_widget.errors import UnsupportedIndexError
from feder_widget.model.file_stamp import FileStamp
from feder_widget.stores.shard_files import ShardFiles

WANTED = "a Faiss IVF or HNSW index"


@dataclass(frozen=True, slots=True, eq=False)
class Transform:
    """Vectors pass through a chain of ``faiss.VectorTransform`` before they reach the index inside."""

    chain: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class IdMap:
    """Row n of the index inside has the id ``index.id_map[n]``."""

    index: Any


@dataclass(frozen=True, slots=True, eq=False)
class Refine:
    """``index.refine_index`` compares the best candidates of the index inside once more."""

    index: Any


Layer = Transform | IdMap | Refine


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """One IVF index with the id maps around it alone, outermost first."""

    ivf: Any
    id_maps: tuple[IdMap, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """An index taken apart. Whoever holds it holds the whole index.

    Attributes
    ----------
    root : faiss.Index or faiss.IndexBinary
        The index that the caller passed. Objects inside keep no reference to it and die with it.
    layers : tuple of Layer
        From the outside in.
    shards : tuple of Shard
        The IVF indexes that are searched side by side; one where there are no shards.
    sharded : faiss.IndexShards or None
        The index that holds the shards, where there are some.
    owners : tuple
        The objects that ``root`` is a part of; see ``owners_of``.
    file : FileStamp, ShardFiles or None
        The file, or the files of shards, that ``root`` was read from.
    """

    root: Any
    layers: tuple[Layer, ...]
    shards: tuple[Shard, ...]
    sharded: Any = None
    owners: tuple[Any, ...] = ()
    file: FileStamp | ShardFiles | None = None

    @property
    def ivf(self) -> Any:
        """The only IVF index, or the first of the shards, which are alike."""
        return self.shards[0].ivf

    @property
    def core(self) -> Any:
        """The index inside all layers."""
        return self.shards[0].ivf

    @property
    def is_binary(self) -> bool:
        """True when vectors are bits."""
        return isinstance(self.root, faiss.IndexBinary)

    @property
    def chain(self) -> tuple[Any, ...]:
        """All transforms that a query passes through on its way to the inverted lists."""
        return tuple(step for layer in self.layers if isinstance(layer, Transform) for step in layer.chain)

    @property
    def refine(self) -> Any:
        """The ``faiss.IndexRefine`` among the layers, or None."""
        return next((layer.index for layer in self.layers if isinstance(layer, Refine)), None)

    @property
    def outside_refine(self) -> tuple[Layer, ...]:
        """The layers around the one that refines; all of them where none does."""
        refined = [isinstance(layer, Refine) for layer in self.layers]
        return self.layers[: refined.index(True)] if any(refined) else self.layers

    @property
    def inside_refine(self) -> tuple[Layer, ...]:
        """The layers inside the one that refines; none where none does."""
        refined = [isinstance(layer, Refine) for layer in self.layers]
        return self.layers[refined.index(True) + 1 :] if any(refined) else ()


def unwrap(source: Any) -> Stack:
    """Take an index apart.

    Raises
    ------
    UnsupportedIndexError
        If a layer around the inverted lists cannot be traced, with its class and a remedy. The IVF indexes
        themselves are not checked.
    """
    if not isinstance(source, (faiss.Index, faiss.IndexBinary)):
        raise refusal(source, "it is no faiss index")
    index = derived(source)
    layers: list[Layer] = []
    while True:
        kind = type(index).__name__
        if kind == "IndexPreTransform":
            layers.append(Transform(chain_of(index)))
            index = derived(index.index)
        elif kind in ("IndexIDMap", "IndexIDMap2", "IndexBinaryIDMap", "IndexBinaryIDMap2"):
            layers.append(IdMap(index))
            index = derived(index.index)
        elif kind in ("IndexRefine", "IndexRefineFlat"):
            if any(isinstance(layer, Refine) for layer in layers):
                raise refusal(index, "it refines what is refined already; open one of the two alone")
            layers.append(Refine(index))
            index = derived(index.base_index)
        elif kind in ("IndexShards", "IndexShardsIVF"):
            return Stack(source, tuple(layers), tuple(_shards(index)), index)
        else:
            return Stack(source, tuple(layers), (Shard(index),))


def derived(index: Any) -> Any:
    """Return an index as the class that it is, where SWIG has handed out its base class."""
    if index is None:
        raise refusal(index, "there is nothing inside")
    kind = type(index).__name__
    if kind in ("Index", "IndexIVF", "IndexTemplate"):
        return faiss.downcast_index(index)
    if kind in ("IndexBinary", "IndexBinaryIVF"):
        return faiss.downcast_IndexBinary(index)
    return index


def chain_of(index: Any) -> tuple[Any, ...]:
    """Return the transforms of a ``faiss.IndexPreTransform`` in the order in which they are applied."""
    return tuple(faiss.downcast_VectorTransform(index.chain.at(i)) for i in range(index.chain.size()))


def class_name(thing: Any) -> str:
    """Return the class of an object as a user would write it."""
    kind = type(thing)
    module = kind.__module__.partition(".")[0]
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def refusal(thing: Any, reason: str) -> UnsupportedIndexError:
    """Return the error that names an object, the index wanted instead, and the reason."""
    return UnsupportedIndexError(f"index must be {WANTED}, got {class_name(thing)}: {reason}")


def _shards(index: Any) -> list[Shard]:
    if index.count() == 0:
        raise refusal(index, "it has no shards")
    return [_shard(derived(index.at(i))) for i in range(index.count())]


def _shard(index: Any) -> Shard:
    id_maps: list[IdMap] = []
    while type(index).__name__ in ("IndexIDMap", "IndexIDMap2"):
        id_maps.append(IdMap(index))
        index = derived(index.index)
    if not isinstance(index, faiss.IndexIVF):
        raise refusal(
            index, "a shard must be an IVF index or an id map around one; put transforms around the shards"
        )
    return Shard(index, tuple(id_maps))
