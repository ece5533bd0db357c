"""Whether the original vectors that a caller gave are the ones that the index was built from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from feder_widget.checks.sampled_rows import sampled_rows
from feder_widget.faiss_internals.codes import unpacked
from feder_widget.faiss_internals.inverted_file import InvertedFile
from feder_widget.model.finding import Finding

SAMPLE = 256
"""Rows that are compared."""

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
        return len(self.ids) < FEW or not low <= float(self.likeness.mean()) <= high

    @property
    def findings(self) -> list[Finding]:
        """What stands out."""
        if not self.is_related:
            return [self._unrelated()]
        return [*self._unlike_rows(), *self._lengths()]

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
        unlike = self.likeness < UNLIKE
        count = int(np.count_nonzero(unlike))
        if not count or float(self.likeness[~unlike].mean()) < TELLING:
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
        if not self.is_faithful or not (is_scaled or (is_unit and not was_unit)):
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
        The index.
    vectors : array (n, dim), or uint8 (n, dim / 8) for a binary index
        Row i for row id i. Rows that were added since and have none are left out.
    """
    sample = sampled_rows(file, SAMPLE)
    if sample is None:
        return None
    has_vector = (sample.ids >= 0) & (sample.ids < len(vectors))
    ids, stored = sample.ids[has_vector], sample.vectors[has_vector].astype(np.float64)
    with np.errstate(over="ignore"):
        own = np.ascontiguousarray(vectors[ids], np.uint8 if file.stack.is_binary else np.float32)
    given = np.array([_inner(file, vector) for vector in own], np.float64).reshape(stored.shape)
    is_finite = np.isfinite(given).all(axis=1)
    ids, stored, given = ids[is_finite], stored[is_finite], given[is_finite]
    lengths, given_lengths = np.linalg.norm(stored, axis=1), np.linalg.norm(given, axis=1)
    directions = _directions(stored), _directions(given)
    likenesses = _likeness(stored, given), _likeness(*directions)
    return Comparison(
        ids,
        max(likenesses, key=lambda likeness: float(likeness.sum())),
        lengths,
        given_lengths,
        _scale(stored, given),
        float(np.einsum("ij,ij->i", *directions).mean()) if len(ids) else 1.0,
        file.is_faithful,
    )


def _inner(file: InvertedFile, vector: npt.NDArray[Any]) -> Float32Array:
    inner = file.transform(vector)
    return unpacked(inner[None])[0] if file.stack.is_binary else inner


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
