"""The name of an embedder, which keys the cache of its vectors: all that these depend on."""
