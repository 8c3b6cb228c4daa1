from typing import Any

import torch

from generation.pocket.composer import Composer, _Memory, _sample, finish

WORDS, LENGTH = 5, 16


def make_composer() -> Composer:
    torch.manual_seed(0)
    composer = Composer(8, 12, WORDS + LENGTH, n_layer=2, n_head=2, n_embd=16, n_unmasked=WORDS).eval()
    for parameter in composer.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return composer.requires_grad_(False)


def test_a_code_follows_from_the_text_and_the_codes_before_it() -> None:
    composer = make_composer()
    text, codes = torch.randn(2, WORDS, 8), torch.randint(12, (2, LENGTH))
    logits = composer(text, codes)
    assert logits.shape == (2, LENGTH, 12)
    later = codes.clone()
    later[:, 7] = (later[:, 7] + 1) % 12
    changed = (composer(text, later) - logits).abs().amax((0, 2)) > 1e-6
    assert not changed[:8].any()
    assert changed[8:].all()
    assert ((composer(text + 1, codes) - logits).abs().amax((0, 2)) > 1e-6).all()


def test_reading_everything_once_gives_what_reading_it_anew_gives() -> None:
    composer = make_composer()
    text, codes = torch.randn(3, WORDS, 8), torch.randint(12, (3, LENGTH))
    transformer: Any = composer.transformer
    memory = _Memory(transformer, 3, torch.device("cpu"))
    read = [memory.read(composer.condition(text))]
    for place in range(LENGTH - 1):
        read.append(memory.read(transformer.tok_emb(codes[:, place])[:, None]))
    assert torch.allclose(torch.stack(read, 1), composer(text, codes), atol=1e-5)


def test_the_likeliest_codes_are_what_it_writes_at_temperature_0() -> None:
    composer = make_composer()
    text = torch.randn(2, WORDS, 8)
    codes = finish(composer.compose(text, torch.randn(WORDS, 8), 1.0, 0.0, torch.Generator()))
    assert torch.equal(composer(text, codes).argmax(2), codes)


def test_same_generator_same_codes() -> None:
    composer = make_composer()
    text, nothing = torch.randn(2, WORDS, 8), torch.zeros(WORDS, 8)
    generators = [torch.Generator().manual_seed(seed) for seed in (1, 1, 2)]
    codes = [finish(composer.compose(text, nothing, 2.0, 1.0, generator)) for generator in generators]
    assert torch.equal(codes[0], codes[1])
    assert not torch.equal(codes[0], codes[2])


def test_guidance_goes_away_from_what_follows_from_nothing() -> None:
    composer = make_composer()
    text, nothing = torch.randn(1, WORDS, 8), torch.randn(WORDS, 8)

    def first(guidance: float) -> int:
        return int(finish(composer.compose(text, nothing, guidance, 0.0, torch.Generator()))[0, 0])

    start = torch.zeros(1, LENGTH, dtype=torch.long)
    with_text, without = composer(text, start)[0, 0], composer(nothing[None], start)[0, 0]
    assert first(0.0) == int(without.argmax())
    assert first(1.0) == int(with_text.argmax())
    assert first(100.0) == int((with_text - without).argmax())


def test_codes_are_as_frequent_as_they_are_likely() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0]]).expand(3000, 3)
    chances = torch.rand(3000, generator=torch.Generator().manual_seed(0))
    counts = torch.bincount(_sample(logits, 1.0, chances), minlength=3) / 3000
    assert torch.allclose(counts, logits[0].softmax(0), atol=0.03)
    assert int(_sample(logits[:1], 1.0, torch.tensor([1 - 2**-24]))) == 2


def test_a_text_is_put_into_its_places() -> None:
    composer = make_composer()
    tokens = torch.tensor([[7, 3, 9, 0, 0, 0, 0], [7, 3, 3, 3, 3, 3, 9]])
    features = torch.arange(1, 8.0).expand(2, 7)[..., None].repeat(1, 1, 8)
    assert composer.read(features, tokens)[..., 0].tolist() == [[3, 1, 2, 0, 0], [7, 1, 2, 3, 4]]
