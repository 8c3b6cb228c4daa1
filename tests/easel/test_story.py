"""A text in pictures by the command line, through a real worker."""

import io
import json
from hashlib import sha256
from pathlib import Path

import av
import pytest

from config.settings.models import ModelsSettings
from easel.captioned_film import Scene, joined
from generation.metadata import read
from tests.easel.conftest import Easel
from tests.easel.processes import finish, settings_for
from texts.page import Figure, page, vtt

TALE = "A red <fox> slept. It dreamt | of ^ a hen & a lamp --seed 9! Жила-была лиса."


def captions(film: bytes) -> list[str]:
    with av.open(io.BytesIO(film), "r") as container:
        assert [stream.type for stream in container.streams] == ["video", "subtitle"]
        packets = [bytes(packet) for packet in container.demux(container.streams.subtitles[0])]
    return [packet[2:].decode() for packet in packets if len(packet) > 2]


def test_a_text_becomes_pictures_a_film_and_a_page(tmp_path: Path, tiny_models: ModelsSettings) -> None:
    (tmp_path / "tale.txt").write_text(TALE, "utf-8")
    words = ["--style", "ink", "--seed", "7", "--size", "64x64", "--steps", "6", "--json"]
    code, out, err = finish(tmp_path, "story", "tale.txt", *words, *settings_for(tiny_models))
    assert code == 0, err
    assert json.loads(out) == {"seed": 7, "pictures": 3, "already": 0, "out": "tale-story"}
    folder = tmp_path / "tale-story"
    sentences = (folder / "story.txt").read_text("utf-8").splitlines()
    assert sentences == ["A red <fox> slept.", "It dreamt | of ^ a hen & a lamp --seed 9!", "Жила-была лиса."]
    files = sorted(folder.glob("*.png"))
    assert [file.name[:2] for file in files] == ["01", "02", "03"]
    requests = [read(file.read_bytes()).request for file in files]
    assert [request.prompt for request in requests] == [f"{sentence}, ink drawing" for sentence in sentences]
    assert [request.targets for request in requests] == [()] * 3
    assert requests[0].init_picture == ""
    held = [read(file.read_bytes()).pictures for file in files]
    assert [request.init_picture for request in requests[1:]] == [
        sha256(*each.values()).hexdigest() for each in held[1:]
    ]
    assert captions((folder / "story.mp4").read_bytes()) == sentences
    html = (folder / "index.html").read_text("utf-8")
    assert "A red &lt;fox&gt; slept." in html
    assert [html.count(f'src="{file.name}"') for file in files] == [1, 1, 1]
    goes_on_after_a_break(tmp_path, [*words, *settings_for(tiny_models)])


def goes_on_after_a_break(tmp_path: Path, words: list[str]) -> None:
    """Take away the last two of three pictures, damage the film, and have it painted again without its seed."""
    folder = tmp_path / "tale-story"
    before = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    (folder / "story.mp4").unlink()
    (folder / "parts" / "02.png").write_bytes(b"half")
    (folder / "parts" / "03.mp4").unlink()
    place = words.index("--seed")
    code, out, err = finish(tmp_path, "story", "tale.txt", *words[:place], *words[place + 2 :])
    assert code == 0, err
    assert json.loads(out) == {"seed": 7, "pictures": 3, "already": 1, "out": "tale-story"}
    after = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    assert after.keys() == before.keys()
    assert [after[name] for name in before if name.startswith("01")] == [
        before[name] for name in before if name.startswith("01")
    ]
    code, out, _ = finish(tmp_path, "story", "tale.txt", *words[:place], *words[place + 2 :])
    assert (code, json.loads(out)["already"]) == (0, 3)
    (folder / "story.json").write_text("[]", "utf-8")
    code, _, err = finish(tmp_path, "story", "tale.txt", *words[:place], *words[place + 2 :])
    assert code == 2
    assert "story.json is damaged" in " ".join(err.split())


def test_a_painter_that_encodes_no_pictures_goes_on_from_latents(tmp_path: Path) -> None:
    (tmp_path / "tale.txt").write_text("An owl slept. A frog woke.", "utf-8")
    words = ["--painter", "biggan", "--size", "64x64", "--steps", "3", "--seed", "7", "--json"]
    code, _, err = finish(tmp_path, "story", "tale.txt", *words, "executor.devices=[cpu]")
    assert code == 0, err
    first, second = (read((tmp_path / "tale-story" / "parts" / f"0{n}.png").read_bytes()).request for n in (1, 2))
    latent = (tmp_path / "tale-story" / "parts" / "01.safetensors").read_bytes()
    assert (first.init_latent, second.init_latent) == ("", sha256(latent).hexdigest())
    assert captions((tmp_path / "tale-story" / "story.mp4").read_bytes()) == ["An owl slept.", "A frog woke."]


def test_the_sentences_can_be_edited(easel: Easel, tmp_path: Path) -> None:
    (tmp_path / "tale.txt").write_text("A fox slept. A hen did not. " * 20, "utf-8")
    code, out, _ = easel("story", "tale.txt", "--sentences", "3", "--abridge-only")
    assert (code, len(out.splitlines())) == (0, 3)
    (tmp_path / "mine.txt").write_text("A cat.\n\n  A dog. It barks.\n", "utf-8")
    code, out, _ = easel("story", "--from", "mine.txt", "--abridge-only")
    assert (code, out) == (0, "A cat.\nA dog. It barks.\n")


@pytest.mark.parametrize(
    ("data", "words", "sentence"),
    [
        (b"", [], "tale.txt: there are no words in the text"),
        (b"\x89PNG\0", [], "tale.txt: the file is no text; save it as plain text in UTF-8"),
        (b"a " * 300_000, [], "tale.txt: the text has more than 100000 characters; take a part of it"),
        (b"A fox.", ["--from", "tale.txt"], "name the text, or by --from the sentences"),
        (b"A fox.", ["--style", "kitsch"], "kitsch"),
        (b"A fox.", ["--size", "9x9"], "512 pixels each, not 9x9"),
        (b"A fox.", ["--out", "tale.txt"], "tale.txt is no folder"),
        (b"A fox.", ["--sentences", "99"], "less than or equal to 16"),
    ],
)
def test_what_is_refused(easel: Easel, tmp_path: Path, data: bytes, words: list[str], sentence: str) -> None:
    (tmp_path / "tale.txt").write_bytes(data)
    code, out, err = easel("story", "tale.txt", *words)
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.replace("│", " ").split())
    assert [file.name for file in tmp_path.iterdir()] == ["tale.txt"]


def test_there_has_to_be_a_file(easel: Easel) -> None:
    assert easel("story", "none.txt")[0] == 2
    assert easel("story")[0] == 2


def test_films_of_two_sizes_are_not_joined() -> None:
    def film(side: int) -> bytes:
        buffer = io.BytesIO()
        with av.open(buffer, "w", format="mp4") as container:
            stream = container.add_stream("libx264", rate=25)
            assert isinstance(stream, av.VideoStream)
            stream.width = stream.height = side
            stream.pix_fmt = "yuv420p"
            container.mux(stream.encode(av.VideoFrame(side, side, "yuv420p")))
            container.mux(stream.encode())
        return buffer.getvalue()

    assert captions(joined([Scene(film(64), "a" * 400), Scene(film(64), "b")])) == ["a" * 400, "b"]
    with pytest.raises(ValueError, match="not all of one size"):
        joined([Scene(film(64), "a"), Scene(film(32), "b")])


def test_nothing_that_is_written_is_markup() -> None:
    html = page([Figure("<script>alert(1)</script> -->", 'a "fox" <b>', (64, 64), "01-a.png")], "story.mp4", 5.0)
    assert "<script" not in html
    assert "<b>" not in html
    assert vtt(["a", "b --> <i>"], 4000.5) == (
        "WEBVTT\n\n00:00:00.000 --> 01:06:40.500\na\n\n01:06:40.500 --> 02:13:21.000\nb --&gt; &lt;i&gt;\n"
    )
