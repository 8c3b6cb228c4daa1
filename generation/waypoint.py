"""What a walk passes."""

from dataclasses import dataclass

from generation.fields import STRICT, Classes, Digest, Seed, Text

MOST_WAYPOINTS = 16
"""Pictures that a walk passes."""


@dataclass(frozen=True, slots=True)
class Waypoint:
    """A picture that a walk passes: painted for it, drawn of classes, or there already.

    Args:
        prompt: what to paint, one plain text; ``""`` where nothing is painted.
        seed: with which it is painted or drawn; None for the request's.
        latent: SHA-256 of the file of a latent, see ``generation.latents``, of the picture that is there.
        picture: SHA-256 of an encoded picture, in hexadecimal, whose latent is computed.
        classes: of a BigGAN's, by their names, and how much of each, of which it is drawn without being painted on.
    """

    __pydantic_config__ = STRICT

    prompt: Text = ""
    seed: Seed | None = None
    latent: Digest = ""
    picture: Digest = ""
    classes: Classes = ()
