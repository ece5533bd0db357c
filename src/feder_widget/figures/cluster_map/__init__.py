"""The map of the clusters, as the view Clusters shows it."""
