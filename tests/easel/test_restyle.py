"""Pictures and videos in the style of another picture by the command line, through a real worker."""

import asyncio
import io
from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from config.settings.models import ModelsSettings
from config.settings.painting import PaintingSettings
from easel.restyle import Video, size_for, still
from easel.video_frames import frames
from generation.decoding import decode
from generation.events import Finished
from generation.metadata import read
from generation.request import ImagineRequest
from tests.easel.conftest import Easel
from tests.easel.kept import KeptWorkers
from tests.easel.processes import settings_for

SMALL = ["--steps", "4", "--seed", "7"]


def save(file: Path, color: str, size: tuple[int, int] = (96, 64)) -> None:
    Image.new("RGB", size, color).save(file)


def film(file: Path, count: int, side: int = 64) -> None:
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        assert isinstance(stream, av.VideoStream)
        stream.width = stream.height = side
        stream.pix_fmt = "yuv420p"
        for number in range(count):
            picture = np.full((side, side, 3), 90, np.uint8)
            picture[20:40, 2 * number : 2 * number + 16] = 250
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())


async def test_a_picture(tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    save(tmp_path / "me.png", "red")
    save(tmp_path / "ink.png", "green")
    words = ["me.png", "--like", "ink.png:0.5", "--out", "out.png", "--size", "64x64", *SMALL]
    code, out, err = await asyncio.to_thread(kept.finish, tmp_path, "style", *words, *settings_for(tiny_models))
    assert code == 0, err
    assert out == "out.png: 1 picture, seed 7\n"
    request = read((tmp_path / "out.png").read_bytes()).request
    assert (request.init_weight, request.strength, request.shape) == (2, 1, (64, 64))
    assert request.init_picture == sha256(await decode((tmp_path / "me.png").read_bytes())).hexdigest()
    assert [target.weight for target in request.targets] == [0.5]
    code, out, err = await asyncio.to_thread(
        kept.finish, tmp_path, "imagine", "--from", "out.png", "--out", "again.png", *settings_for(tiny_models)
    )
    assert code == 0, err
    with Image.open(tmp_path / "out.png") as first, Image.open(tmp_path / "again.png") as again:
        assert first.tobytes() == again.tobytes()


def test_a_folder(tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    save(folder / "b.jpg", "red", (64, 128))
    save(folder / "a.png", "blue")
    save(folder / "a.jpg", "blue")
    (folder / "c.png").write_bytes(b"words")
    (folder / "notes.txt").write_bytes(b"words")
    save(tmp_path / "ink.png", "green")
    words = [
        "in",
        "--like",
        "ink.png",
        "--words",
        "ink",
        "--out",
        "out",
        *SMALL,
        "painting.width=64",
        "painting.height=64",
    ]
    code, out, err = kept.finish(tmp_path, "style", *words, *settings_for(tiny_models))
    assert (code, out) == (1, "out: 3 pictures, seed 7\n"), err
    assert "in/c.png" in err
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.jpg.png", "a.png.png", "b.png"]


def test_a_video(tmp_path: Path, tiny_models: ModelsSettings, kept: KeptWorkers) -> None:
    film(tmp_path / "clip.mp4", 6)
    save(tmp_path / "ink.png", "green")
    words = ["clip.mp4", "--like", "ink.png", "--out", "out.mp4", "--fps", "5", "--size", "64x64", *SMALL]
    code, out, err = kept.finish(tmp_path, "style", *words, *settings_for(tiny_models))
    assert (code, out) == (0, "out.mp4: 3 pictures, seed 7\n"), err
    with av.open(str(tmp_path / "out.mp4"), "r") as container:
        stream = container.streams.video[0]
        assert (stream.frames, stream.average_rate) == (3, Fraction(5))


def test_what_stands_still_is_painted_once() -> None:
    """What is painted is another colour each time, and only what has moved shows that."""
    contents = []
    for number in range(3):
        picture = np.full((64, 64, 3), 90, np.uint8)
        picture[20:40, 16 * number : 16 * number + 16] = 250
        contents.append(Image.fromarray(picture))
    pictures: dict[str, bytes] = {}
    video = Video(contents, ImagineRequest("1", "a", 7, 64, 64, 10), pictures)
    requests = video.requests()
    request = next(requests)
    for color in ("red", "green", "blue"):
        assert pictures.keys() == {request.init_picture}
        buffer = io.BytesIO()
        Image.new("RGB", (64, 64), color).save(buffer, "PNG")
        try:
            request = requests.send(Finished("1", buffer.getvalue(), 1.0))
        except StopIteration:
            break
    painted = [np.asarray(Image.open(io.BytesIO(png))) for png in video.painted]
    assert [tuple(picture[60, 60]) for picture in painted] == [(255, 0, 0)] * 3
    assert [tuple(picture[30, 24]) for picture in painted] == [(255, 0, 0), (0, 128, 0), (0, 0, 255)]
    with Image.open(io.BytesIO(pictures[request.init_picture])) as begin:
        assert begin.getpixel((60, 60)) == (255, 0, 0)
        assert begin.getpixel((40, 30)) == (250, 250, 250)


def test_noise_is_no_movement() -> None:
    noise = np.random.default_rng(7).normal(0, 3, (64, 64, 3)).astype(np.float32)
    assert still(np.full((64, 64, 3), 90, np.float32), 90 + noise).min() > 0.9
    assert still(np.full((64, 64, 3), 90, np.float32), np.full((64, 64, 3), 150, np.float32)).max() == 0


def test_sizes_keep_the_shape() -> None:
    painting = PaintingSettings(width=128, height=128)
    sizes = [size_for(Image.new("RGB", size), painting) for size in ((1600, 1000), (100, 100), (9, 900))]
    assert sizes == [(128, 80), (128, 128), (64, 128)]


def test_frames_at_a_rate(tmp_path: Path) -> None:
    film(tmp_path / "clip.mp4", 10)
    assert [len([*frames(tmp_path / "clip.mp4", fps)]) for fps in (10, 5, 3)] == [10, 5, 3]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["none.png", "--like", "me.png", "--out", "o.png"], "none.png: No such file"),
        (["me.png", "--like", "none.png", "--out", "o.png"], "none.png: No such file"),
        (["me.png", "--like", "bad.png", "--out", "o.png"], "bad.png"),
        (["me.png", "--like", "me.png", "--out", "o.txt"], "should end in"),
        (["me.png", "--like", "me.png", "--out", "o.png", "--strength", "7"], "strength"),
        (["empty", "--like", "me.png", "--out", "o"], "no picture in the folder"),
        (["bad.mp4", "--like", "me.png", "--out", "o.mp4"], "bad.mp4 is no video that can be read"),
        (["none.mp4", "--like", "me.png", "--out", "o.mp4"], "none.mp4: No such file"),
        (["long.mp4", "--like", "me.png", "--out", "o.mp4"], "301 frames; 300 are possible"),
        (["clip.mp4", "--like", "me.png", "--out", "o.png"], "should end in"),
        (["me.png", "--like", "me.png", "--out", "me.png"], "me.png would be lost"),
        (["full", "--like", "me.png", "--out", "./full"], "full/a.png would be lost"),
        (["clip.mp4", "--like", "me.png", "--out", "clip.mp4"], "clip.mp4 would be lost"),
        (["me.png", "--like", "me.png", "--out", "o.png", "--fps", "8"], "--fps is about a video, and me.png is none"),
        (["me.png", "--like", "me.png", "--out", "o.png", "--painter", "neural-style"], "with models.vgg=FILE"),
        (["full", "--like", "me.png", "--out", "o", "--fps", "8"], "--fps is about a video, and full is none"),
    ],
)
def test_what_is_refused(easel: Easel, tmp_path: Path, words: list[str], sentence: str) -> None:
    save(tmp_path / "me.png", "red")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    save(tmp_path / "full" / "a.png", "red")
    for name in ("bad.png", "bad.mp4"):
        (tmp_path / name).write_bytes(b"words")
    film(tmp_path / "clip.mp4", 2)
    if "long.mp4" in words:
        film(tmp_path / "long.mp4", 301, 16)
    code, out, err = easel("style", *words)
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.replace("│", " ").split())
