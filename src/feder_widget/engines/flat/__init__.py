"""Flat indexes of Faiss: everything is compared."""
