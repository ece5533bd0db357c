"""One search as plain data: NumPy only."""
