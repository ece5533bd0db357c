"""Sentences and numbers as figures, reports and pages write them."""
