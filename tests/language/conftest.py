"""Tiny language models of random weights, of official architectures, made with transformers itself."""

import json
from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.decoders import Metaspace as MetaspaceDecoder
from tokenizers.models import BPE, Unigram
from tokenizers.normalizers import NFKC
from tokenizers.pre_tokenizers import ByteLevel, Metaspace
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer, UnigramTrainer
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5ForConditionalGeneration,
)

EXAMPLES = Path(__file__).parents[1] / "texts" / "examples"
TEXT = [file.read_text("utf-8") for file in sorted(EXAMPLES.glob("*.txt"))]


def byte_level() -> Tokenizer:
    """Return what GPT-2 and BART have, learnt from the examples."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    special = ["<s>", "<pad>", "</s>"]
    trainer = BpeTrainer(
        vocab_size=600, special_tokens=special, initial_alphabet=ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(TEXT, trainer)
    return tokenizer


def make_author(folder: Path) -> Path:
    """Write a GPT-2."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=byte_level(), eos_token="</s>", pad_token="<pad>", model_max_length=512
    )
    torch.manual_seed(1)
    config = GPT2Config(
        vocab_size=len(tokenizer), n_positions=512, n_embd=32, n_layer=1, n_head=2, bos_token_id=2, eos_token_id=2
    )
    return _written(folder, tokenizer, GPT2LMHeadModel(config))


def make_bart(folder: Path) -> Path:
    """Write a BART."""
    inner = byte_level()
    inner.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[(each, inner.token_to_id(each)) for each in ("<s>", "</s>")]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>", model_max_length=256
    )
    torch.manual_seed(1)
    config = BartConfig(
        vocab_size=len(tokenizer),
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_position_embeddings=256,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=2,
        forced_eos_token_id=2,
    )
    return _written(folder, tokenizer, BartForConditionalGeneration(config))


def make_t5(folder: Path) -> Path:
    """Write a T5, whose tokens are pieces of words, and which has a token for what it does not know."""
    inner = Tokenizer(Unigram())
    inner.normalizer = NFKC()
    inner.pre_tokenizer = Metaspace()
    inner.decoder = MetaspaceDecoder()
    special = ["<pad>", "</s>", "<unk>"]
    inner.train_from_iterator(
        TEXT, UnigramTrainer(vocab_size=300, special_tokens=special, unk_token="<unk>", show_progress=False)
    )
    inner.post_processor = TemplateProcessing(single="$A </s>", special_tokens=[("</s>", inner.token_to_id("</s>"))])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="</s>", pad_token="<pad>", unk_token="<unk>", model_max_length=128
    )
    torch.manual_seed(1)
    config = T5Config(vocab_size=len(tokenizer), d_model=32, d_kv=16, d_ff=32, num_layers=1, num_heads=2)
    config.decoder_start_token_id = 0
    folder = _written(folder, tokenizer, T5ForConditionalGeneration(config))
    changed(folder, task_specific_params={"summarization": {"prefix": "summarize: "}})
    return folder


def changed(folder: Path, **fields: object) -> None:
    """Change the configuration of a model."""
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text("utf-8")), **fields}), "utf-8")


def _written(folder: Path, tokenizer: PreTrainedTokenizerFast, model: torch.nn.Module) -> Path:
    tokenizer.save_pretrained(folder)
    model.save_pretrained(folder)  # type: ignore[operator]
    return folder


@pytest.fixture(scope="session")
def summariser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a BART."""
    return make_bart(tmp_path_factory.mktemp("language") / "bart")


@pytest.fixture(scope="session")
def other_summariser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a T5."""
    return make_t5(tmp_path_factory.mktemp("language") / "t5")


@pytest.fixture(scope="session")
def author(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a GPT-2."""
    return make_author(tmp_path_factory.mktemp("language") / "author")
