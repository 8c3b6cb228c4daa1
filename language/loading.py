"""Language models from their folders, whole and without running anything that stands in them."""

from typing import Any

import torch
from transformers.utils import logging

from language.errors import LanguageError
from language.folder import Folder

INCOMPLETE = "is damaged: {0} is missing in its weights"

logging.set_verbosity_error()
logging.disable_progress_bar()


def loaded(network: Any, folder: Folder) -> Any:
    """Return a model in float32, in evaluation mode.

    Args:
        network: one of transformers' automatic classes.
        folder: with the model.

    Raises:
        LanguageError: weights are missing, for which transformers would draw others at random.
    """
    model, told = network.from_pretrained(
        folder.path,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        dtype=torch.float32,
        output_loading_info=True,
    )
    if missing := sorted(told["missing_keys"]):
        raise LanguageError(INCOMPLETE.format(missing[0]))
    return model.eval()
