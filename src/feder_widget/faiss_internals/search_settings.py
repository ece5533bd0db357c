"""The settings of an index that change what its searches answer."""

from __future__ import annotations

from typing import Any

from feder_widget.faiss_internals.unwrap import Stack, derived

OF_LISTS = ("max_codes", "polysemous_ht", "qb")
OF_QUANTIZERS = ("nprobe", "k_factor")


def search_settings(stack: Stack) -> tuple[float, ...]:
    """Return numbers that differ once a setting does; nprobe is not among them, for every search has its own.

    ``max_codes``, ``polysemous_ht`` and ``qb`` of the lists, ``k_factor`` of an index that re-ranks, and how
    widely an approximate coarse quantizer searches.
    """
    found = [] if stack.refine is None else [float(stack.refine.k_factor)]
    for shard in stack.shards:
        found += _numbers(shard.ivf, OF_LISTS)
        quantizer = derived(shard.ivf.quantizer)
        found += _numbers(quantizer, OF_QUANTIZERS)
        found += _numbers(getattr(quantizer, "hnsw", None), ("efSearch",))
        found += _numbers(getattr(quantizer, "nsg", None), ("search_L",))
    return tuple(found)


def _numbers(holder: Any, names: tuple[str, ...]) -> list[float]:
    return [float(getattr(holder, name)) for name in names if hasattr(holder, name)]
