"""How Faiss stores a graph and searches it, step by step."""
