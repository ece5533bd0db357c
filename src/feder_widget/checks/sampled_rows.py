"""Some stored rows, decoded: what checks of an index look at."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from feder_widget.errors import IndexChangedError
from feder_widget.faiss_internals.inverted_file import InvertedFile

SEED = 0


@dataclass(frozen=True, slots=True, eq=False)
class SampledRows:
    """Rows drawn uniformly over the stored vectors, each at most once.

    Attributes
    ----------
    ids : int64 (n,)
        Row ids, as the whole index reports them.
    vectors : float32 (n, inner dim)
        The vectors as they are stored, decoded: behind the transforms of the index. Bits are zeros and ones.
    """

    ids: npt.NDArray[np.int64]
    vectors: npt.NDArray[np.float32]


def sampled_rows(file: InvertedFile, size: int) -> SampledRows | None:
    """Draw ``size`` rows, or all where there are fewer; the same ones each time.

    Reads one list for each row at most. None where the codes of the index cannot be decoded.
    """
    if any(part.family.decode is None for part in file.parts):
        return None
    sizes = file.sizes()
    ends = np.cumsum(sizes)
    total = int(ends[-1])
    drawn = np.sort(np.random.default_rng(SEED).choice(total, min(size, total), replace=False))
    clusters = np.searchsorted(ends, drawn, side="right")
    offsets = drawn - (ends - sizes)[clusters]
    ids = [np.empty(0, np.int64)]
    vectors = [np.empty((0, file.stack.ivf.d), np.float32)]
    for cluster in np.unique(clusters).tolist():
        here = offsets[clusters == cluster]
        try:
            ids.append(file.ids(cluster, here))
        except IndexError as error:
            raise IndexChangedError(f"cluster {cluster} was changed meanwhile") from error
        vectors.append(file.decode(cluster, here))
    return SampledRows(np.concatenate(ids), np.concatenate(vectors))
