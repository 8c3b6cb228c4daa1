"""Versions of the JSON of a request, and what earlier ones did not say."""

from collections.abc import Mapping
from typing import Any

from generation.options import PRESETS

VERSION = 6
"""Of what ``ImagineRequest.to_json`` writes."""


def brought_up(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request of any version as this one has them, without the version.

    Version 1 named no version, and had the fields up to `init`, or to `member`. Version 2 had those up to
    `outputs`, version 3 those up to `length`, version 4 those up to `chaos`. Before version 3 what was too long was
    cut. Before version 4 nothing was steered, stopped, moved or varied, and no latent was kept. Before version 5
    there were no walks, one model, and no class was named. Before version 6 walks passed no classes, no
    models painted from coarse to fine, and nothing ended because it was still.

    Args:
        fields: that may come from anybody.

    Raises:
        ValueError: they are of a later version.
    """
    version = fields.get("version", 1)
    if version not in range(1, VERSION + 1):
        raise ValueError("It is a request of a later version.")
    if version < 3:
        fields = {"long": "cut", **fields}
    if version < 6 and fields.get("grow") is None:
        quality = fields.get("quality", "normal")  # it may be anything
        fields = {**fields, "grow": next((each.grow for name, each in PRESETS.items() if name == quality), None)}
    return {name: value for name, value in fields.items() if name != "version"}
