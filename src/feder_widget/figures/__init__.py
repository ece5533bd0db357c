"""Figures of what the widget shows."""
