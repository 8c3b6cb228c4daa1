"""Hostile input without end: `make fuzz`, and a fixed part of it in `make test`."""
