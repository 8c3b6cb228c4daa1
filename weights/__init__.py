"""Published weights: which there are, fetching them, and whether they are whole."""
