"""The conversation about a graph: what the page asks, and who answers."""
