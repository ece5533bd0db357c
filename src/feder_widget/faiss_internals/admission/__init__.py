"""May this index be traced? Its kind, its parts and their sizes, before anything is read out of bounds."""
