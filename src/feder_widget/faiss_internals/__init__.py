"""How Faiss stores an index, as far as SWIG exposes it."""
