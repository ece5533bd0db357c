"""Stepped reads against the plain ones, for tests of every family."""

import numpy as np

from feder_widget.faiss_internals import inverted_file
from feder_widget.model.search_trace import Scan
from feder_widget.model.work_pieces import ID_WORK

PIECE = 32
"""Vectors per piece: fewer than the families' lists hold, a multiple of four as real pieces are."""


def small_pieces(monkeypatch):
    """Let a piece of every scan hold ``PIECE`` vectors."""
    monkeypatch.setattr(inverted_file, "vectors_per_piece", lambda _dim, _work: PIECE)


def assert_pieces_joined_are_the_whole_scan(opened, query):
    """For a test with ``small_pieces``."""
    guarantees, sizes = opened.guarantees, opened.list_sizes
    coarse = opened.rank(query, opened.nlist)
    pieces = list(opened.scan_steps(query, coarse.clusters, coarse.distances))
    assert_same(joined(pieces), opened.scan(query, coarse.clusters, coarse.distances))
    if not guarantees.splittable:
        assert len(pieces) == 1
        return
    seen = np.concatenate([piece.clusters for piece in pieces])
    in_several = len(seen) > len(np.unique(seen))
    assert in_several == (guarantees.sliceable and bool(sizes.max() > PIECE))
    for piece in pieces:
        assert len(piece.clusters) == 1 or sizes[piece.clusters].sum() <= PIECE
        assert len(piece.ids) <= PIECE or not guarantees.sliceable


def assert_rows_are_found_in_steps(opened, decodes):
    """Look rows up and decode them a few at a time, with ids that are not there among them."""
    file = opened.inverted_file
    ids = np.unique(np.concatenate([opened.list_ids(cluster) for cluster in range(opened.nlist)]))
    absent, ids = np.setdiff1d([-7, 10**15 + 1], ids), ids[::3]
    wanted = np.concatenate([absent, ids])
    places, held = counted(file.places_steps(wanted, None, work=40 * ID_WORK))
    for found, expected in zip(places, opened.places(wanted), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert held > 1
    if not decodes:
        return
    (vectors, known), held = counted(file.vectors_of_steps(wanted, None, work=40 * ID_WORK))
    np.testing.assert_array_equal(vectors, opened.vectors_of(wanted))
    assert not known[: len(absent)].any()
    assert held > 1
    row = int(ids[len(ids) // 2])
    found, _ = counted(opened.query_steps(row))
    np.testing.assert_array_equal(found.vector, opened.query_vector(row))
    assert found.row_id == row


def joined(pieces):
    """Return pieces as one scan, the pieces of one cluster together."""
    clusters, counts = [], []
    for piece in pieces:
        for cluster, count in zip(piece.clusters.tolist(), np.diff(piece.lims).tolist(), strict=True):
            if clusters and clusters[-1] == cluster:
                counts[-1] += count
            else:
                clusters.append(cluster)
                counts.append(count)
    ids = np.concatenate([piece.ids for piece in pieces])
    distances = np.concatenate([piece.distances for piece in pieces])
    return Scan(np.array(clusters), np.concatenate([[0], np.cumsum(counts)]), ids, distances)


def assert_same(one, other):
    np.testing.assert_array_equal(one.clusters, other.clusters)
    np.testing.assert_array_equal(one.lims, other.lims)
    np.testing.assert_array_equal(one.ids, other.ids)
    assert one.distances.dtype == other.distances.dtype
    np.testing.assert_array_equal(one.distances.view(np.int32), other.distances.view(np.int32))


def counted(steps):
    """Return the result of a stepped read, and its number of pieces."""
    held = 1
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, held
        held += 1
