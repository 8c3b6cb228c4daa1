"""Drawings on disk: drawn once, read many times."""

import json
import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap

from training.drawings import SIZE, VARIANTS, draw
from training.drawings.classes import CLASSES, draw_class

HELD_OUT = 1000  # drawings that no training sees


@dataclass(frozen=True, slots=True)
class Dataset:
    """Drawings with captions and the name of the main thing; every four in a row are variants of one seed."""

    images: np.ndarray  # uint8 [n, 128, 128, 3], on disk
    captions: list[list[str]]
    wrong: list[list[str]]  # each caption with another thing, place or colour
    subjects: list[str]

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: Sequence[int] | np.ndarray) -> torch.Tensor:
        """Pictures as floats 0 to 1, [len(indices), 3, 128, 128]."""
        pixels = np.stack([self.images[index] for index in indices])
        return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255)


def _draw(number: tuple[str, int, float]) -> tuple[np.ndarray, tuple[str, ...], tuple[str, ...], str]:
    seed, index, grid = number
    drawing = draw(f"{seed}-{index // VARIANTS}", index % VARIANTS, grid)
    return drawing.image, drawing.captions, drawing.wrong, drawing.subject


def make(
    folder: Path,
    count: int,
    seed: str,
    processes: int = 2,
    progress: Callable[[int, int], None] | None = None,
    grid: float = 0.0,
) -> None:
    """Draw `count` pictures into the folder, unless they are already there; on a grid of so many pixels, if any.

    Drawing number k comes from the seed and k alone, however many there are and however many processes draw.
    """
    done = folder / "captions.json"
    if done.exists() and len(json.loads(done.read_text())["captions"]) == count:
        return
    folder.mkdir(parents=True, exist_ok=True)
    images = open_memmap(folder / "images.npy", "w+", np.uint8, (count, SIZE, SIZE, 3))
    captions: list[tuple[str, ...]] = []
    wrong: list[tuple[str, ...]] = []
    subjects: list[str] = []
    numbers = [(seed, index, grid) for index in range(count)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for index, (image, said, twisted, subject) in enumerate(pool.imap(_draw, numbers, chunksize=64)):
            images[index] = image
            captions.append(said)
            wrong.append(twisted)
            subjects.append(subject)
            if progress and (index + 1) % 5000 == 0:
                progress(index + 1, count)
    images.flush()
    done.write_text(json.dumps({"captions": captions, "wrong": wrong, "subjects": subjects}))


def make_classes(folder: Path, count: int, seed: str, processes: int = 2) -> np.ndarray:
    """Draw `count` pictures of classes into the folder, unless they are there, and return them.

    They are uint8 [count, 64, 64, 3]; number k is of class k modulo their number.
    """
    path = folder / "classes.npy"
    if path.exists():
        kept: np.ndarray = np.load(path, mmap_mode="r")
        if len(kept) == count:
            return kept
    folder.mkdir(parents=True, exist_ok=True)
    numbers = [(seed, index) for index in range(count)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        drawn = np.stack(pool.map(_draw_class, numbers, chunksize=64))
    np.save(path, drawn)
    return drawn


def _draw_class(number: tuple[str, int]) -> np.ndarray:
    seed, index = number
    return draw_class(CLASSES[index % len(CLASSES)], f"{seed}-{index // len(CLASSES)}")


def load(folder: Path) -> Dataset:
    """Open what `make` has drawn."""
    words = json.loads((folder / "captions.json").read_text())
    images = np.load(folder / "images.npy", mmap_mode="r")
    return Dataset(images, words["captions"], words["wrong"], words["subjects"])
