"""How hnswlib stores and searches a graph. The library itself is imported only where it searches."""
