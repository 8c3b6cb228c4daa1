"""What settings name."""

from collections.abc import Callable
from pathlib import Path

import pytest

from config.settings.models import ModelsSettings
from weights import catalogue
from weights.catalogue import File, Model, known
from weights.errors import UnusableError
from weights.names import resolved


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Have models of a few bytes in the place of the published ones."""

    def put(name: str) -> Path:
        model = known(name)
        files = tuple(File(file.name, 100, None, file.mirrors, exact=False) for file in model.files)
        small = Model(model.name, model.kind, model.licence, files)
        monkeypatch.setitem(catalogue.BY_NAME, name.casefold(), small)
        folder = tmp_path / model.folder
        folder.mkdir()
        for file in files:
            (folder / file.name).write_text("x")
        return folder / files[0].name

    return put


def test_paths_and_pocket_stay_as_they_are(tmp_path: Path) -> None:
    for models in (ModelsSettings(), ModelsSettings(vqgan="/w/model.yaml", clip="/w/clip.pt", precision="float32")):
        assert resolved(models, tmp_path) == models


def test_names_become_paths(tmp_path: Path, put: Callable[[str], Path]) -> None:
    vqgan, first, second = put("imagenet-16384"), put("ViT-B/32"), put("RN50")
    models = resolved(ModelsSettings(vqgan="imagenet-16384", clip="ViT-B/32+RN50 + pocket+/w/clip.pt"), tmp_path)
    assert models.vqgan == str(vqgan)
    assert models.clip == f"{first}+{second}+pocket+/w/clip.pt"


def test_a_file_with_a_plus_in_its_name_is_one_file(tmp_path: Path) -> None:
    file = tmp_path / "a+b.pt"
    file.write_text("x")
    assert resolved(ModelsSettings(clip=str(file)), tmp_path).clip == str(file)


def test_a_yaml_in_the_home_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    models = ModelsSettings(vqgan="/w/x.ckpt", vqgan_config=Path("~/y.yaml"), clip="pocket+~/z.pt")
    found = resolved(models, tmp_path)
    assert (found.vqgan_config, found.clip) == (tmp_path / "y.yaml", f"pocket+{tmp_path / 'z.pt'}")


@pytest.mark.parametrize(
    ("setting", "name", "sentence"),
    [
        ("vqgan", "imagenet-16384", "imagenet-16384 is not here yet; fetch it with: easel models fetch imagenet-16384"),
        ("clip", "pocket+ViT-B/32", "ViT-B/32 is not here yet; fetch it with: easel models fetch ViT-B/32"),
        ("vqgan", "imagenet-16348", "models.vqgan: imagenet-16348 does not exist: put the file there, or did you mean"),
        ("clip", "ViT-B/23", "did you mean ViT-B/32"),
        ("vqgan", "ViT-B/32", "models.vqgan: ViT-B/32 is a CLIP, for models.clip."),
        ("clip", "RN50+coco", "models.clip: coco is a VQGAN, for models.vqgan."),
        (
            "clip",
            "openclip:ViT-g-14",
            "openclip:ViT-g-14 cannot be fetched by that name; easel models list shows which can.",
        ),
        ("clip", "hf-hub:a/b", "give the path of open_clip_model.safetensors, with open_clip_config.json beside it."),
        ("clip", "openclip:ViT-B-32", "fetch it with: easel models fetch ViT-B-32-laion2b"),
        ("clip", "pocket+", "models.clip: a name is missing beside a +."),
    ],
)
def test_what_cannot_be_used(
    tmp_path: Path, put: Callable[[str], Path], setting: str, name: str, sentence: str
) -> None:
    put("RN50")
    with pytest.raises(UnusableError) as refused:
        resolved(ModelsSettings.model_validate({setting: name}), tmp_path)
    assert sentence in str(refused.value)
