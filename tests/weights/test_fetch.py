"""Weights that somebody has already."""

import os
from pathlib import Path

import pytest

from tests.weights.conftest import CONTENT, HASTE, OTHER, Heard
from tests.weights.mirror import Mirror, cut_off, serving, status
from weights.catalogue import Model
from weights.errors import FetchError
from weights.fetch import fetch, sources


@pytest.fixture
def model() -> Model:
    known = Mirror(CONTENT)
    return Model("tiny/1", "vqgan", "MIT", (Mirror(OTHER).file(name="model.yaml"), known.file()))


def put(folder: Path, yaml: str, weights: str, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / yaml).write_bytes(OTHER)
    (folder / weights).write_bytes(content)
    return folder


async def fetched(model: Model, tmp_path: Path, source: str) -> bool:
    entry = await fetch(model, tmp_path / "models", Heard(), source=source)
    return (entry.read_bytes(), entry.with_name("model.ckpt").read_bytes()) == (OTHER, CONTENT)


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}", "file://{}/"])
@pytest.mark.parametrize("inside", ["", "tiny-1"])
async def test_from_a_folder(model: Model, tmp_path: Path, form: str, inside: str) -> None:
    put(tmp_path / "own" / inside, "model.yaml", "model.ckpt")
    assert await fetched(model, tmp_path, form.format(tmp_path / "own"))


@pytest.mark.parametrize("form", ["{}", "file://{}"])
async def test_from_a_file_with_its_yaml_beside_it(model: Model, tmp_path: Path, form: str) -> None:
    put(tmp_path / "own", "vqgan_tiny.yaml", "vqgan_tiny.ckpt")
    assert await fetched(model, tmp_path, form.format(tmp_path / "own" / "vqgan_tiny.ckpt"))


async def test_from_a_path_with_what_urls_use_otherwise(
    model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "100% #1?", "a b.yaml", "a b.ckpt")
    monkeypatch.chdir(tmp_path)
    assert await fetched(model, tmp_path, "100% #1?/a b.ckpt")


async def test_from_a_server_of_ones_own(tmp_path: Path) -> None:
    mirror = Mirror(CONTENT, [status(404)])
    model = Model("tiny", "clip", "MIT", (mirror.file(name="model.pt"),))
    async with serving(mirror):
        entry = await fetch(model, tmp_path, Heard(), source=f"{mirror.url}/weights?key=1")
    assert entry.read_bytes() == CONTENT
    assert mirror.paths == ["/weights/tiny/model.pt", "/weights/model.pt"]


async def test_a_file_of_this_machine_takes_the_place_of_what_a_mirror_began(tmp_path: Path) -> None:
    mirror = Mirror(CONTENT, [cut_off(1000), *[status(404)] * 2])
    model = Model("tiny", "clip", "MIT", (mirror.file(name="model.pt"),))
    async with serving(mirror):
        with pytest.raises(FetchError):
            await fetch(model, tmp_path, Heard(), source=mirror.url, patience=HASTE)
    (tmp_path / "own.pt").write_bytes(CONTENT)
    entry = await fetch(model, tmp_path, Heard(), source=str(tmp_path / "own.pt"))
    assert entry.read_bytes() == CONTENT


async def test_a_key_in_an_address_is_not_shown(tmp_path: Path) -> None:
    mirror, heard = Mirror(CONTENT, [cut_off(1000), *[status(404)] * 2]), Heard()
    model = Model("tiny", "clip", "MIT", (mirror.file(name="model.pt"),))
    async with serving(mirror):
        source = mirror.url.replace("://", "://me:s3cret@") + "/weights?key=s3cret"
        with pytest.raises(FetchError) as refused:
            await fetch(model, tmp_path, heard, source=source, patience=HASTE)
    assert mirror.heard[0]["Authorization"].startswith("Basic ")
    assert "s3cret" not in f"{refused.value} {heard.lines}"
    note = tmp_path / "tiny" / "model.pt.part.origin"
    assert "s3cret" in note.read_text()
    assert note.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("address", ["https://127.0.0.1:99999/", "https:///weights", "http://127.0.0.1:x/"])
async def test_what_is_no_address(tmp_path: Path, address: str) -> None:
    model = Model("tiny", "clip", "MIT", (Mirror(CONTENT).file(name="model.pt"),))
    with pytest.raises(FetchError):
        await fetch(model, tmp_path, Heard(), source=address, patience=HASTE)


async def test_another_file_is_refused(model: Model, tmp_path: Path) -> None:
    put(tmp_path / "own", "model.yaml", "model.ckpt", OTHER)
    with pytest.raises(FetchError, match=r"own/model\.ckpt has another file: its SHA-256 begins with"):
        await fetched(model, tmp_path, str(tmp_path / "own"))
    assert not (tmp_path / "models" / "tiny-1" / "model.ckpt").exists()


async def test_nothing_stays_of_another_model_whose_yaml_nobody_published_a_digest_of(tmp_path: Path) -> None:
    known = Mirror(CONTENT)
    description = Mirror(OTHER).file(name="model.yaml", sha256=None, exact=False)
    model = Model("tiny/1", "vqgan", "MIT", (description, known.file(sha256=None)))
    put(tmp_path / "own", "model.yaml", "model.ckpt", CONTENT[:-1])
    with pytest.raises(FetchError, match="299999 bytes"):
        await fetched(model, tmp_path, str(tmp_path / "own"))
    assert not (tmp_path / "models" / "tiny-1" / "model.yaml").exists()


async def test_a_file_that_was_cut_off_is_refused(model: Model, tmp_path: Path) -> None:
    put(tmp_path / "own", "model.yaml", "model.ckpt", CONTENT[:-1])
    with pytest.raises(FetchError, match=r"has 299999 bytes; it should have 300000 bytes"):
        await fetched(model, tmp_path, str(tmp_path / "own"))


async def test_what_is_not_there(model: Model, tmp_path: Path) -> None:
    with pytest.raises(FetchError, match=r"model\.yaml cannot be had: .* cannot be read: No such file"):
        await fetched(model, tmp_path, str(tmp_path / "own"))


async def test_what_is_no_file_is_not_waited_for(model: Model, tmp_path: Path) -> None:
    os.mkfifo(put(tmp_path / "own", "model.yaml", "other.ckpt") / "model.ckpt")
    with pytest.raises(FetchError, match=r"own/model\.ckpt is no file"):
        await fetched(model, tmp_path, str(tmp_path / "own"))


@pytest.mark.parametrize(
    "source", ["http://example.invalid/", "ftp://127.0.0.1/", "s3://bucket/", "~nobody-here/x", "https://["]
)
def test_places_that_are_not_taken_from(model: Model, source: str) -> None:
    with pytest.raises(FetchError):
        sources(source, model, model.files[0])


@pytest.mark.parametrize("source", ["/weights", "/weights/open_clip_model.safetensors"])
async def test_a_model_of_openclip_comes_with_its_json(tmp_path: Path, source: str) -> None:
    weights, config = Mirror(CONTENT), Mirror(OTHER)
    files = (weights.file(name="model.safetensors"), config.file(name="open_clip_config.json"))
    model = Model("tiny", "clip", "MIT", files)
    own = tmp_path / "weights"
    own.mkdir()
    (own / Path(source).with_suffix(".safetensors").name.replace("weights.", "model.")).write_bytes(CONTENT)
    (own / "open_clip_config.json").write_bytes(OTHER)
    entry = await fetch(model, tmp_path / "models", Heard(), source=f"{tmp_path}{source}")
    assert (entry.name, entry.read_bytes()) == ("model.safetensors", CONTENT)
    assert entry.with_name("open_clip_config.json").read_bytes() == OTHER
