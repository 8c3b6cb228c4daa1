"""What the YAML of a VQGAN says of what small models need beside the loop: the section ``pocket``."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasPath, Field, model_validator
from pydantic_core import PydanticCustomError

from generation.checkpoints.description import VQGAN_TARGETS, Open, Strict, described
from generation.limits import Text, matching, real, whole

COMPOSER_TARGETS = ("Net2NetTransformer",)
COMPOSER_SHAPE = ("model", "params", "transformer_config", "params")
Texts = Annotated[tuple[Text, ...], Field(max_length=4096)]


class PriorSection(Strict):
    """How sketches are made, from which a painting can begin.

    Attributes:
        weights: the composer's YAML, beside that of the VQGAN.
        candidates: sketches of which the perceptor picks one.
        guidance: how far the text is followed; 1 is what was learnt, more is plainer.
        temperature: at 0 the likeliest codes are taken; 1 is what was learnt.
    """

    weights: Annotated[str, matching(r"[\w-][\w.-]*\.yaml", "the name of a .yaml beside this file")] = "sketch.yaml"
    candidates: Annotated[int, whole(1, 256)] = 8
    guidance: Annotated[float, real(0, 100)] = 3.0
    temperature: Annotated[float, real(0, 10)] = 0.9


class NegativesSection(Strict):
    """From what the perceptor has to tell a prompt apart.

    Attributes:
        distractors: texts among which it has to pick the prompt.
        nouns: of a prompt, each of these is swapped for every other one, which gives further distractors.
    """

    distractors: Annotated[Texts, Field(min_length=1)]
    nouns: Texts = ()


class PocketSection(Strict):
    """What small models need beside the loop.

    Attributes:
        prior: if the weights can sketch, how.
        negatives: if a prompt is to be told apart from others, from which.
    """

    prior: PriorSection | None = None
    negatives: NegativesSection | None = None


class PocketDescription(Open):
    """The YAML of a VQGAN, as far as it is about this."""

    pocket: PocketSection = PocketSection()


class ComposerShape(Strict):
    """taming's ``GPT``."""

    vocab_size: Annotated[int, whole(1, 1 << 20)]
    block_size: Annotated[int, whole(2, 2048)]
    n_layer: Annotated[int, whole(1, 64)]
    n_head: Annotated[int, whole(1, 64)]
    n_embd: Annotated[int, whole(1, 4096)]
    n_unmasked: Annotated[int, whole(1, 2048)]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        length = self.block_size - self.n_unmasked
        if length < 1 or int(length**0.5) ** 2 != length:
            raise PydanticCustomError("square", "should have a square of places after those of the text")
        if self.n_embd % self.n_head:
            raise PydanticCustomError("heads", "should have n_embd as a multiple of n_head")
        return self


class ComposerDescription(Open):
    """The YAML of a composer."""

    shape: Annotated[ComposerShape, Field(validation_alias=AliasPath(*COMPOSER_SHAPE))]


def describe_pocket(path: Path) -> PocketSection:
    """Read what the YAML of a VQGAN says of it.

    Raises:
        CheckpointError: it says what cannot be.
    """
    return described(path, PocketDescription, VQGAN_TARGETS, "pocket").pocket


def describe_composer(path: Path) -> ComposerShape:
    """Read the YAML of a composer.

    Raises:
        CheckpointError: it is not one.
    """
    return described(path, ComposerDescription, COMPOSER_TARGETS).shape
