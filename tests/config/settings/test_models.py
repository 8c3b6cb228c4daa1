"""Models by name, and what is said of one that is wrong."""

from pathlib import Path

import pytest

from config.layers import ConfigError, load
from config.settings.models import ModelSettings


def test_further_models_say_what_is_otherwise() -> None:
    models = load(
        arguments=[
            "models.vqgan=a.yaml",
            "models.vqgan_config=b.yaml",
            "models.more={faces: {vqgan: c}, sharp: {clip: d}}",
        ]
    ).models
    assert models.names == ("default", "faces", "sharp")
    assert models.named("default") == ModelSettings(vqgan="a.yaml", vqgan_config=Path("b.yaml"))
    assert models.named("faces") == ModelSettings(vqgan="c")
    assert models.named("sharp") == ModelSettings(vqgan="a.yaml", vqgan_config=Path("b.yaml"), clip="d")


def test_further_models_come_from_every_layer(tmp_path: Path) -> None:
    file = tmp_path / "easel.yaml"
    file.write_text("models: {more: {faces: {vqgan: a, precision: float32}}}", "utf-8")
    assert load(file, environment={}).models.named("faces") == ModelSettings(vqgan="a", precision="float32")
    environment = {"EASEL_MODELS__MORE": "{trees: {clip: b}}"}
    assert load(file, environment=environment).models.names == ("default", "trees"), "the later wins"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{Faces: {clip: a}}", "should have names of 1 to 32 small letters"),
        ("{default: {clip: a}}", "other than default"),
        ("{faces: {clpi: a}}", "has a key that is not known in faces.clpi"),
        ("{faces: 3}", "should have a section of its own in faces"),
        ("[faces]", "should have a section for each name"),
        ("{faces: {clip: ''}}", "should not be empty in faces.clip"),
        ("{faces: {clip: '${discord.token}'}}", "must not refer to discord.token"),
        ("{faces: {precision: fp8}}", "in faces.precision"),
    ],
)
def test_a_wrong_model_is_refused_in_a_line_that_says_where(text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        load(arguments=[f"models.more={text}", "discord.token=a-token"], environment={})
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "a-token" not in str(refusal.value)


def test_a_name_that_could_be_a_token_is_not_repeated() -> None:
    token = "MTIzNDU2Nzg5MDEyMzQ1Njc4.GAbCdE.abcdefghijklmnopqrstuvwxyz_ABCDEFGHIJ"
    for text in (f"{{{token}: {{clip: a}}}}", f"{{faces: {{{token}: a}}}}"):
        with pytest.raises(ConfigError) as refusal:
            load(arguments=[f"models.more={text}"], environment={})
        assert "MTIz" not in str(refusal.value)
