"""How Faiss stores an index, as SWIG shows it."""
