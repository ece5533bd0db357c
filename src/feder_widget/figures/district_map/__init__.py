"""The map of a graph, with the search on it, as the view Map shows it."""
