"""What the catalogue says."""

import ast
import importlib.util
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from weights.__main__ import table
from weights.catalogue import BY_NAME, CATALOGUE, Model, find, known, near
from weights.errors import UnknownModelError

DOCUMENT = Path(__file__).parents[2] / "docs" / "models.md"
OFFICIAL = {"RN50", "RN101", "RN50x4", "RN50x16", "RN50x64", "ViT-B/32", "ViT-B/16", "ViT-L/14", "ViT-L/14@336px"}


def of_openai() -> dict[str, str]:
    """Return the addresses that openai-clip has, read from its source: to import it takes more than is installed."""
    spec = importlib.util.find_spec("clip")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    source = Path(spec.submodule_search_locations[0], "clip.py").read_text("utf-8")
    for statement in ast.parse(source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="_MODELS")], value=value):
                found: dict[str, str] = ast.literal_eval(value)
                return found
    raise AssertionError


def test_clip_is_what_openai_publishes() -> None:
    published = of_openai()
    assert published.keys() == OFFICIAL == {model.name for model in CATALOGUE if model.files[0].name == "model.pt"}
    for name, url in published.items():
        (file,) = known(name).files
        assert file.mirrors[0] == url
        assert file.sha256 == url.split("/")[-2]
        assert file.exact


def test_vqgans() -> None:
    assert [model.name for model in CATALOGUE if model.kind == "vqgan"] == [
        *("imagenet-1024", "imagenet-16384", "openimages-8192", "coco", "faceshq"),
        *("wikiart-1024", "wikiart-16384", "sflckr"),
    ]


@pytest.mark.parametrize("model", CATALOGUE, ids=lambda model: model.name)
def test_every_model_can_be_fetched_and_kept(model: Model) -> None:
    names = [file.name for file in model.files]
    is_laions = names == ["model.safetensors", "open_clip_config.json"]
    is_biggan = names == ["model.bin", "model.json"]
    assert is_laions or is_biggan or names in (["model.yaml", "model.ckpt"], ["model.pt"])
    assert Path(model.folder).name == model.folder
    for file in model.files:
        assert file.size > 0
        assert file.sha256 is None or (len(file.sha256) == 64 and int(file.sha256, 16) >= 0)
        assert len(set(file.mirrors)) == len(file.mirrors) >= 2 - (is_laions or is_biggan)
        for url in file.mirrors:
            parts = urlsplit(url)
            assert (parts.scheme, parts.fragment) == ("https", "")
            assert parts.hostname


def test_names_and_folders_are_unique() -> None:
    assert len(BY_NAME) == sum(1 + len(model.aliases) for model in CATALOGUE)
    assert len({model.folder.casefold() for model in CATALOGUE}) == len(CATALOGUE)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("imagenet-16384", "imagenet-16384"),
        ("vqgan_imagenet_f16_16384", "imagenet-16384"),
        ("vqgan_gumbel_f8_8192", "openimages-8192"),
        ("ViT-B-32", "ViT-B/32"),
        ("vit-b/32", "ViT-B/32"),
        ("ViT-L-14-336px", "ViT-L/14@336px"),
        ("openclip:ViT-L-14", "ViT-L-14-laion2b"),
        ("laion/CLIP-ViT-H-14-laion2B-s32B-b79K", "ViT-H-14-laion2b"),
    ],
)
def test_names_of_other_tools(name: str, found: str) -> None:
    model = find(name)
    assert model is not None
    assert model.name == found


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("imagenet-16348", "did you mean imagenet-16384"),
        ("ViT-B32", "did you mean ViT-B/32"),
        ("/etc/passwd", "easel models list"),
        ("", "easel models list"),
        ("\x1b[2J", "�"),
    ],
)
def test_unknown_names(name: str, advice: str) -> None:
    with pytest.raises(UnknownModelError, match="is not in the catalogue") as refused:
        known(name)
    assert advice in str(refused.value)
    assert str(refused.value).isprintable()


def test_what_is_near() -> None:
    assert near("imagenet")[0].startswith("imagenet-")
    assert near("/home/me/weights.yaml") == []


def test_the_documentation_has_the_table_of_today() -> None:
    assert f"-->\n{table()}\n<!--" in DOCUMENT.read_text("utf-8")
