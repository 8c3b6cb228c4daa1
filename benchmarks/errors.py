"""What can keep a figure from being measured."""


class BenchmarkError(Exception):
    """What to measure cannot be measured here; ``str(error)`` is one sentence for a person."""
