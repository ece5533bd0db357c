"""What a search of a graph should have found, and from which efSearch it does."""
