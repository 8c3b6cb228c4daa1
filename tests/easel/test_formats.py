"""In which format a file is written, by its name."""

from pathlib import Path

import pytest
from PIL import Image

from easel.formats import FILM_ENDINGS, FORMATS, check_ending, film_of
from easel.results import Painting, Video
from generation.metadata import JPEG_ROOM, Metadata, Setup, encode, read
from generation.request import FILMS, ImagineRequest

SETUP = Setup("vqgan", "clip", "of both", "float32", "cpu", 2, "2.0", "0.1.0")


def painting(prompt: str = "a red apple") -> Painting:
    request = ImagineRequest("python-1", prompt, 7, 64, 48, 5)
    png = encode(Image.new("RGB", (64, 48), "red"), "PNG", Metadata(request, SETUP))
    return Painting(request, png, 1.0)


@pytest.mark.parametrize("ending", [*FORMATS, ".JPG"])
def test_a_painting_is_saved_by_the_ending_with_how_it_was_made(ending: str, tmp_path: Path) -> None:
    file, made = tmp_path / f"a.b{ending}", painting()
    made.save(str(file))
    with Image.open(file) as image:
        assert (image.format, image.size) == (FORMATS[ending.lower()], (64, 48))
    told = read(file.read_bytes())
    assert (told.request, told.setup) == (made.request.anonymous, SETUP)


def test_a_png_is_saved_as_it_is(tmp_path: Path) -> None:
    made = painting()
    made.save(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes() == made.png


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.mp4", "a.png.tiff", "jpg", "."])
def test_other_endings_are_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    sentence = f"the file should end in .png, .jpg, .jpeg or .webp, {'and . is a folder' if name == '.' else 'not as '}"
    with pytest.raises(ValueError, match=f"^{sentence}"):
        painting().save(name)
    assert not list(tmp_path.iterdir())


def test_a_prompt_for_which_a_jpeg_has_no_room_is_refused(tmp_path: Path) -> None:
    made = painting("&" * (JPEG_ROOM // 5))
    with pytest.raises(ValueError, match=r"a JPEG has no room for that long a prompt; a\.png has"):
        made.save(tmp_path / "a.jpg")
    made.save(tmp_path / "a.png")
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


@pytest.mark.parametrize("kind", FILMS)
def test_a_film_is_saved_under_its_ending_alone(kind: str, tmp_path: Path) -> None:
    for other in ({*FORMATS, *FILM_ENDINGS} - {f".{kind}"}) | {""}:
        with pytest.raises(ValueError, match=f"the file should end in .{kind}, not as "):
            Video(b"film", kind).save(tmp_path / f"a{other}")
    Video(b"film", kind).save(tmp_path / f"a.{kind.upper()}")
    assert [file.name for file in tmp_path.iterdir()] == [f"a.{kind.upper()}"]


@pytest.mark.parametrize("name", ["a.mp4", ".mp4", "a.b.MP4"])
def test_the_ending_that_is_checked_is_the_one_that_is_made(name: str) -> None:
    check_ending(Path(name), FILM_ENDINGS)
    assert film_of(Path(name)) == "mp4"


@pytest.mark.parametrize("endings", [list(FORMATS), list(FILM_ENDINGS), [".safetensors"]])
@pytest.mark.parametrize("place", [".", "/"])
def test_a_place_without_a_name_is_refused_with_a_whole_sentence(place: str, endings: list[str]) -> None:
    with pytest.raises(ValueError, match=rf"^the file should end in .*{endings[-1]}, and {place} is a folder$"):
        check_ending(Path(place), endings)
