"""CLIP's weights under openai-clip's names, whoever published them."""

import torch

from generation.checkpoints.state_dict import StateDict, without_prefix

OPENAI = "text_projection"
"""A tensor of openai-clip's ``CLIP``; OpenCLIP has its picture encoder and most text encoders under the same names."""
ARCHIVED = "input_resolution"
"""A tensor that is beside them in what OpenAI publishes."""
OPEN_CLIP = "text.text_projection"
"""A tensor of OpenCLIP's ``CustomTextCLIP``, which has the text encoder one level deeper."""
TRANSFORMERS = "visual_projection.weight"
"""A tensor of transformers' ``CLIPModel``."""
RENAMED = (
    ("text_model.encoder.layers.", "transformer.resblocks."),
    ("vision_model.encoder.layers.", "visual.transformer.resblocks."),
    (".layer_norm1.", ".ln_1."),
    (".layer_norm2.", ".ln_2."),
    (".self_attn.", ".attn."),
    (".mlp.fc1.", ".mlp.c_fc."),
    (".mlp.fc2.", ".mlp.c_proj."),
    ("text_model.embeddings.token_embedding.", "token_embedding."),
    ("text_model.embeddings.position_embedding.weight", "positional_embedding"),
    ("text_model.final_layer_norm.", "ln_final."),
    ("vision_model.embeddings.class_embedding", "visual.class_embedding"),
    ("vision_model.embeddings.patch_embedding.", "visual.conv1."),
    ("vision_model.embeddings.position_embedding.weight", "visual.positional_embedding"),
    ("vision_model.pre_layrnorm.", "visual.ln_pre."),
    ("vision_model.post_layernorm.", "visual.ln_post."),
)
"""What stands in transformers' names, and in openai-clip's."""
TRANSPOSED = {"visual_projection.weight": "visual.proj", "text_projection.weight": "text_projection"}
QUERY, KEY, VALUE = ".attn.q_proj.", ".attn.k_proj.", ".attn.v_proj."


def openai_names(weights: StateDict) -> tuple[StateDict, str]:
    """Return the weights of a CLIP under openai-clip's names, and by which of the three tensors it was known.

    Others may be among them.

    Raises:
        ValueError: they are of no CLIP, or of one that openai-clip cannot be.
    """
    for known, renamed in ((OPENAI, dict), (OPEN_CLIP, _of_open_clip), (TRANSFORMERS, _of_transformers)):
        found = without_prefix(weights, known)
        if not found:
            continue
        if any(name.startswith("visual.trunk.") for name in found):
            raise ValueError("its picture encoder is one of timm's, which is not read")
        return renamed(found), known
    raise ValueError(f"{OPENAI}, {OPEN_CLIP} and {TRANSFORMERS} are missing")


def _of_open_clip(weights: StateDict) -> StateDict:
    return {name.removeprefix("text."): each for name, each in weights.items()}


def _of_transformers(weights: StateDict) -> StateDict:
    found = {}
    for name, each in weights.items():
        for theirs, ours in RENAMED:
            name = name.replace(theirs, ours)
        found[name] = each
    for theirs, ours in TRANSPOSED.items():
        if theirs in found:
            if found[theirs].ndim != 2:
                raise ValueError(f"{theirs} has {found[theirs].ndim} dimensions")
            found[ours] = found.pop(theirs).T
    for name in [name for name in found if QUERY in name]:
        parts = [name, name.replace(QUERY, KEY), name.replace(QUERY, VALUE)]
        if missing := [part for part in parts if part not in found]:
            raise ValueError(f"{missing[0]} is missing")
        tensors = [found.pop(part) for part in parts]
        if len({(each.shape, each.dtype) for each in tensors}) > 1 or tensors[0].ndim == 0:
            raise ValueError(f"{parts[1]} does not fit {parts[0]}")
        found[name.replace(QUERY, ".attn.in_proj_")] = torch.cat(tensors)
    return found
