"""What the page asks, and who answers."""
