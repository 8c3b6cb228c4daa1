"""What can be chosen about how a picture is painted, by the names that flags, requests and recipes use."""

from collections.abc import Mapping

OPTIMISERS: Mapping[str, float] = {
    "adam": 1.0,
    "adamw": 1.0,
    "radam": 5.0,
    "adamax": 1.0,
    "adamp": 1.0,
    "diffgrad": 2.0,
    "adagrad": 5.0,
    "rmsprop": 0.5,
    "sgd": 1.0,
    "normalised": 16.0,
}
"""And the learning rate with which each goes about as far as Adam, in units of Adam's."""

CUT_METHODS: Mapping[str, tuple[str, ...]] = {
    "composed": (),
    "crops": (),
    "pooled": ("affine", "perspective", "jitter", "erasing", "noise"),
}
"""And the augmentations that belong to each beside those that are part of it."""

AUGMENTATIONS = (
    "flip",
    "jitter",
    "sharpness",
    "noise",
    "heavy-noise",
    "perspective",
    "rotation",
    "affine",
    "elastic",
    "thin-plate",
    "crop",
    "resized-crop",
    "erasing",
)
