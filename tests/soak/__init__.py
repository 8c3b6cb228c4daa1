"""Faults at random against the bot as it runs, and a look at what became of every request."""
