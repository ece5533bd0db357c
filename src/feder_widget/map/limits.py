"""How many clusters a map is drawn of in full."""

VERY_MANY = 1 << 15
"""Clusters beyond which t-SNE lays out a sample of them, and cells are cut rather than rounded."""

AXES_ROWS = 1 << 16
"""Centroids that the principal axes of very many are taken from."""

ANCHORS = 1 << 14
"""Centroids that t-SNE lays out of very many: a map of more looks the same and takes minutes."""
