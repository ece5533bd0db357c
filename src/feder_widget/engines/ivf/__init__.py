"""Faiss IVF indexes."""
