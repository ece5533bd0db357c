"""How many rows the pictures of candidates hold, on the page and in figures."""

LINEAR_ROWS = 100_000
"""Candidates drawn at most; of more, a sample."""

AXES_ROWS = 4096
"""Candidates that the axes are fitted to."""

TURNED_LIKE = 16
"""Clusters nearest to the query, probed or not, that every picture of a search is turned to lie like."""

REFINED_ROWS = 2000
"""Candidates in the better picture: t-SNE of so many takes some two seconds on one thread."""
