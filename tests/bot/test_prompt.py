import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.characters import clean, is_visible
from bot.errors import PromptError
from bot.flags.flag import Available
from bot.prompt import Arguments, parse, quoted, without_command
from config.settings.painting import PaintingSettings
from generation.request import ImagineRequest
from generation.targets import Target

PAINTING = PaintingSettings(
    width=128,
    height=128,
    steps=100,
    max_side=512,
    max_steps=500,
    max_prompt_length=1000,
    preview_seconds=3.0,
)
INITS = ("sketch", "noise")
AS_USUAL = {
    "init_weight": 0.0,
    "fit": "crop",
    "attached": "start",
    "image_weight": 1.0,
    "quality": "normal",
    "canvas": "auto",
    "model": "default",
    "stop": 100,
    "chaos": 0,
    "between": 50,
    "hold": 12,
    "loop": False,
    "classes": (),
    "truncation": 1.0,
    "most_classes": None,
    "repeat": 1,
    "optimiser": "auto",
    "rate": None,
    "final_rate": None,
    "ema": None,
    "smooth": None,
    "cutouts": None,
    "cuts": "auto",
    "until_still": None,
    "cut_power": None,
    "augment": None,
    "grow": None,
    "strength": None,
    "variation": 0.0,
    "zoom": 1.0,
    "pan": (0.0, 0.0),
    "rotate": 0.0,
    "move_every": 10,
    "outputs": ("png",),
}
QUALITY = "`--quality` takes `draft` or `normal` or `better` or `best`, or how many times the steps, 0.25 to 5"
ALL = (
    "`--seed`, `--size`, `--quality`, `--steps`, `--stop`, `--chaos`, `--repeat`, `--style`, `--no`, `--video` and "
    "others"
)
USUAL = {"width": 128, "height": 128, "steps": 100, "init": "auto", "without": (), "noise": (), "long": "join"}


def cat(prompt: str = "a cat", *targets: Target, **fields: Any) -> Arguments:
    return Arguments(prompt, {**USUAL, **AS_USUAL, **fields}, targets)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a cat", cat()),
        ("  a\n\n cat\t", cat()),
        ("a cat --seed 7", cat(seed=7)),
        ("a cat --seed=7", cat(seed=7)),
        ("a cat —seed 7", cat(seed=7)),
        ("a cat –seed=7", cat(seed=7)),
        ("a cat --Seed ٧", cat(seed=7)),
        ("--seed 7 a cat", cat(seed=7)),
        ("a --seed 7 cat", cat(seed=7)),
        ("a cat --seed 0", cat(seed=0)),
        ("a cat --seed 4294967295", cat(seed=4294967295)),
        ("a cat --steps 1", cat(steps=1)),
        ("a cat --steps 500 --size 64x512", cat(steps=500, width=64, height=512)),
        ("a cat --ar 16:9", cat(width=176, height=96)),
        ("a cat —AR 2:3", cat(width=112, height=160)),
        ("a cat --size 1:8", cat(width=64, height=512)),
        ("a cat --ar16:9", cat(width=176, height=96)),
        ("a cat —ar16：9", cat(width=176, height=96)),
        ("a cat --aspect 16:9 --seed7", cat(width=176, height=96, seed=7)),
        ("a cat --w 256 --h192", cat(width=256, height=192)),
        ("a cat --seed “7”", cat(seed=7)),
        ("a cat --no “fog”, «two people»", cat(without=("fog", "two people"))),
        ("a cat --q .5", cat(quality="draft", steps=50)),
        ("a cat --q.25", cat(quality="draft", steps=50)),
        ("a cat --q 1.5", cat(quality="better", steps=150)),
        ("a cat --quality 5 --steps 30", cat(quality="best", steps=30)),
        ("a cat --stop 50 --c 20 --repeat 3", cat(stop=50, chaos=20, repeat=3)),
        ("a cat —chaos", cat("a cat —chaos")),
        ("a cat —chaos 20", cat(chaos=20)),
        ("a cat --iw .5", cat(image_weight=0.5)),
        ("a cat --style watercolor", cat("a cat, watercolor")),
        ("a cat --style Oil_Painting", cat("a cat, oil painting")),
        ("a cat --style none --no none --video none", cat()),
        (
            "hot::2 dog::-1 --style neon",
            cat("hot, neon::2.0 | dog::-1.0", Target("hot, neon", weight=2.0), Target("dog", weight=-1.0)),
        ),
        ("a cat --size 256X128", cat(width=256)),
        ("a cat --size 256×128", cat(width=256)),
        ("a cat --size 256х128", cat(width=256)),
        ("a cat --init noise", cat(init="noise")),
        ("a cat --init=Sketch", cat(init="sketch")),
        ("a cat --quality draft", cat(quality="draft", steps=50)),
        ("a cat --q Best", cat(quality="best", steps=200)),
        ("a cat --steps 77 --quality draft", cat(quality="draft", steps=77)),
        ("a cat --quality draft --steps 77", cat(quality="draft", steps=77)),
        ("a cat --optimizer AdaGrad --lr 0.5", cat(optimiser="adagrad", rate=0.5)),
        ("a cat --rate 0.0001 --final-rate 0", cat(rate=0.0001, final_rate=0.0)),
        ("a cat --ema 0.999 --tv 12.5", cat(ema=0.999, smooth=12.5)),
        ("a cat --cutouts 128 --cuts latest", cat(cutouts=128, cuts="pooled")),
        ("a cat --until-still 20", cat(until_still=20)),
        ("a cat --cuts crops --cut-power 2", cat(cuts="crops", cut_power=2.0)),
        ("a cat --augment noise,Flip,flip", cat(augment=("flip", "noise"))),
        ("a cat --aug Af,Pe,Ji,Er", cat(augment=("jitter", "perspective", "affine", "erasing"))),
        ("a cat --augment none --grow 0.6", cat(augment=(), grow=0.6)),
        ("a cat --strength 0.3 --variation 0.05", cat(strength=0.3, variation=0.05)),
        ("—strength 1 a cat", cat(strength=1.0)),
        ("a lion —strength and courage", cat("a lion —strength and courage")),
        ("—grow 0.6 a tree", cat("a tree", grow=0.6)),
        ("a seed —grow into a tree", cat("a seed —grow into a tree")),
        ("paper —cuts and scissors", cat("paper —cuts and scissors")),
        ("—best quality —smooth skin", cat("—best quality —smooth skin")),
        ("a -- cat", cat("a -- cat")),
        ("a cat --", cat("a cat --")),
        ("a cat --5 -- —", cat("a cat --5 -- —")),
        ("a house—red", cat("a house—red")),
        ("```a cat```", cat()),
        ("```text\na cat\n```", cat()),
        ("```git commit --amend```", cat("git commit --amend")),
        ("```git commit --amend``` --seed 7", cat("git commit --amend", seed=7)),
        ("--seed 7 a ```b --sise 5```c", cat("a b --sise 5 c", seed=7)),
        ("```\na cat\n--seed 7\n```", cat("a cat --seed 7")),
        ("```text\n```", cat("text")),
        ("```a cat --seed 7", cat("```a cat", seed=7)),
        ("````a ```b``` --c````", cat("a ```b``` --c")),
        ("a sign `git  --amend` --seed 7", cat("a sign `git --amend`", seed=7)),
        ("``--seed` 7`` x", cat("``--seed` 7`` x")),
        ("a castle —golden hour— by the sea", cat("a castle —golden hour— by the sea")),
        ("a king —as wise as old —fit for a throne", cat("a king —as wise as old —fit for a throne")),
        ("a king —as target —fit pad", cat("a king", attached="target", fit="pad")),
        ("a cat —init-weight 2.5 –iw=0.25", cat(init_weight=2.5, image_weight=0.25)),
        ("a cat —since 1990", cat("a cat —since 1990")),
        ("a view —steep hills", cat("a view —steep hills")),
        ("a pot —seeds and all", cat("a pot —seeds and all")),
        ("a pot —seeds", cat("a pot —seeds")),
        ("a mother —feed 7 cats", cat("a mother —feed 7 cats")),
        ("a cat –sized 64 pixels", cat("a cat –sized 64 pixels")),
        ("a cat –intro noise", cat("a cat –intro noise")),
        ("a cat —seed— 7", cat("a cat —seed— 7")),
        ("a cat —step ```5```", cat("a cat —step 5")),
        ("```a cat``` --seed 7", cat(seed=7)),
        ("--seed 7 ```--steps 5 a cat```", cat("--steps 5 a cat", seed=7)),
        ("`a cat`", cat("`a cat`")),
        ("“a cat”", cat("“a cat”")),
        ("🦊🌲👩‍👩‍👧", cat("🦊🌲👩‍👩‍👧")),
        ("منارة في عاصفة", cat("منارة في عاصفة")),
        ("a \u202ered\u2066 cat\u200f", cat("a red cat")),
        ("a\u2028cat\x85--seed\v7", cat(seed=7)),
        ("a \u200bcat\u3164\u2800\ufffc\U000e0041", cat()),
        (f"a caf{'e' + chr(0x301) * 9}", cat(f"a caf{'e' + chr(0x301) * 4}")),
        ("@everyone **bold** <@1>", cat("@everyone **bold** <@1>")),
        ("x" * 1000, cat("x" * 1000)),
        ("a cat|a dog::.5", cat("a cat|a dog::.5", Target("a cat"), Target("a dog", weight=0.5))),
        ("a cat --seed 7 ^ a dog", cat("a cat ^ a dog", Target("a cat", part=0), Target("a dog", part=1), seed=7)),
        ("a cat::1", cat()),
        ("a cat:1.5", cat("a cat:1.5", Target("a cat", weight=1.5))),
        ("| a cat |", cat()),
        ("| |", cat("| |")),
        ("```--seed``` |", cat("--seed")),
        ("```a cat | a dog::2```", cat("a cat | a dog::2")),
        ("```a cat``` | a dog", cat("a cat | a dog", Target("a cat"), Target("a dog"))),
        ("a ```b | c``` | d", cat("``` a b | c ``` | d", Target("a b | c"), Target("d"))),
        ("``` a b | c ``` | d", cat("``` a b | c ``` | d", Target("a b | c"), Target("d"))),
        ("a ```--steps 5``` | d", cat("``` a --steps 5 ``` | d", Target("a --steps 5"), Target("d"))),
        ("`a | b` at 12:30", cat("`a | b` at 12:30")),
        ("a cat --video", cat(outputs=("png", "mp4"))),
        ("--video a cat", cat(outputs=("png", "mp4"))),
        ("--video .gif a cat", cat(outputs=("png", "gif"))),
        ("--video movie poster", cat("movie poster", outputs=("png", "mp4"))),
        ("—video gif of a cat", cat("of a cat", outputs=("png", "gif"))),
        ("a cat --Video=WEBP --seed 7", cat(outputs=("png", "webp"), seed=7)),
        ("--video ```gif```", cat("gif", outputs=("png", "mp4"))),
        ("a cat --no fog", cat(without=("fog",))),
        ("a cat —no fog, two  people", cat(without=("fog", "two people"))),
        ("--no fog,rain --seed 7 a cat", cat(seed=7, without=("fog", "rain"))),
        ("--no fog ```a cat```", cat(without=("fog",))),
        ("a cat --no=fog, rain —seed=7", cat(seed=7, without=("fog", "rain"))),
        ("a cat --no fog,—sede=5,", cat(without=("fog", "sede=5"))),
        ("a cat --noise 7", cat(noise=((7, 1.0),))),
        ("a cat --noise 7:0.5, 8::-.25,9 --steps 5", cat(steps=5, noise=((7, 0.5), (8, -0.25), (9, 1.0)))),
        ("a street —noise and dust", cat("a street —noise and dust")),
        ("a cat --long Cut", cat(long="cut")),
        ("a cat —long cut", cat(long="cut")),
        ("a road —long and winding", cat("a road —long and winding")),
        ("a house —not a hut", cat("a house —not a hut")),
    ],
)
def test_is_understood(text: str, expected: Arguments) -> None:
    assert parse(text, PAINTING, Available(INITS)) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Say what to paint, for example: a lighthouse in a storm, oil painting."),
        (" \n ", "Say what to paint, for example: a lighthouse in a storm, oil painting."),
        ("\u200b\u200d", "Say what to paint, for example: a lighthouse in a storm, oil painting."),
        (
            "\u0301\u20dd \u3164\u2028\x85\v\ufe0f",
            "Say what to paint, for example: a lighthouse in a storm, oil painting.",
        ),
        ("```\u200b```", "Say what to paint, for example: a lighthouse in a storm, oil painting."),
        ("--seed 7", "Say what to paint, for example: a lighthouse in a storm, oil painting."),
        ("x" * 10_000, "The prompt has 10000 characters; 1000 are allowed."),
        ("a\0cat", "The prompt contains control characters that cannot be shown; take them out."),
        ("a\x1fcat", "The prompt contains control characters that cannot be shown; take them out."),
        ("a\ud800cat", "The prompt contains control characters that cannot be shown; take them out."),
        ("a cat --sed 7", "There is no flag `--sed`; did you mean `--seed`?"),
        ("a cat —seeed 7", "There is no flag `--seeed`; did you mean `--seed`?"),
        ("a cat —sede 7", "There is no flag `--sede`; did you mean `--seed`?"),
        ("a cat –Step=7", "There is no flag `--Step`; did you mean `--steps`?"),
        ("a cat —seed:7", "There is no flag `--seed:7`; did you mean `--seed`?"),
        ("a cat —siez 64x64", "There is no flag `--siez`; did you mean `--size`?"),
        ("a cat —inti noise", "There is no flag `--inti`; did you mean `--init`?"),
        ("a cat --quality great", f"{QUALITY}, not `great`."),
        ("a cat --q 9", f"{QUALITY}, not `9`."),
        ("a cat --q .2", f"{QUALITY}, not `.2`."),
        ("a cat --rate 0", "`--rate` takes a number from 0.0001 to 100, not `0`."),
        ("a cat --final-rate 2", "`--final-rate` takes a number from 0 to 1, not `2`."),
        ("a cat --ema 1", "`--ema` takes a number from 0 to 0.999, not `1`."),
        ("a cat --smooth ten", "`--smooth` takes a number from 0 to 1000, not `ten`."),
        ("a cat --cutouts 129", "`--cutouts` takes a whole number from 1 to 128, not `129`."),
        ("a cat --cuts 32", "`--cuts` says how it is cut; how often, `--cutouts 32` says."),
        ("a cat --cuts some", "`--cuts` takes `composed` or `crops` or `pooled`, not `some`."),
        ("a cat --cut-power 0", "`--cut-power` takes a number from 0.1 to 10, not `0`."),
        ("a cat --strength 0", "`--strength` takes a number from 0.01 to 1, not `0`."),
        ("a cat --variation 2", "`--variation` takes a number from 0 to 1, not `2`."),
        ("a cat --grow 1", "`--grow` takes a number from 0 to 0.9, not `1`."),
        (
            "a cat --augment flip,magic",
            "`--augment` takes names with commas between them, of flip, jitter, sharpness, noise, heavy-noise, "
            "perspective, rotation, affine, elastic, thin-plate, crop, resized-crop, erasing; or `none`.",
        ),
        ("a cat --foo 3", f"There is no flag `--foo`; there are {ALL}."),
        ("a cat --rep 3", "There is no flag `--rep`; did you mean `--repeat`?"),
        ("a cat --iter 5", "There is no flag `--iter`; did you mean `--iterations`?"),
        ("a cat --xyz hour", f"There is no flag `--xyz`; there are {ALL}."),
        ("a cat —seed", "`--seed` needs a value, for example `--seed 7`."),
        ("a cat --seed `7`", "`--seed` needs a value, for example `--seed 7`."),
        ("a cat --seed ```7```", "`--seed` needs a value, for example `--seed 7`."),
        ("a cat --seed \u202ex", "`--seed` takes a whole number from 0 to 4294967295, not `x`."),
        ("a cat --seed א", "`--seed` takes a whole number from 0 to 4294967295, not \u2068`א`\u2069."),
        ("a cat --seed:7", "There is no flag `--seed:7`; did you mean `--seed`?"),
        ("a cat --video avi", "`--video` takes `mp4` or `gif` or `webp` or `none`, not `avi`."),
        ("--video .MOV a cat", "`--video` takes `mp4` or `gif` or `webp` or `none`, not `mov`."),
        ("a cat —video webm", "`--video` takes `mp4` or `gif` or `webp` or `none`, not `webm`."),
        ("a cat --zzz 7", f"There is no flag `--zzz`; there are {ALL}."),
        (
            "a cat --q`@everyone`",
            f"There is no flag `--q@everyone`; there are {ALL}.",
        ),
        ("a --w 64 cat --size 128x128", "`--size` says both sides and `--w` one of them; leave one of the two out."),
        ("a cat --ar 1:1 —height 64", "`--size` says both sides and `--h` one of them; leave one of the two out."),
        ("a cat --seed 7 --seed 8", "`--seed` is there twice; give it once."),
        ("a cat --seed 7 —SEED=7", "`--seed` is there twice; give it once."),
        ("a cat --seed", "`--seed` needs a value, for example `--seed 7`."),
        ("a cat --seed=", "`--seed` needs a value, for example `--seed 7`."),
        ("a cat --size --seed 7", "`--size` needs a value, for example `--size 128x192`."),
        ("a cat --seed x", "`--seed` takes a whole number from 0 to 4294967295, not `x`."),
        ("a cat --seed 1.5", "`--seed` takes a whole number from 0 to 4294967295, not `1.5`."),
        ("a cat --seed -1", "`--seed` takes a whole number from 0 to 4294967295, not `-1`."),
        ("a cat --seed 4294967296", "`--seed` takes a whole number from 0 to 4294967295, not `4294967296`."),
        (
            f"a cat --seed {'9' * 9000}",
            f"`--seed` takes a whole number from 0 to 4294967295, not `{'9' * 39}…`.",
        ),
        ("a cat --steps 0", "`--steps` takes a whole number from 1 to 500, not `0`."),
        ("a cat --steps 501", "`--steps` takes a whole number from 1 to 500, not `501`."),
        ("a cat --init", "`--init` needs a value, for example `--init noise`."),
        ("a cat --init grey", "`--init` takes `sketch` or `noise`, what to begin from, not `grey`."),
        ("a cat --ar 1:9", "One side of a picture can be up to 8 times as long as the other."),
        ("a cat --size 0x0", "Width and height can be 64 to 512 pixels each, not `0x0`."),
        ("a cat --size 128x528", "Width and height can be 64 to 512 pixels each, not `128x528`."),
        ("a cat --size 999999999x128", "Width and height can be 64 to 512 pixels each, not `999999999x128`."),
        (
            "a cat --size 130x200",
            "Width and height must be multiples of 16; the nearest to `130x200` is `--size 128x208`.",
        ),
        (
            "a cat --size 128*128",
            "`--size` takes width and height with an x between, as in `--size 128x192`, not `128*128`.",
        ),
        ("a cat::-1", "The prompt has no text with a weight above 0; say also what to paint."),
        ("a ^ b::0 ^ c", "Part 2 of the story has no text with a weight above 0; say also what to paint."),
        ("a::1001 | b", "A weight is a number from -1000 to 1000, as in `a cat::1.5`."),
        ("a::1:6 | b", "Where a text stops is a number from -5 to 5, as in `a cat::1:0.8`."),
        (" | ".join("abcdefghijklmnopq"), "The prompt has 17 texts with | and ^ between; 16 are allowed."),
        ("a cat --no", "`--no` needs a value, for example `--no fog, people`."),
        ('a cat --no="--seed 8"', "`--no` needs a value, for example `--no fog, people`."),
        ("a cat --no ```fog```", "`--no` needs a value, for example `--no fog, people`."),
        ("a cat --no ,", "`--no` takes 1 to 16 texts with commas between them, not 0."),
        (f"a cat --no {'a,' * 17}", "`--no` takes 1 to 16 texts with commas between them, not 17."),
        (
            "a cat --no a `b`",
            "`--no` takes words with commas between them, without backticks, at most 200 characters.",
        ),
        (
            "a cat --noise loud",
            "`--noise` takes up to 16 seeds, each with its weight, as in `--noise 7:0.5`, not `loud`.",
        ),
        (
            "a cat --noise 4294967296",
            "`--noise` takes up to 16 seeds, each with its weight, as in `--noise 7:0.5`, not `4294967296`.",
        ),
        ("a cat --long it", "`--long` takes `join` or `cut`, not `it`."),
        (
            "a cat --size 128",
            "`--size` takes width and height with an x between, as in `--size 128x192`, not `128`.",
        ),
        (
            "a cat --size -128x128",
            "`--size` takes width and height with an x between, as in `--size 128x192`, not `-128x128`.",
        ),
    ],
)
def test_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(PromptError, match=f"^{re.escape(sentence)}$"):
        parse(text, PAINTING, Available(INITS))


PIECES = st.one_of(
    st.text(max_size=8),
    st.text("-—–` \ns", max_size=8),
    st.sampled_from(
        ["--seed", "—steps", "–size=", "—sede", "7", "64x64", "--init", "Noise", "--", "—golden", "```", "`", "a cat"]
    ),
    st.sampled_from(
        [
            "|",
            "^",
            "||",
            "::2",
            ":0.5",
            "::-1:-0.3",
            ":2",
            ":a:",
            "::",
            ",",
            "--no",
            "—no=",
            "—long",
            "cut",
            "--noise",
            "7:.5",
        ]
    ),
    st.sampled_from(["\u202e", "\u2069", "\u0301" * 6, "\u200d", "\u200b", "\u2028", "\U000e0067", "🏴", "א"]),
)
TEXTS = st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES, max_size=12).map(" ".join)


@given(TEXTS, st.sampled_from([(), ("noise",), INITS]))
@example("--seed 7 ```--size 64x64```", INITS)
@example("```a``` --seed=1 ```", INITS)
@example("``````a``````", INITS)
@example("```` ``` `--seed```` 7 --seed 7", INITS)
@example("a —inti ```sketch```", INITS)
def test_nothing_but_a_sentence_is_raised_and_what_is_understood_stays_so(text: str, inits: tuple[str, ...]) -> None:
    try:
        arguments = parse(text, PAINTING, Available(inits))
    except PromptError as error:
        refusal = str(error)
    else:
        refusal = ""
    assert "\n" not in refusal
    assert len(refusal) < 200
    if refusal:
        return
    assert arguments.prompt == clean(" ".join(arguments.prompt.split()))
    assert is_visible(arguments.prompt)
    assert 64 <= arguments.fields["width"] <= 512
    assert 64 <= arguments.fields["height"] <= 512
    assert 1 <= arguments.fields["steps"] <= 500
    assert parse(str(arguments), PAINTING, Available(inits)) == arguments
    plain = parse(quoted(arguments.prompt), PAINTING, Available(inits))
    assert (plain.prompt, plain.targets) == (arguments.prompt, ())


SIDES = st.integers(4, 32).map(lambda cells: 16 * cells)


@given(
    st.from_regex(r"[\w,.!?'#@*~|<>:🦊-]+( [\w,.!?'#@*~|<>:🦊-]+)*", fullmatch=True).filter(
        lambda prompt: clean(prompt) == prompt
    ),
    st.none() | st.integers(0, 2**32 - 1),
    SIDES,
    SIDES,
    st.integers(1, 500),
    st.sampled_from(["auto", *INITS]),
)
def test_round_trip(prompt: str, seed: int | None, width: int, height: int, steps: int, init: str) -> None:
    arguments = cat(prompt[:900].strip(), width=width, height=height, steps=steps, init=init)
    if seed is not None:
        arguments = replace(arguments, fields={**arguments.fields, "seed": seed})
    assert parse(str(arguments), PAINTING, Available(INITS)) == arguments


@pytest.mark.parametrize(
    ("inits", "word"), [(("noise",), "Noise"), (("outline", "noise"), "outline"), ((), "Outline"), ((), "x" * 100)]
)
def test_what_can_be_begun_from_comes_from_the_models(inits: tuple[str, ...], word: str) -> None:
    assert parse(f"a cat --init {word}", PAINTING, Available(inits)) == cat(init=word.lower())


@pytest.mark.parametrize(
    ("inits", "word", "sentence"),
    [
        (("noise",), "sketch", "`--init` takes `noise`, what to begin from, not `sketch`."),
        ((), "outline2", "`--init` takes a word, what to begin from, not `outline2`."),
        ((), "x" * 101, f"`--init` takes a word, what to begin from, not `{'x' * 39}…`."),
    ],
)
def test_what_cannot_be_begun_from_is_refused(inits: tuple[str, ...], word: str, sentence: str) -> None:
    with pytest.raises(PromptError, match=f"^{re.escape(sentence)}$"):
        parse(f"a cat --init {word}", PAINTING, Available(inits))


@pytest.mark.parametrize("inits", [(), ("noise",), INITS])
def test_a_word_behind_a_dash_is_a_flag_only_before_what_can_be_begun_from(inits: tuple[str, ...]) -> None:
    assert parse("a walk —into the woods", PAINTING, Available(inits)).prompt == "a walk —into the woods"
    for word in {"sketch", "noise"} & {"noise", *inits}:
        with pytest.raises(PromptError, match="did you mean `--init`"):
            parse(f"a walk —inti {word}", PAINTING, Available(inits))
    for word in {"sketch"}.difference(inits):
        assert parse(f"a walk —inti {word}", PAINTING, Available(inits)).prompt == f"a walk —inti {word}"


def test_a_seed_that_was_not_given_is_drawn_for_a_new_request_and_kept_by_one_that_is_changed() -> None:
    any_seed, seven = parse("a cat --steps 5", PAINTING), parse("a cat --seed 7", PAINTING)
    assert len({any_seed.request("r").seed for _ in range(9)}) > 1
    assert seven.request("r", member="m") == ImagineRequest("r", "a cat", 7, 128, 128, 100, member="m")
    old = ImagineRequest("r", "a dog", 3, 64, 64, 9, member="m", init="noise", guild="g")
    assert any_seed.change(old) == ImagineRequest("r", "a cat", 3, 128, 128, 5, member="m", guild="g")
    assert seven.change(old) == ImagineRequest("r", "a cat", 7, 128, 128, 100, member="m", guild="g")


@pytest.mark.parametrize("name", ["stylize", "s", "v", "tile", "raw", "weird"])
def test_what_only_midjourney_has_is_said_so(name: str) -> None:
    with pytest.raises(PromptError, match=f"^`--{name}` is Midjourney's and would change nothing here; leave it out.$"):
        parse(f"a cat --{name} 50", PAINTING)


@pytest.mark.parametrize(
    ("text", "prefix", "expected"),
    [
        (".imagine a cat", ".", "a cat"),
        (" .Imagine\n.imagine a cat .imagine", ".", "a cat .imagine"),
        ("/imagine a cat", "!!", "a cat"),
        ("!!imagine", "!!", ""),
        (".imagine a cat", "!!", ".imagine a cat"),
        (".imagined cats", ".", ".imagined cats"),
        ("imagine a cat", ".", "imagine a cat"),
    ],
)
def test_a_command_that_was_pasted_along_is_no_word(text: str, prefix: str, expected: str) -> None:
    assert without_command(text, prefix) == expected
