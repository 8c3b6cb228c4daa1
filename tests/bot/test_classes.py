"""Classes as they are typed."""

import pytest

from bot.classes import read_classes, told_classes
from bot.errors import PromptError
from bot.prompt import parse
from config.settings.painting import PaintingSettings

PAINTING = PaintingSettings()


@pytest.mark.parametrize(
    ("typed", "classes"),
    [
        ("owl", (("owl", 1.0),)),
        ("golden retriever:0.7, lotus:0.3", (("golden retriever", 0.7), ("lotus", 0.3))),
        ("owl, frog", (("owl", 0.5), ("frog", 0.5))),
        ("owl::.25,frog: 1", (("owl", 0.25), ("frog", 1.0))),
        ("jack-o'-lantern", (("jack-o'-lantern", 1.0),)),
    ],
)
def test_they_are_read_and_told_again(typed: str, classes: tuple[tuple[str, float], ...]) -> None:
    assert read_classes(typed) == classes
    assert read_classes(told_classes(classes)) == classes


@pytest.mark.parametrize(
    "typed", [",", "owl:2", "owl:-1", ":0.5", "owl:0", "a|b", "`owl`", ", ".join("abcdefghijklmnopq")]
)
def test_others_are_refused(typed: str) -> None:
    with pytest.raises(PromptError):
        read_classes(typed)


@pytest.mark.parametrize(
    ("typed", "prompt", "classes"),
    [
        ("at night --class owl:0.7, frog:0.3", "at night", (("owl", 0.7), ("frog", 0.3))),
        ("--class owl", "owl", (("owl", 1.0),)),
        ("class: owl --painter biggan", "owl", (("owl", 1.0),)),
        ("class: owl:0.7, frog:0.3 | at night --painter biggan", "at night", (("owl", 0.7), ("frog", 0.3))),
        ("at night | Class: owl --painter biggan", "at night", (("owl", 1.0),)),
        ("an owl --painter biggan", "an owl", ()),
    ],
)
def test_a_prompt_has_classes(typed: str, prompt: str, classes: tuple[tuple[str, float], ...]) -> None:
    arguments = parse(typed, PAINTING)
    assert arguments.prompt == prompt
    assert arguments.fields["classes"] == classes
    assert arguments.fields["canvas"] == "biggan"
    again = parse(str(arguments), PAINTING)
    assert (again.prompt, again.fields["classes"]) == (prompt, classes)


def test_for_other_painters_they_are_words() -> None:
    arguments = parse("class: owl", PAINTING)
    assert (arguments.prompt, arguments.fields["classes"], arguments.fields["canvas"]) == ("class: owl", (), "auto")
