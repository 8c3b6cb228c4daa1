"""Words as they are written."""

import pytest

from tests.config.conftest import settings


@pytest.mark.parametrize("text", ["fog, mist", "[fog, mist]"])
def test_words_are_listed_or_written_with_commas(text: str) -> None:
    assert settings(f"limits:\n  adult_words: {text}\n").limits.adult_words == ("fog", "mist")
    assert settings(None, f"limits.adult_words={text}").limits.adult_words == ("fog", "mist")
    assert settings(None, EASEL_LIMITS__ADULT_WORDS=text).limits.adult_words == ("fog", "mist")
