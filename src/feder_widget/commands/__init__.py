"""``feder-widget``: what can be done from a shell. Each command has a file."""
