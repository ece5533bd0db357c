"""Checks that an opened index is what it seems; each returns findings with its evidence."""
