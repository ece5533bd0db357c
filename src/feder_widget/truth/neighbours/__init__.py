"""The true neighbours of queries: found among all vectors, kept, and checked against what they are of."""
