"""The command: the only room that knows all the others."""
