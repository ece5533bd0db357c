"""Whether the original vectors that a caller gave are the ones that the index was built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.checks.sampled_rows import sampled_rows
from feder_widget.faiss_internals.codes import encoded_and_decoded
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.finding import Finding

SAMPLE = 256
"""Rows that are compared."""

AGREEING = 0.5
"""Share of rows with the code of their own vector below which the vectors are doubted.

Of the right ones, all have it, but for codes that are searched for by chance (local search quantizers: 86 %)
and for lists that were filled by hand.
"""

CHANCE = (0.35, 0.65)
"""Mean ``likeness`` of vectors that are others: 0.5 is chance. Below, a broken code turns vectors around."""

FEW = 30
"""Rows below which chance alone can look like a relation, and its absence."""

UNLIKE = 0.5
"""Likeness below which one row is called unlike, where the others are like."""

TELLING = 0.98
"""Mean likeness of the other rows from which on the code tells vectors apart well enough to blame one."""

SCALE = 1.25
"""Factor between the lengths of the vectors from which on they are called differently scaled."""

ALIGNED = 0.98
"""Mean cosine between stored and given vectors from which on the code is not to blame for their lengths."""

UNIT = 0.01
"""How far a length may be from 1 to count as 1."""

SAME = 1e-4
"""Share of its greatest number by which a vector that is decoded twice may differ."""

MOST_IDS = 10
"""Ids in the evidence at most."""

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Stored rows beside the vectors given for them, both behind the transforms of the index.

    Attributes
    ----------
    ids : int64 (n,)
        The rows.
    agrees : bool (n,)
        The given vector, encoded by the index, is what the index holds for the row.
    likeness : float64 (n,)
        The share of the other given vectors that are no nearer to the decoded row than its own is: by L2 or
        by direction, whichever is more. 1 for the right vectors, 0.5 on average for others.
    stored_lengths, given_lengths : float64 (n,)
        L2 norms.
    scale : float
        The length of a given vector along the stored one, as a factor, the median: 1 where the code is fair.
    cosine : float
        The mean cosine between a stored vector and the given one.
    is_faithful : bool
        Whether the index compares queries with the decoded vectors, so that their lengths count.
    """

    ids: npt.NDArray[np.int64]
    agrees: npt.NDArray[np.bool_]
    likeness: npt.NDArray[np.float64]
    stored_lengths: npt.NDArray[np.float64]
    given_lengths: npt.NDArray[np.float64]
    scale: float
    cosine: float
    is_faithful: bool

    @property
    def is_related(self) -> bool:
        """Whether the vectors have to do with the rows at all."""
        low, high = CHANCE
        by_chance = low <= float(self.likeness.mean()) <= high if len(self.ids) else False
        return len(self.ids) < FEW or not self._is_doubtful or not by_chance

    @property
    def findings(self) -> list[Finding]:
        """What stands out."""
        if not self.is_related:
            return [self._unrelated()]
        return [*self._unlike_rows(), *self._lengths()]

    @property
    def _is_doubtful(self) -> bool:
        return len(self.ids) > 0 and float(self.agrees.mean()) < AGREEING

    def _unrelated(self) -> Finding:
        return Finding(
            "vectors-unrelated",
            "error",
            f"vectors= are not the vectors of this index: for {len(self.ids)} rows compared, a row's own "
            "vector is no nearer to what the index holds than the vectors of other rows are. They are in "
            "another order, or of another model.",
            {"compared": len(self.ids), "likeness": float(self.likeness.mean())},
            "Pass row i for row id i, in the order in which they were added.",
        )

    def _unlike_rows(self) -> list[Finding]:
        unlike = ~self.agrees & (self.likeness < UNLIKE)
        count = int(np.count_nonzero(unlike))
        if not count or unlike.all() or float(self.likeness[~unlike].mean()) < TELLING:
            return []
        ids = np.sort(self.ids[unlike])[:MOST_IDS].tolist()
        return [
            Finding(
                "vectors-unlike",
                "error",
                f"{count} of {len(self.ids)} rows compared {'is' if count == 1 else 'are'} unlike vectors=: "
                f"{_listed(ids, count)}. What is said of true neighbours is false for such rows.",
                {"compared": len(self.ids), "unlike": count, "ids": ids},
                "Pass the vectors as they were when these rows were added, or add the rows anew.",
            )
        ]

    def _lengths(self) -> list[Finding]:
        stored, given = self.stored_lengths, self.given_lengths
        is_unit = bool(len(stored)) and bool((np.abs(stored - 1) <= UNIT).all())
        was_unit = bool((np.abs(given - 1) <= UNIT).all())
        is_scaled = self.scale > SCALE or 0 < self.scale < 1 / SCALE
        differs = is_scaled or (is_unit and not was_unit)
        if not (self._is_doubtful and self.is_faithful and differs):
            return []
        is_certain = self.cosine >= ALIGNED
        cause = (
            "One of them may be normalised: then the true neighbours of one are not those of the other."
            if is_certain
            else "Only one of them is normalised, or the code does not keep lengths."
        )
        return [
            Finding(
                "vectors-lengths",
                "error" if is_certain else "warning",
                f"vectors= have other lengths than the vectors in the index: {_spread(given)} and "
                f"{_spread(stored)}. {cause}",
                {
                    "stored_median": float(np.median(stored)),
                    "given_median": float(np.median(given)),
                    "ids": np.sort(self.ids)[:MOST_IDS].tolist(),
                },
                "Pass the vectors as they were added, after faiss.normalize_L2(vectors) if that was done.",
            )
        ]


def compare(file: InvertedFile, vectors: npt.NDArray[Any]) -> Comparison | None:
    """Compare some stored rows with the vectors given for them; None where codes cannot be decoded.

    Parameters
    ----------
    file : InvertedFile
        The index, of vectors of numbers.
    vectors : array (n, dim)
        Row i for row id i. Rows that were added since and have none are left out, and what is not finite.
    """
    sample = sampled_rows(file, SAMPLE)
    if sample is None:
        return None
    has_vector = (sample.ids >= 0) & (sample.ids < len(vectors))
    ids, stored = sample.ids[has_vector], sample.vectors[has_vector]
    with np.errstate(over="ignore"):
        outer = np.ascontiguousarray(vectors[ids], np.float32)
    inner = [file.transform(vector) for vector in outer]
    given = np.array(inner, np.float32).reshape(stored.shape)
    is_finite = np.isfinite(given).all(axis=1) & np.isfinite(stored).all(axis=1)
    ids, stored, given = ids[is_finite], stored[is_finite], given[is_finite]
    agrees = _agrees(file, stored, given)
    held, own = stored.astype(np.float64), given.astype(np.float64)
    directions = _directions(held), _directions(own)
    likenesses = _likeness(held, own), _likeness(*directions)
    return Comparison(
        ids,
        agrees,
        max(likenesses, key=lambda likeness: float(likeness.sum())),
        np.linalg.norm(held, axis=1),
        np.linalg.norm(own, axis=1),
        _scale(held, own),
        float(np.einsum("ij,ij->i", *directions).mean()) if len(ids) else 1.0,
        file.is_faithful,
    )


def _agrees(file: InvertedFile, stored: Float32Array, given: Float32Array) -> npt.NDArray[np.bool_]:
    """Return which given vectors the index would hold as what it does hold, bool (n,)."""
    if not len(given):
        return np.empty(0, bool)
    again = encoded_and_decoded(file.stack.ivf, given)
    tolerance = SAME * np.maximum(1, np.abs(stored).max(axis=1))
    return np.asarray(np.abs(again - stored).max(axis=1) <= tolerance)


def _likeness(stored: npt.NDArray[np.float64], given: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the share of others that are no nearer than the own one, float64 (n,); 1 without others."""
    if len(stored) < 2:
        return np.ones(len(stored))
    squares = np.square(stored).sum(axis=1)[:, None] + np.square(given).sum(axis=1)[None]
    distances = np.maximum(squares - 2 * stored @ given.T, 0)
    own = np.diagonal(distances)[:, None]
    is_no_nearer = own <= distances + 1e-9 * squares
    share: npt.NDArray[np.float64] = (np.count_nonzero(is_no_nearer, axis=1) - 1) / (len(stored) - 1)
    return share


def _scale(stored: npt.NDArray[np.float64], given: npt.NDArray[np.float64]) -> float:
    squares = np.square(stored).sum(axis=1)
    has_length = squares > 0
    along = (stored * given).sum(axis=1)[has_length] / squares[has_length]
    return float(np.median(along)) if len(along) else 1.0


def _directions(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def _listed(ids: list[int], count: int) -> str:
    """Name rows: "row 7", "rows 1, 2 and others"."""
    some = ", ".join(str(row) for row in ids[:3])
    return f"row {some}" if count == 1 else f"rows {some}{' and others' if count > 3 else ''}"


def _spread(lengths: npt.NDArray[np.float64]) -> str:
    low, high = float(lengths.min()), float(lengths.max())
    return f"{low:.3g}" if high - low <= 0.005 * high else f"{low:.3g} to {high:.3g}"
