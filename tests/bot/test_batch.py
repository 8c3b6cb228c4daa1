"""Files of requests: what they ask for, and that a bad line takes no other along."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.batch import BRACES, EMPTY, MOST_BYTES, NO_PROMPT, NO_TEXT, TOO_LARGE, Batch, read
from bot.errors import PromptError
from bot.prompt import LIKENESS
from config.settings.painting import PaintingSettings

PAINTING = PaintingSettings()


def read_text(text: str, name: str = "a.txt") -> Batch:
    return read(text.encode(), name, PAINTING)


def asked(batch: Batch) -> list[tuple[int, str, int | None, int]]:
    """Return number, prompt, seed and steps of each line."""
    return [
        (line.number, line.arguments.prompt, line.arguments.fields.get("seed"), line.arguments.fields["steps"])
        for line in batch.lines
    ]


def test_a_text_has_a_prompt_in_each_line() -> None:
    batch = read_text("# fruit\r\na red apple --seed 7\r\n\r\n  a pear, oil painting --steps 9 \n")
    assert asked(batch) == [(2, "a red apple", 7, 250), (4, "a pear, oil painting", None, 9)]
    assert not batch.bad


def test_the_first_line_of_csv_names_the_flags() -> None:
    text = 'Prompt,seed,iterations,no\n"a red apple, oil painting",7,9,"fog, people"\n\n"two\nlines",,,\na pear,8,,\n'
    batch = read_text(text, "a.CSV")
    assert not batch.bad
    assert asked(batch) == [
        (2, "a red apple, oil painting", 7, 9),
        (4, "two lines", None, 250),
        (6, "a pear", 8, 250),
    ]
    assert batch.lines[0].arguments.fields["without"] == ("fog", "people")


def test_lines_of_json() -> None:
    lines = [
        {"prompt": "a red apple", "seed": 7, "no": "fog"},
        {"prompt": "# a pear", "init_weight": 0.5, "size": None},
    ]
    batch = read_text("\n".join(map(json.dumps, lines)), "a.jsonl")
    assert asked(batch) == [(1, "a red apple", 7, 250), (2, "# a pear", None, 250)]
    assert batch.lines[1].arguments.fields["init_weight"] == 0.5
    assert not batch.bad


def test_words_mean_what_they_do_behind_imagine() -> None:
    text = "https://a.org/x.png::2 a {red, green} <@1>\n<https://a.org/y.png>\na `{red, green}` apple --seed 7\n"
    batch = read(text.encode(), "a.txt", PAINTING, named=lambda text: text.replace("<@1>", "Noor"))
    assert not batch.bad
    assert [(line.number, line.arguments.prompt, line.addresses) for line in batch.lines] == [
        (1, "a red Noor", (("https://a.org/x.png", 2.0),)),
        (1, "a green Noor", (("https://a.org/x.png", 2.0),)),
        (2, LIKENESS, (("https://a.org/y.png", None),)),
        (3, "a `{red, green}` apple", ()),
    ]
    assert [line.arguments.prompt for line in read_text(text).lines[:2]] == ["a red <@1>", "a green <@1>"]


@pytest.mark.parametrize("line", ["{a,b}" * 1000, "{a," * 1000 + "b" + "}" * 1000, f"{{{'a,' * 100}b}}"])
def test_braces_that_make_too_many_are_left_out(line: str) -> None:
    batch = read(f"a cat\n{line[:4000]}\n".encode(), "a.txt", PAINTING)
    assert [line.arguments.prompt for line in batch.lines] == ["a cat"]
    assert [(each.number, each.reason) for each in batch.bad] == [(2, BRACES)]


def test_braces_of_all_lines_make_no_more_than_lines_may_be() -> None:
    with pytest.raises(PromptError, match="more than 1000 prompts with what stands in braces"):
        read(f"{{{'a,' * 99}b}}\n".encode() * 11, "a.txt", PAINTING)


def test_names_of_keys_are_known_in_any_case() -> None:
    batch = read_text('{"Prompt": "a red apple", "Seed": 7}\n', "a.jsonl")
    assert asked(batch) == [(1, "a red apple", 7, 250)]


def test_a_spreadsheet_has_columns_without_names_behind_the_others() -> None:
    batch = read_text("prompt,seed,,\na red apple,7,,\na pear,8\na lemon,9,,yellow\n", "a.csv")
    assert asked(batch) == [(2, "a red apple", 7, 250), (3, "a pear", 8, 250)]
    assert [(each.number, each.reason[:15]) for each in batch.bad] == [(4, "It has 4 values")]
    batch = read_text("prompt\na red apple,7\n", "a.csv")
    assert [each.reason for each in batch.bad] == ["It has 2 values, and the first line names 1 column."]


def test_lines_of_an_array_of_json_are_no_prompts() -> None:
    batch = read_text('[{"prompt": "a red apple"},\n{"prompt": "a pear"}]\n', "a.json")
    assert [each.number for each in batch.bad] == [1, 2]
    assert not batch.lines


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are(encoding: str) -> None:
    (line,) = read("ein Schloß am Fluß".encode(encoding), "a.txt", PAINTING).lines
    assert line.arguments.prompt == "ein Schloß am Fluß"


BAD_TEXT = {
    b"a red apple --steps 0": "`--steps` takes a whole number from 1",
    b"a red apple --size 3x3": "Width and height can be",
    b"a red apple --sead 7": "There is no flag `--sead`; did you mean `--seed`?",
    b"a red apple --seed": "`--seed` needs a value",
    b"a red apple --seed 1 --seed 2": "`--seed` is there twice",
    b"--seed 7": "Say what to paint",
    b"fog::-1": "no text with a weight above 0",
    b"a \x07 bell": "control characters",
    b"a caf\xe9": "It is not in UTF-8",
    b"a " * 5000: "It has 9999 characters; 4000 are allowed.",
    b"apple " * 400: "The prompt has 2399 characters; 1000 are allowed.",
    b"a walk | a run --loop": "is about a walk",
}
BAD_CSV = {
    b'"a red apple': "quotation marks do not fit",
    b"a red apple": "It has 1 value, and the first line names 3 columns.",
    b"a,1,2,3": "It has 4 values",
    b",7,": "It does not say what to paint.",
    b"a,many,": "`--seed` takes a whole number",
    b"a,7 8,": "`seed` takes one word, not `7 8`.",
}
BAD_JSON = {
    b'{"prompt": "a"': "It is no object of JSON in one line",
    b"[" * 3000: "It is no object of JSON in one line",
    b'"a red apple"': "It is no object of JSON in one line",
    b'{"prompt": ["a"]}': "`prompt` should be a text, in quotation marks.",
    b'{"prompt": 5}': "`prompt` should be a text, in quotation marks.",
    b'{"Prompt": 0.5, "seed": 7}': "`Prompt` should be a text, in quotation marks.",
    b'{"prompt": true}': "`prompt` should be a text, in quotation marks.",
    b'{"prompt": "a", "seed": true}': "`seed` should be a text or a number.",
    b'{"prompt": "a", "seed": NaN}': "It is no object of JSON in one line",
    b'{"seed": 7}': "It does not say what to paint.",
    b'{"prompt": "a", "sead": 7}': "There is no flag `sead`; did you mean `seed`?",
    b'{"prompt": "\\ud800"}': "It is no object of JSON in one line",
}


@pytest.mark.parametrize(
    ("name", "head", "good", "bad"),
    [
        ("a.txt", [], b"a pear --seed 1", BAD_TEXT),
        ("a.csv", [b"prompt,seed,steps"], b"a pear,1,", {k: v for k, v in BAD_CSV.items() if k[:1] != b'"'}),
        ("a.jsonl", [], b'{"prompt": "a pear", "seed": 1}', BAD_JSON),
    ],
)
def test_bad_lines_are_named_and_the_others_stay(
    name: str, head: list[bytes], good: bytes, bad: dict[bytes, str]
) -> None:
    lines = [*head, good, *(line for each in bad for line in (each, good))]
    batch = read(b"\n".join(lines), name, PAINTING)
    assert [line.arguments.prompt for line in batch.lines] == ["a pear"] * (len(bad) + 1)
    assert [each.number for each in batch.bad] == [len(head) + 2 + 2 * number for number in range(len(bad))]
    for each, words in zip(batch.bad, bad.values(), strict=True):
        assert words in each.reason


def test_quotes_without_an_end_take_what_is_behind_them() -> None:
    batch = read_text('prompt\na pear\n"a red apple\na lemon\n', "a.csv")
    assert [line.arguments.prompt for line in batch.lines] == ["a pear"]
    assert [(each.number, each.reason) for each in batch.bad] == [
        (3, BAD_CSV[b'"a red apple'].join(["Its ", " together."]))
    ]


@pytest.mark.parametrize(
    ("data", "name", "sentence"),
    [
        (b"", "a.txt", EMPTY),
        (b"\n\n# nothing\n", "a.txt", EMPTY),
        (b"\xef\xbb\xbf", "a.txt", EMPTY),
        (b"a" * (MOST_BYTES + 1), "a.txt", TOO_LARGE),
        (b"a cat\n" * 1001, "a.txt", "more than 1000 lines"),
        ("a cat".encode("utf-16-le"), "a.txt", NO_TEXT),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.png", NO_TEXT),
        (b"\xff\xfea", "a.txt", NO_TEXT),
        (b"", "a.csv", EMPTY),
        (b"prompt,seed\n", "a.csv", EMPTY),
        (b"a red apple,7\n", "a.csv", NO_PROMPT),
        (b"prompt;seed\na red apple;7\n", "a.csv", "with commas between"),
        (b"prompt,seed,seed\n", "a.csv", "The column `seed` is there twice."),
        (b"prompt,sead\n", "a.csv", "There is no flag `sead`; did you mean `seed`?"),
    ],
)
def test_a_file_that_is_none_is_refused_in_a_sentence(data: bytes, name: str, sentence: str) -> None:
    with pytest.raises(PromptError) as refusal:
        read(data, name, PAINTING)
    assert sentence in str(refusal.value)


@given(st.binary(max_size=300), st.sampled_from(["a.txt", "a.csv", "a.jsonl"]))
def test_whatever_is_in_a_file_is_read_or_refused(data: bytes, name: str) -> None:
    try:
        batch = read(data, name, PAINTING)
    except PromptError:
        return
    assert batch.lines or batch.bad
