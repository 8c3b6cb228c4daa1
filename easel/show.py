"""How a file was made, told on the command line."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from config.settings import Settings
from easel.again import command, read_either
from easel.picture_arguments import options_for
from easel.steering import arguments


def show(path: Path, settings: Settings, *, as_json: bool) -> None:
    """Print the command line that made a file, and on standard error what else there is to know.

    Args:
        path: of the file.
        settings: whose limits hold, and what is painted with where nothing is named.
        as_json: in one line of JSON: command, request, setup, pictures, missing, and latent where it is one.

    Raises:
        MetadataError: it does not say.
    """
    metadata, latent = read_either(path)
    line = command(path, metadata, settings.painting, settings.models)
    missing = sorted(metadata.request.pictures - metadata.pictures.keys())
    if as_json:
        told = {"command": line, **json.loads(metadata.note), "pictures": sorted(metadata.pictures), "missing": missing}
        print(json.dumps(told | ({} if latent is None else {"latent": asdict(latent)})))
        return
    print(line)
    if latent is not None:
        numbers = "×".join(map(str, latent.sizes))
        of = f"{numbers} numbers, from which a picture of {latent.width}×{latent.height} is decoded"
        print(f"It is a latent: {of}. --init-latent begins from it.", file=sys.stderr)
    setup = metadata.setup
    if setup is not None:
        on = f"{setup.device}, {setup.threads} threads" if setup.device == "cpu" else setup.device
        on += f" ({setup.reproducible})" if setup.reproducible else ""
        by = f"by Easel {setup.easel} with torch {setup.torch}"
        print(f"Painted with {setup.vqgan} and {setup.clip} in {setup.precision} on {on}, {by}.", file=sys.stderr)
    if metadata.request.steering:
        said = "; ".join(f"at step {each}" for each in arguments(metadata.request.steering))
        print(f"Steered {said}.", file=sys.stderr)
    if missing:
        kind = "picture" if metadata.request.latents.isdisjoint(missing) else "file"
        which = f"{len(missing)} {kind}s" if len(missing) > 1 else f"a {kind}"
        text = f"It was painted from {which} that this one does not hold, of SHA-256 {', '.join(missing)}."
        print(f"{text} Give it to {options_for(metadata.request, missing)}.", file=sys.stderr)
