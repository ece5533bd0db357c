"""The picture of a search of a graph: distance against distances computed."""
