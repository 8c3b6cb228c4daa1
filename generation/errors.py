"""What can go wrong with painting.

::

    GenerationError         the sentence can be shown as it is
    ├── CheckpointError     weights that are missing, damaged or of a kind that is not supported
    ├── DeviceError         a device that is not there
    ├── RequestError        a request that cannot be painted, by the fault of the one who asked
    └── WorkerError         no worker came up
"""


class GenerationError(Exception):
    """Base of all errors of this room; ``str(error)`` is one sentence for a person."""


class CheckpointError(GenerationError):
    """Weights are missing, damaged, or of a kind that is not supported."""


class DeviceError(GenerationError):
    """A configured device is not there."""


class RequestError(GenerationError):
    """The request cannot be painted, and the one who asked can change that."""


class WorkerError(GenerationError):
    """No worker process came up."""
