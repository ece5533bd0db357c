"""Graph indexes: HNSW of Faiss."""
