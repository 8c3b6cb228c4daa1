"""RequestState, from a request to a picture. Nothing in here knows of Discord."""
