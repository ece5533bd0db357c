"""The candidates of a search on rings of equal distance, as the view Distances shows them."""
