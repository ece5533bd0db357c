"""The layers around the inverted lists: transforms of vectors, maps of row ids, a re-ranking."""
