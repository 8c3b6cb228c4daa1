"""CLIP's weights under the names that others have for them, and the JSON beside them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from generation.checkpoints.clip_description import MAX_BYTES
from generation.checkpoints.loader import load_clip
from generation.errors import MAX_SENTENCE, CheckpointError
from generation.models.clip_shape import CLIPShape
from generation.models.upstream import clip_model
from generation.perceptor.clip import CLIPPerceptor
from tests.generation.checkpoints.clips import of_open_clip, of_transformers, vision_transformer, with_gelu

Weights = dict[str, Tensor]
NAMES: dict[str, Callable[[nn.Module], Weights]] = {
    "openai-clip": lambda clip: dict(clip.state_dict()),
    "OpenCLIP": of_open_clip,
    "transformers": of_transformers,
}
VISION = {"image_size": 32, "layers": 2, "width": 128, "patch_size": 8}
TEXT = {"context_length": 77, "vocab_size": 49408, "width": 128, "heads": 2, "layers": 2}
OPEN_CLIP = {
    "model_cfg": {"embed_dim": 24, "vision_cfg": VISION, "text_cfg": TEXT},
    "preprocess_cfg": {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]},
}
TRANSFORMERS = {
    "architectures": ["CLIPModel"],
    "model_type": "clip",
    "text_config": {"hidden_act": "gelu", "num_attention_heads": 2, "dropout": 0.0},
    "vision_config": {"hidden_act": "gelu", "num_attention_heads": 2, "num_hidden_layers": 2},
}
BESIDE = {
    "openai-clip": ("open_clip_config.json", OPEN_CLIP),
    "OpenCLIP": ("open_clip_config.json", OPEN_CLIP),
    "transformers": ("config.json", TRANSFORMERS),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clip.safetensors"


def vectors(path: Path) -> tuple[Tensor, Tensor]:
    """Return what the CLIP of a file makes of a picture and of a text."""
    perceptor = load_clip(path)
    perceptor.freeze(torch.float32, torch.device("cpu"))
    picture = torch.rand(1, 3, 32, 32, generator=Generator().manual_seed(0))
    return perceptor.encode_image(picture), perceptor.encode_texts(["a red apple"])


def wanted(clip: Any, mean: float | None = None) -> tuple[Tensor, Tensor]:
    """Return the same of openai-clip's network; with a mean, all colours have it and a deviation of 0.5."""
    perceptor = CLIPPerceptor(clip)
    picture = torch.rand(1, 3, 32, 32, generator=Generator().manual_seed(0))
    seen = (picture - perceptor.mean) / perceptor.std if mean is None else (picture - mean) / 0.5
    with torch.no_grad():
        found = clip.encode_image(seen), clip.encode_text(perceptor.tokens("a red apple"))
    return F.normalize(found[0], dim=-1), F.normalize(found[1], dim=-1)


def close(found: tuple[Tensor, ...], right: tuple[Tensor, ...]) -> bool:
    return all(torch.allclose(a, b, atol=1e-5) for a, b in zip(found, right, strict=True))


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), "utf-8")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("prefix", ["", "module.", "model."])
@pytest.mark.parametrize("save", [save_file, torch.save])
@pytest.mark.parametrize("names", NAMES)
def test_a_clip_is_read_whatever_its_names_and_number_format(
    path: Path, names: str, save: Callable[[Weights, Path], object], prefix: str, dtype: torch.dtype
) -> None:
    clip = vision_transformer(64, 64)
    weights = {name: each.to(dtype) if each.is_floating_point() else each for name, each in NAMES[names](clip).items()}
    path = path if save is save_file else path.with_suffix(".bin")
    save({f"{prefix}{name}": each for name, each in weights.items()}, path)
    loaded = load_clip(path).clip.state_dict()
    for name, tensor in clip.state_dict().items():
        assert torch.equal(loaded[name], tensor.to(dtype).float())


@pytest.mark.parametrize("own", [False, True])
@pytest.mark.parametrize("names", NAMES)
def test_the_json_beside_it_says_that_it_has_gelu(path: Path, names: str, own: bool) -> None:
    clip = vision_transformer()
    save_file(NAMES[names](clip), path)
    assert close(vectors(path), wanted(clip))
    name, content = BESIDE[names]
    write(path.with_suffix(".json") if own else path.with_name(name), content)
    assert close(vectors(path), wanted(with_gelu(clip)))


@pytest.mark.parametrize("names", NAMES)
def test_the_json_beside_it_says_how_many_heads_it_has(path: Path, names: str) -> None:
    clip: Any = with_gelu(vision_transformer())
    save_file(NAMES[names](clip), path)
    name, content = BESIDE[names]
    content = json.loads(json.dumps(content))
    if names == "transformers":
        content["vision_config"]["num_attention_heads"] = 4
        content["text_config"]["num_attention_heads"] = 8
    else:
        content["model_cfg"]["vision_cfg"]["head_width"] = 32
        content["model_cfg"]["text_cfg"]["heads"] = 8
    write(path.with_name(name), content)
    for blocks, heads in ((clip.visual.transformer.resblocks, 4), (clip.transformer.resblocks, 8)):
        for block in blocks:
            block.attn.num_heads, block.attn.head_dim = heads, 128 // heads
    assert close(vectors(path), wanted(clip))


@pytest.mark.parametrize("names", ["OpenCLIP", "transformers"])
def test_the_json_beside_it_says_which_colours_it_knows(path: Path, names: str) -> None:
    clip = with_gelu(vision_transformer())
    save_file(NAMES[names](clip), path)
    if names == "transformers":
        write(path.with_name("config.json"), TRANSFORMERS)
        write(path.with_name("preprocessor_config.json"), {"image_mean": [0.3] * 3, "image_std": [0.5] * 3})
    else:
        pictures = {"preprocess_cfg": {"mean": [0.3] * 3, "std": [0.5] * 3, "size": [32, 32]}}
        write(path.with_name("open_clip_config.json"), OPEN_CLIP | pictures)
    assert close(vectors(path), wanted(clip, mean=0.3))


def test_openai_s_own_files_are_known_without_a_json(path: Path) -> None:
    clip = vision_transformer()
    write(path.with_name("open_clip_config.json"), OPEN_CLIP)
    save_file(dict(clip.state_dict()) | {"input_resolution": torch.tensor(32)}, path)
    assert close(vectors(path), wanted(clip))


@pytest.mark.parametrize(("width", "heads"), [(768, 12), (1024, 16), (1280, 16), (1408, 16), (1664, 16)])
def test_widths_that_only_open_clip_has_are_known(width: int, heads: int) -> None:
    with torch.device("meta"):
        clip = clip_model.CLIP(64, 28, 1, width, 14, 77, 49408, 64, 1, 1)
    shape = CLIPShape.of(clip.state_dict())
    assert (shape.vision_heads, shape.quick_gelu) == (heads, width < 1280)


def refusal(path: Path) -> str:
    """Return the one line with which a CLIP is refused."""
    with pytest.raises(CheckpointError) as caught:
        load_clip(path)
    sentence = str(caught.value)
    assert sentence.isprintable()
    assert len(sentence) <= MAX_SENTENCE
    return sentence


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"visual_projection.weight": None}, "text.text_projection and visual_projection.weight are missing"),
        ({"text_projection.weight": None}, "text_projection is missing"),
        ({"vision_model.encoder.layers.1.self_attn.k_proj.bias": None}, "1.attn.k_proj.bias is missing"),
        ({"vision_model.encoder.layers.1.self_attn.v_proj.bias": torch.ones(5)}, "does not fit"),
        ({"vision_model.encoder.layers.1.self_attn.v_proj.bias": torch.ones(64).half()}, "does not fit"),
        ({"visual_projection.weight": torch.ones(3)}, "visual_projection.weight has 1 dimensions"),
        ({"vision_model.embeddings.patch_embedding.weight": torch.ones(64)}, "too few dimensions"),
        ({"vision_model.encoder.layers.1.mlp.fc1.weight": torch.ones(64, 64)}, "is [64, 64] of"),
        ({"vision_model.encoder.layers.999.layer_norm1.weight": torch.ones(64)}, "is missing"),
        ({"text_model.final_layer_norm.weight": torch.ones(50_000)}, "transformer_width is 50000"),
        ({"text_model.embeddings.position_embedding.weight": torch.ones(50_000, 1)}, "context_length is 50000"),
    ],
)
def test_weights_that_lie_are_refused_by_name(path: Path, change: dict[str, Tensor | None], complaint: str) -> None:
    weights = of_transformers(vision_transformer(64, 64)) | change
    save_file({name: each for name, each in weights.items() if each is not None}, path)
    assert complaint in refusal(path)


def test_other_picture_encoders_are_refused(path: Path) -> None:
    weights = of_open_clip(vision_transformer(64, 64))
    save_file({name.replace("visual.", "visual.trunk."): each for name, each in weights.items()}, path)
    assert "its picture encoder is one of timm's, which is not read" in refusal(path)


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "cannot be read as JSON: EOF"),
        (DEEP, "recursion limit exceeded"),
        ('{"model_cfg": ' * 500, "recursion limit exceeded"),
        ('{"a": ' + "9" * 100_000 + "}", "cannot be"),
        (f'{{"a": "{"x" * MAX_BYTES}"}}', "has more than 128 kB"),
        ("[]", "it should be an object"),
        ('{"model_cfg": 5}', "model_cfg should be an object"),
        (OPEN_CLIP | {"model_cfg": {"multimodal_cfg": {}}}, "model_cfg.multimodal_cfg is not known"),
        ({"model_cfg": {"vision_cfg": {"timm_model_name": "x"}}}, "model_cfg.vision_cfg.timm_model_name is not known"),
        ({"model_cfg": {"text_cfg": {"hf_model_name": "x/y"}}}, "model_cfg.text_cfg.hf_model_name is not known"),
        ({"model_cfg": {"vision_cfg": {"pool_type": "avg"}}}, "model_cfg.vision_cfg.pool_type should be 'tok'"),
        ({"model_cfg": {"text_cfg": {"no_causal_mask": True}}}, "model_cfg.text_cfg.no_causal_mask should be false"),
        ({"model_cfg": {"quick_gelu": "${oc.env:HOME}"}}, "model_cfg.quick_gelu should be a valid boolean"),
        ({"model_cfg": {"vision_cfg": {"head_width": 0}}}, "should be a whole number from 8 to 1024"),
        ({"model_cfg": {"vision_cfg": {"head_width": 1000}}}, "its vision_width is 64, which 0 heads cannot share"),
        ({"model_cfg": {"text_cfg": {"heads": 3}}}, "its transformer_width is 64, which 3 heads cannot share"),
        ({"model_cfg": {}, "preprocess_cfg": {"mean": [0.5] * 4}}, "preprocess_cfg.mean should have at most 3 items"),
        ({"model_cfg": {}, "preprocess_cfg": {"std": [0.0] * 3}}, "should be a number from 0.01 to 1"),
        ('{"model_cfg": {}, "preprocess_cfg": {"mean": [NaN, NaN, NaN]}}', "preprocess_cfg.mean.0 should be a number"),
    ],
    ids=range(19),
)
def test_a_json_that_is_odd_or_describes_another_network_is_refused_by_its_key(
    path: Path, content: object, complaint: str
) -> None:
    save_file(of_open_clip(vision_transformer(64, 64)), path)
    beside = path.with_name("open_clip_config.json")
    beside.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    assert complaint in refusal(path)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"model_type": "siglip"}, "model_type should be 'clip'"),
        ({"text_config": {"hidden_act": "relu"}}, "text_config.hidden_act should be 'quick_gelu' or 'gelu'"),
        ({"text_config": {"hidden_act": "quick_gelu"}}, "hidden_act should be the same for text and pictures"),
        ({"vision_config": {"layer_norm_eps": 1e-6}}, "vision_config.layer_norm_eps should be 1e-05"),
        ({"vision_config": {"num_attention_heads": 10**30}}, "should be a whole number from 1 to 128"),
    ],
)
def test_so_is_one_of_transformers(path: Path, change: dict[str, Any], complaint: str) -> None:
    save_file(of_transformers(vision_transformer(64, 64)), path)
    write(path.with_name("config.json"), TRANSFORMERS | change)
    assert complaint in refusal(path)
