"""Tools of the project itself: none of this is installed with the package."""
