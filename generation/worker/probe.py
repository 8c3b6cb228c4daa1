"""Which torch there is and which GPUs it sees, in a line of JSON: ``python -m generation.worker.probe``."""

import json
import sys

import torch


def seen() -> dict[str, object]:
    """Return what torch sees; ``why`` says in a line why it does not use CUDA, or is None."""
    why = None
    if torch.version.cuda is not None and not torch.cuda.is_available():
        try:
            torch.cuda.init()
        except (RuntimeError, AssertionError) as error:
            why = " ".join(str(error).split())[:200]
    gpus = []
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        gpus.append({"name": torch.cuda.get_device_name(number), "free": free, "total": total})
    return {"torch": torch.__version__, "cuda": torch.version.cuda, "why": why, "gpus": gpus}


if __name__ == "__main__":
    json.dump(seen(), sys.stdout)
