"""What members type: the prompt's parser, and what the bot says about a prompt."""

from dataclasses import asdict

from hypothesis import strategies as st

from bot.caption import Caption, Ended, InProgress, Painted, Waiting
from bot.characters import clean, is_visible, units
from bot.errors import PromptError
from bot.flags.flag import Available
from bot.flags.table import FLAGS
from bot.markdown import escape, inline_code, shorten
from bot.prompt import parse, quoted
from config.settings.painting import PaintingSettings
from generation.fields import MOST_TARGETS
from generation.prompt import read, write
from tests.fuzz.target import Target, as_it_is

PAINTING = PaintingSettings(steps=100)
PIECES = st.one_of(
    st.text(max_size=8),
    st.text("-—–` \ns=:", max_size=8),
    st.sampled_from(
        [f"{dash}{name}{end}" for dash in ("--", "—", "–") for name in FLAGS for end in ("", "=", ":", "x")]
    ),
    st.sampled_from(
        ["7", "64x64", "64×9", "Noise", "sketch", "٣", "9" * 5000, "```", "`", "``", "~~", "||", "\\", "a cat"]
    ),
    st.sampled_from(
        [
            "|",
            "^",
            " | ",
            " ^ ",
            "::2",
            "::-1",
            ":0.5",
            ":2:-.3",
            "::9999",
            ":a:",
            ", ",
            "--no",
            "—no=",
            "—long",
            "cut",
            "7:.5",
        ]
    ),
    st.sampled_from(
        ["@everyone", "<@1>", "<@&1>", "<#1>", "<t:1:R>", "<:a:1>", "[a](https://b.c)", "https://b.c/", "# ", "> "]
    ),
    st.sampled_from(
        ["\u202e", "\u2069", "\u0301" * 6, "\u200d", "\u200b", "\u2028", "\U000e0067", "🏴", "א", "\ud800", "\0"]
    ),
)
LONG = st.builds(lambda piece, count: (piece * count)[:4000], PIECES, st.sampled_from((50, 500, 2000)))
TEXTS = (
    st.lists(PIECES, max_size=12).map("".join)
    | st.lists(PIECES, max_size=12).map(" ".join)
    | st.lists(PIECES | LONG, max_size=4).map("".join)
)
"""At most some 16,000 characters, four times what Discord lets anybody send."""


def check(value: tuple[str, tuple[str, ...]]) -> str:
    """Check that a text is refused in a sentence, or understood in a way that stays so and fits into a message."""
    text, inits = value
    available = Available(inits)
    assert units(inline_code(text)) <= 44
    assert "\n" not in escape(text)
    assert units(shorten(text, 60)) <= 60
    try:
        arguments = parse(text, PAINTING, available)
    except PromptError as error:
        assert 0 < len(str(error)) < 250
        assert "\n" not in str(error)
        return "refused"
    prompt = arguments.prompt
    assert prompt == clean(" ".join(prompt.split()))
    assert is_visible(prompt)
    assert parse(str(arguments), PAINTING, available) == arguments
    plain = parse(quoted(prompt), PAINTING, available)
    assert (plain.prompt, plain.targets) == (prompt, ())
    targets = arguments.request("r").judged_by
    assert len(targets) <= 3 * MOST_TARGETS
    assert all(is_visible(target.text) != (target.noise is not None) for target in targets)
    if arguments.targets:
        assert read(write(arguments.targets)) == arguments.targets
    caption = Caption(arguments.request("r"), ".", PAINTING, available)
    for state in (Waiting(100, 2e9), InProgress(5, 9, prompt), Painted(1e5, prompt), Ended("x" * 200, again=True)):
        assert units(caption.text(state)) <= 2000
        assert caption.text(state).count("\u2068") == caption.text(state).count("\u2069")
    assert units(caption.alt_text) <= 1024
    if caption.command:
        again = parse(caption.command.removeprefix(".imagine"), PAINTING, available)
        assert asdict(again.request("r")) == asdict(caption.request)
    return "understood"


PROMPTS = Target(
    st.tuples(TEXTS, st.sampled_from([(), ("noise",), ("sketch", "noise")])),
    lambda: as_it_is(check),
    frozenset({"refused", "understood"}),
    examples=600,
)
