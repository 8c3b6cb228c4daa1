"""The token as it is written."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from config.layers import load
from tests.config.conftest import SECRET, refusal, settings


@pytest.mark.parametrize("empty", ["", "null"])
def test_an_empty_token_is_none(empty: str) -> None:
    assert settings(None, EASEL_DISCORD__TOKEN=empty).discord.token is None


@given(token=st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="'\""), min_size=1))
def test_a_token_is_taken_as_it_is_written(token: str) -> None:
    assume(token != "null")
    for chosen in (
        load(environment={"EASEL_DISCORD__TOKEN": token}),
        load(environment={}, arguments=[f"discord.token={token}"]),
    ):
        assert chosen.discord.token is not None
        assert chosen.discord.token.get_secret_value() == token


def test_hosts_may_have_ports() -> None:
    hosts = ("a.example:1", "b.example:65535")
    assert settings(None, "discord.picture_hosts=a.example:1,b.example:65535").discord.picture_hosts == hosts


def test_the_token_is_set_once() -> None:
    message = refusal("discord: {token_file: /run/secrets/token}", EASEL_DISCORD__TOKEN=SECRET)
    assert message == (
        "discord.token_file (easel.yaml) cannot be set beside discord.token (environment variable EASEL_DISCORD__TOKEN)"
    )
    message = refusal(None, "admin.token_file=/run/secrets/token", f"admin.token={SECRET}")
    assert message == "admin.token_file (command line) cannot be set beside admin.token (command line)"
