"""Trains the pocket CLIP: contrastive (Radford et al. 2021), on attacked pictures for the most part."""

import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from generation.models.precision import autocast
from generation.models.upstream import clip_model
from generation.perceptor.clip import CLIPPerceptor
from training.attack import attack, frozen_statistics
from training.chains import Chains
from training.dataset import Dataset
from training.drawings import VARIANTS
from training.loop import Training
from training.muon import MuonAdamW, split
from training.sheet import sheet
from training.synonyms import lend
from training.views import views
from training.words import CONTEXT, Words

VOCABULARY = 49408  # tokens of the official CLIP
OFFICIAL_CONTEXT = 77
CPU = torch.device("cpu")
DECAY = 0.05  # of the weights


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a CLIP with a ResNet tower, named as in openai-clip."""

    embed_dim: int = 256
    image_resolution: int = 64
    vision_layers: tuple[int, int, int, int] = (2, 2, 2, 1)
    vision_width: int = 32
    transformer_width: int = 128
    transformer_layers: int = 3

    def build(self, vocabulary: int, context: int) -> torch.nn.Module:
        """Build an untrained network of openai-clip's class."""
        network: torch.nn.Module = clip_model.CLIP(
            self.embed_dim,
            self.image_resolution,
            self.vision_layers,
            self.vision_width,
            None,
            context,
            vocabulary,
            self.transformer_width,
            self.transformer_width // 64,
            self.transformer_layers,
        )
        return network


@dataclass(frozen=True, slots=True)
class Stage:
    """What is attacked how hard, from a share of the training time on."""

    start: float
    steps: int
    radius: tuple[float, float]  # least and greatest, L2 at 64 x 64 in units of [0, 1]


STAGES = (Stage(0.0, 0, (0.0, 0.0)), Stage(0.06, 1, (0.0, 2.0)), Stage(0.3, 2, (0.4, 2.2)))
FURTHER = (Stage(0.0, 1, (0.0, 2.2)),)
"""Of a training that goes on from weights that know attacks."""
JUDGING = (Stage(0.0, 0, (0.0, 0.0)), Stage(0.1, 1, (0.0, 1.0)))
"""Of a perceptor that judges and never paints."""
PAINTED = 0.25  # paintings in progress for each drawing of a batch
STROKES = 2  # of each of them in a step
SHOWN = 36  # paintings on the sheet
AVERAGED = 0.998  # share that the running mean of the weights, which gets written, keeps of itself in a step
UNKNOWN = 0.2  # share of captions with a word that has no meaning
ALIKE = 0.5  # share of a batch that comes in fours of the same place, light and style


class CLIPTraining(Training):
    """CLIP's.

    Args:
        dataset: drawings to learn from.
        extra: captions beyond the dataset's that the vocabulary must have.
        checkpoint: file to resume from and save to.
        minutes: of training in all.
        batch: pictures per step.
        rate: highest learning rate of matrices and kernels; the other weights have half of it.
        start: finished weights to go on from, on other drawings and with new words.
        seed: of the first weights and of the order of the drawings.
        device: to train on.
        judging: train a judge, which never sees a painting.
    """

    def __init__(
        self,
        dataset: Dataset,
        extra: list[str],
        checkpoint: Path,
        minutes: float,
        batch: int = 128,
        rate: float = 1.5e-3,
        shape: Shape | None = None,
        start: Path | None = None,
        seed: int = 0,
        device: torch.device = CPU,
        judging: bool = False,
    ) -> None:
        super().__init__(checkpoint, minutes, device)
        self.shape = shape or Shape()
        self.seed = seed
        self.dataset = dataset
        self.batch = batch
        self.rate = rate
        said = [words for table in (dataset.captions, dataset.wrong) for captions in table for words in captions]
        self.words = Words([*said, *extra])
        self.caption_rows = torch.stack([self.words.rows(captions) for captions in dataset.captions])
        self.wrong_rows = torch.stack([self.words.rows(captions) for captions in dataset.wrong])
        torch.manual_seed(seed)
        self.clip = self.shape.build(len(self.words.tokens), CONTEXT)
        self.clip.visual.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it
        self.perceptor = CLIPPerceptor(self.clip).to(device)
        self.stages: tuple[Stage, ...] = JUDGING if judging else STAGES
        if start:
            self.stages = FURTHER
            self._go_on_from(start)
        self._forget_unknown()
        clip: Any = self.clip
        places = (clip.positional_embedding, clip.visual.attnpool.positional_embedding)
        tables = (*places, clip.token_embedding.weight)
        self.optimizer = MuonAdamW(*split(self.clip, tables), rate, rate / 2, DECAY)
        self.painted = 0 if judging else int(batch * PAINTED)
        self.average = {name: tensor.detach().clone() for name, tensor in self.clip.state_dict().items()}
        self.chains = Chains(6 * self.painted, self.shape.image_resolution, device)
        self.resume()

    def _go_on_from(self, path: Path) -> None:
        """Take over finished weights; words that they never met begin at random, layers beyond theirs do nothing."""
        weights = torch.load(path, weights_only=True)
        known = weights["token_embedding.weight"][self.words.tokens].float()
        fresh = self.clip.state_dict()["token_embedding.weight"]
        weights["token_embedding.weight"] = torch.where(known.any(1, keepdim=True), known, fresh)
        weights["positional_embedding"] = weights["positional_embedding"][:CONTEXT]
        own = self.clip.state_dict()
        for name in own:
            if name in weights:
                own[name] = weights[name].to(own[name].dtype)
            elif name.endswith("bn3.weight"):
                own[name] = torch.zeros_like(own[name])
        self.clip.load_state_dict(own)

    def _forget_unknown(self) -> None:
        """Take all meaning from token 0."""
        self.clip.state_dict()["token_embedding.weight"][0] = 0

    def state(self) -> dict[str, Any]:
        """Return weights, their running mean, the optimiser and the chains."""
        return {
            "clip": self.clip.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "chains": self.chains.state_dict(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        self.clip.load_state_dict(state["clip"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average = state["average"]
        self.chains.load_state_dict(state["chains"])

    def learn(self) -> float:
        """Take a step, of contrast among drawings, wrong captions and paintings; return the loss."""
        chosen, ways, fakes = self._choose()
        captions = self.caption_rows[chosen, ways]
        texts = torch.cat([captions, self.wrong_rows[chosen, ways]])
        pictures = views(self.dataset.batch(chosen).to(self.device), self.shape.image_resolution)
        tokens = unknown_words(self.words.encode(texts)).to(self.device)
        with autocast(self.device):
            text = self.clip.encode_text(tokens)  # type: ignore[operator]
        text = F.normalize(text.float(), dim=-1)
        painted = self._paint(text, fakes) if self.painted else pictures[:0]
        scale = self.clip.logit_scale.exp()  # type: ignore[operator]
        same = (captions[:, None] == texts[None]).float().to(self.device)
        stage = [stage for stage in self.stages if stage.start <= self.budget.progress][-1]
        if stage.steps:
            least, greatest = stage.radius
            radius = least + (greatest - least) * torch.rand(self.batch, 1, 1, 1, device=self.device)
            held, fixed = text.detach(), scale.detach()
            with frozen_statistics(self.clip):
                pictures = attack(pictures, radius, stage.steps, lambda x: contrast(self._see(x), held, fixed, same))
        loss = contrast(self._see(torch.cat([pictures, painted])), text, scale, same)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.clip.parameters(), 1.0)
        self.optimizer.step(self.budget.rate(self.step))
        with torch.no_grad():
            self.clip.logit_scale.clamp_(max=math.log(100))  # type: ignore[operator]
        self._forget_unknown()
        self._follow()
        return float(loss.detach())

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the average towards the weights, fast in the beginning."""
        decay = min(AVERAGED, (1 + self.step) / (10 + self.step))
        for name, tensor in self.clip.state_dict().items():
            if tensor.is_floating_point():
                self.average[name].lerp_(tensor, 1 - decay)
            else:
                self.average[name].copy_(tensor)

    def _choose(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Choose drawings and which of its captions each gets: some in fours that differ only in the thing.

        Others are those that the chains, whose numbers come last, are meant to be.
        """
        random = np.random.default_rng((1 + self.seed, self.step))
        fours = int(self.batch * ALIKE) // VARIANTS
        first = random.integers(len(self.dataset) // VARIANTS, size=fours) * VARIANTS
        alike = (first[:, None] + np.arange(VARIANTS)).ravel()
        captions = self.caption_rows.shape[1]
        fakes = self.chains.choose(self.painted, len(self.dataset), captions, random)
        rest = random.integers(len(self.dataset), size=self.batch - len(alike) - len(fakes))
        chosen = np.concatenate([self.chains.drawings[fakes], alike, rest])
        ways = random.integers(captions, size=self.batch)
        ways[: len(fakes)] = self.chains.ways[fakes]
        return chosen, ways, fakes

    def _paint(self, text: Tensor, fakes: np.ndarray) -> Tensor:
        """Advance chains, whose captions come first, and return views of them."""
        self.perceptor.eval()
        others = text.detach()
        for _ in range(STROKES):
            self.chains.advance(fakes, others[: len(fakes)], others, self.perceptor)
        self.perceptor.train()
        return views(self.chains.pictures(fakes), self.shape.image_resolution)

    def show(self) -> Image.Image | None:
        """Return the paintings that are nearest to being done, with their captions."""
        if not self.painted:
            return None
        oldest = self.chains.ages.argsort()[::-1][:SHOWN].copy()
        pixels = self.chains.pictures(oldest).mul(255).byte().permute(0, 2, 3, 1).cpu().numpy()
        numbers = zip(self.chains.drawings[oldest], self.chains.ways[oldest], strict=True)
        captions = [self.dataset.captions[drawing][way] for drawing, way in numbers]
        return sheet([np.kron(picture, np.ones((2, 2, 1), np.uint8)) for picture in pixels], captions)

    def _see(self, pictures: Tensor) -> Tensor:
        with autocast(self.device):
            return self.perceptor.encode_image(pictures.contiguous(memory_format=torch.channels_last))

    def tell(self, loss: float) -> str:
        """Return the loss."""
        return f"loss {loss:.3f}"

    def state_dict(self) -> dict[str, Tensor]:
        """Return the weights in the official shape, half precision: 77 places; 49408 tokens, unseen ones zero."""
        weights = {name: tensor.detach().cpu().clone() for name, tensor in self.average.items()}
        width = self.shape.transformer_width
        embedding = torch.zeros(VOCABULARY, width)
        embedding[self.words.tokens] = weights["token_embedding.weight"]
        lend(embedding)
        places = torch.zeros(OFFICIAL_CONTEXT, width)
        places[:CONTEXT] = weights["positional_embedding"]
        weights["token_embedding.weight"] = embedding
        weights["positional_embedding"] = places
        return {
            name: tensor.half().contiguous() if tensor.is_floating_point() else tensor
            for name, tensor in weights.items()
        }


def unknown_words(tokens: Tensor) -> Tensor:
    """Put token 0, which has no meaning, between the others of some captions, as words that CLIP never met are.

    Args:
        tokens: compact ones, 0 from the end token on, [n, context].
    """
    count, context = tokens.shape
    length = (tokens > 0).sum(1) + (tokens == 0).logical_and(tokens.cumsum(1) < tokens.sum(1, keepdim=True)).sum(1)
    chosen = (torch.rand(count) < UNKNOWN) & (length < context)
    place = 1 + (torch.rand(count) * (length - 1)).long()
    index = torch.arange(context).expand(count, -1)
    source = torch.where(index > place[:, None], index - 1, index)
    longer = tokens.gather(1, source).scatter(1, place[:, None], 0)
    return torch.where(chosen[:, None], longer, tokens)


def contrast(image: Tensor, text: Tensor, scale: Tensor, same: Tensor) -> Tensor:
    """CLIP's symmetric cross entropy; pairs with the same caption share the target.

    Args:
        image: unit vectors, of B pictures with captions and any further, that no caption means, [B + P, D].
        text: unit vectors of the pictures' captions and of any further, wrong ones, [B + W, D].
        scale: inverse temperature.
        same: 1 where a caption is the picture's own, else 0, [B, B + W].
    """
    count = len(same)
    logits = scale * image @ text.T
    own = same[:, :count]
    rows = (same / same.sum(1, keepdim=True) * logits[:count].log_softmax(1)).sum(1).mean()
    told = logits[:, :count].T.log_softmax(1)[:, :count]
    columns = (own / own.sum(1, keepdim=True) * told).sum(1).mean()
    return -(rows + columns) / 2


def write(state_dict: dict[str, Tensor], path: Path) -> None:
    """Write a state dict as `torch.save` does, but deflated: rows of zeros cost nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = path.with_suffix(".plain")
    torch.save(state_dict, plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry))
    plain.unlink()
