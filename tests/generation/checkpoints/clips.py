"""Small CLIPs with random weights, and their weights under the names that others have for them."""

import torch
from torch import Tensor, nn

from generation.models.upstream import clip_model


def vision_transformer(width: int = 128, text_width: int = 128, size: int = 32, seed: int = 0) -> nn.Module:
    """Return openai-clip's, with two blocks and patches of 8 pixels."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        clip: nn.Module = clip_model.CLIP(24, size, 2, width, 8, 77, 49408, text_width, text_width // 64, 2)
    return clip.eval()


def residual_network(width: int = 16, size: int = 64, seed: int = 0) -> nn.Module:
    """Return openai-clip's, whose norms have statistics as after training."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        clip: nn.Module = clip_model.CLIP(24, size, (1, 2, 1, 1), width, None, 77, 49408, 64, 1, 1)
        for module in clip.modules():
            if isinstance(module, nn.BatchNorm2d):
                for tensor in (module.weight, module.running_var, module.running_mean, module.bias):
                    assert tensor is not None
                    nn.init.uniform_(tensor, 0.1, 1)
    return clip.eval()


def with_gelu(clip: nn.Module) -> nn.Module:
    """Let a CLIP have GELU itself in place of openai-clip's approximation."""
    for module in clip.modules():
        if isinstance(module, clip_model.ResidualAttentionBlock):
            module.mlp.gelu = nn.GELU()
    return clip


def of_open_clip(clip: nn.Module) -> dict[str, Tensor]:
    """Return the weights as OpenCLIP's ``CustomTextCLIP`` names them."""
    shared = ("visual.", "logit_scale")
    return {n if n.startswith(shared) else f"text.{n}": tensor for n, tensor in clip.state_dict().items()}


def of_transformers(clip: nn.Module) -> dict[str, Tensor]:
    """Return the weights of a vision transformer as transformers' ``CLIPModel`` names them."""
    own = clip.state_dict()
    found = {
        "logit_scale": own["logit_scale"],
        "text_projection.weight": own["text_projection"].T.contiguous(),
        "visual_projection.weight": own["visual.proj"].T.contiguous(),
        "text_model.embeddings.token_embedding.weight": own["token_embedding.weight"],
        "text_model.embeddings.position_embedding.weight": own["positional_embedding"],
        "text_model.embeddings.position_ids": torch.arange(77)[None],
        "vision_model.embeddings.class_embedding": own["visual.class_embedding"],
        "vision_model.embeddings.patch_embedding.weight": own["visual.conv1.weight"],
        "vision_model.embeddings.position_embedding.weight": own["visual.positional_embedding"],
        "vision_model.embeddings.position_ids": torch.arange(len(own["visual.positional_embedding"]))[None],
    }
    norms = {
        "text_model.final_layer_norm": "ln_final",
        "vision_model.pre_layrnorm": "visual.ln_pre",
        "vision_model.post_layernorm": "visual.ln_post",
    }
    layers = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
    for theirs, ours in (("text_model", ""), ("vision_model", "visual.")):
        for number in (0, 1):
            layer, block = f"{theirs}.encoder.layers.{number}", f"{ours}transformer.resblocks.{number}"
            parts = {**layers, "self_attn.out_proj": "attn.out_proj"}
            norms |= {f"{layer}.{name}": f"{block}.{part}" for name, part in parts.items()}
            for kind in ("weight", "bias"):
                joined = own[f"{block}.attn.in_proj_{kind}"]
                for name, part in zip("qkv", joined.chunk(3), strict=True):
                    found[f"{layer}.self_attn.{name}_proj.{kind}"] = part.contiguous()
    return found | {f"{n}.{kind}": own[f"{o}.{kind}"] for n, o in norms.items() for kind in ("weight", "bias")}
