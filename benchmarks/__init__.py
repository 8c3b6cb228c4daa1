"""Figures: each as a line of JSON, in a table, and in a plot."""
