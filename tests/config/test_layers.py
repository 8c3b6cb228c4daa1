"""Where settings come from, and what is said when one is wrong."""

import os
from pathlib import Path

import pytest

from config.layers import ConfigError, load
from config.token_file import with_token
from tests.config.conftest import SECRET, refusal, settings
from tests.conftest import unprivileged


def test_later_layers_win_and_leave_the_rest() -> None:
    text = "painting: {width: 64, height: 80, steps: 7}\n"
    assert settings(text).painting.width == 64
    assert settings(text, EASEL_PAINTING__WIDTH="96").painting.width == 96
    chosen = settings(text, "painting.width=112", EASEL_PAINTING__WIDTH="96", EASEL_PAINTING__STEPS="8")
    assert (chosen.painting.width, chosen.painting.height, chosen.painting.steps) == (112, 80, 8)


def test_a_named_file_is_read_instead_of_easel_yaml(tmp_path: Path) -> None:
    Path("easel.yaml").write_text("painting: {width: 64}", encoding="utf-8")
    other = tmp_path / "other.yaml"
    other.write_text("painting: {height: 64}", encoding="utf-8")
    chosen = load(other, environment={})
    assert (chosen.painting.width, chosen.painting.height) == (128, 64)


@pytest.mark.parametrize("text", ["", "# nothing\n", "painting:\n", "painting: {}\n"])
def test_an_empty_section_changes_nothing(text: str) -> None:
    assert settings(text).painting.width == 128


def test_one_key_can_refer_to_another() -> None:
    assert settings("painting: {height: '${painting.width}'}", "painting.width=64").painting.height == 64


def test_lists_replace_lists() -> None:
    chosen = settings("executor: {devices: [cpu, cpu]}", EASEL_EXECUTOR__DEVICES="[cuda:1]")
    assert chosen.executor.devices == ("cuda:1",)


def test_a_list_takes_the_place_of_another() -> None:
    chosen = settings("discord: {picture_hosts: [a.example, b.example]}", "discord.picture_hosts=c.example")
    assert chosen.discord.picture_hosts == ("c.example",)


@pytest.mark.parametrize(
    ("argument", "allowed"),
    [
        ("painting.width=100", "multiple of 16"),
        ("painting.width=0", "from 64 to 16384"),
        ("painting.max_side=16400", "from 64 to 16384"),
        ("painting.max_steps=1000001", "less than or equal to 1000000"),
        ("painting.width=wide", "integer"),
        ("painting.width=", "integer"),
        ("painting.width=true", "integer"),
        ("painting.width={a: 1}", "integer"),
        ("painting.width={null: 1}", "not valid YAML"),
        ("painting.preview_seconds=.inf", "finite"),
        ("painting.preview_seconds=0", "greater than 0"),
        ("queue.total=0", "greater than or equal to 1"),
        ("executor.devices=", "such as cpu or cuda:0,cuda:1"),
        ("executor.devices=[]", "such as cpu or cuda:0,cuda:1"),
        ("executor.devices=cuda:0,", "such as cpu or cuda:0,cuda:1"),
        ("executor.devices=auto,cpu", "such as cpu or cuda:0,cuda:1"),
        ("executor.devices=7", "such as cpu or cuda:0,cuda:1"),
        ("executor.devices=[tpu]", "`cuda:N`"),
        ("executor.kind=slurm", "'local' or 'ray'"),
        ("executor.reproducible=sometimes", "'exact' or 'fast'"),
        ("executor.address=10.0.0.1", "such as 10.0.0.1:6379"),
        ("executor.address=10.0.0.1:65536", "such as 10.0.0.1:6379"),
        ("executor.address=10.0.0.1:0", "such as 10.0.0.1:6379"),
        ("discord.picture_hosts=a.example:65536", "such as pictures.example.org"),
        ("discord.picture_hosts=a.example:0", "such as pictures.example.org"),
        ("metrics.port=65536", "less than or equal to 65535"),
        ("admin.port=65536", "less than or equal to 65535"),
        ("executor.address=ray://10.0.0.1:10001", "such as 10.0.0.1:6379"),
        ("models.precision=float8", "'auto', 'float32', 'bfloat16' or 'float16'"),
        ("executor.devices=[cpu", "not valid YAML"),
        (f"executor.devices={'[' * 100_000}", "not valid YAML"),
        ("store.keep_days=.nan", "valid integer"),
        ("queue.total=!!int ''", "not valid YAML"),
        ("queue.total=!!bool x", "not valid YAML"),
        (f"painting.preview_seconds=1{':1' * 300}.0", "not valid YAML"),
        ("log.level=loud", "'debug', 'info', 'warning' or 'error'"),
        ("discord.prefix=", "1 to 5 characters"),
        ("discord.prefix=toolong", "1 to 5 characters"),
        ("discord.prefix=a b", "without blanks"),
        ("discord.api_base=discord.com", "URL such as https"),
        ("discord.api_base=http://127.0.0.1:99999", "URL such as https"),
        ("discord.token=Bot abc", "without blanks"),
        ("models.clip=", "at least 1 character"),
    ],
)
def test_a_wrong_value_names_key_source_and_what_is_allowed(argument: str, allowed: str) -> None:
    message = refusal(None, argument)
    assert message.startswith(f"{argument.partition('=')[0]} (command line) ")
    assert allowed in message


def test_the_source_of_a_wrong_value_is_named() -> None:
    assert refusal("painting: {width: 100}").startswith("painting.width (easel.yaml) ")
    assert refusal(None, EASEL_PAINTING__WIDTH="100").startswith(
        "painting.width (environment variable EASEL_PAINTING__WIDTH) "
    )


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        (
            "painting.width=1024",
            "painting.width (command line) must not be greater than painting.max_side (defaults)",
        ),
        (
            "painting.max_steps=9",
            "painting.steps (defaults) must not be greater than painting.max_steps (com",
        ),
        ("queue.total=2", "queue.per_member (defaults) must not be greater than queue.total (command line)"),
    ],
)
def test_values_that_contradict_each_other(argument: str, sentence: str) -> None:
    assert refusal(None, argument).startswith(sentence)


@pytest.mark.parametrize(
    ("key", "near"),
    [
        ("painting.widht", "painting.width"),
        ("width", "painting.width"),
        ("queue.per_membr", "queue.per_member"),
    ],
)
def test_an_unknown_key_brings_the_nearest_name(key: str, near: str) -> None:
    assert refusal(None, f"{key}=1") == f"{key} (command line) is not a setting; did you mean {near}?"


def test_a_setting_that_needs_another_says_which() -> None:
    for given in ("0,1", "[2]"):
        sentence = "shards.ids (environment variable EASEL_SHARDS__IDS) cannot be set alone; set shards.count too"
        assert refusal(None, EASEL_SHARDS__IDS=given) == sentence
    assert refusal(None, "shards.ids=0") == "shards.ids (command line) cannot be set alone; set shards.count too"
    assert refusal(None, "shards.ids=3", "shards.count=3") == (
        "shards.ids (command line) should be numbers below shards.count (command line)"
    )


@pytest.mark.parametrize("key", ["foo", "foo.bar", "foo.bar.baz"])
def test_an_unknown_key_that_is_near_to_none_is_named_where_it_has_a_value(key: str) -> None:
    assert refusal(None, f"{SECRET}=1").startswith("a key (command line) is not a setting; ")
    assert refusal(None, f"{key}=1").startswith(f"{key} (command line) is not a setting; known are data_dir, ")
    assert refusal(f"{key}: 1").startswith(f"{key} (easel.yaml) is not a setting; known are data_dir, ")
    assert refusal("foo: {bar: 1}").startswith("foo (easel.yaml) is not a setting; known are data_dir, ")
    assert refusal(key).startswith("a key (easel.yaml) is not a setting; ")


def test_an_unknown_variable_is_refused() -> None:
    assert refusal(None, EASEL_DISCORD_TOKEN="x").endswith("did you mean discord.token?")
    assert "known are data_dir, " in refusal(None, EASEL_="x")


def test_reserved_and_foreign_variables_are_left_alone() -> None:
    settings(None, EASEL_DISCORD_OPENAPI="/openapi.json", PATH="/bin", XEASEL_Y="z")


@pytest.mark.parametrize("service", ["EASEL", "EASEL_DISCORD", "EASEL_TOKEN_FILE"])
def test_what_kubernetes_and_docker_say_of_a_service_is_left_alone(service: str) -> None:
    names = (
        *("SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTP", "PORT", "PORT_80_TCP", "PORT_80_TCP_PROTO"),
        *("PORT_80_TCP_PORT", "PORT_80_TCP_ADDR", "PORT_53_UDP_ADDR", "NAME", "ENV_PATH"),
    )
    settings(None, **{f"{service}_{name}": "tcp://10.0.0.1:80" for name in names})


def test_a_setting_that_is_called_port_is_none_of_a_service() -> None:
    assert settings(None, EASEL_METRICS__PORT="9464", EASEL_METRICS_PORT="tcp://10.0.0.1:80").metrics.port == 9464


@pytest.mark.parametrize("quote", ["'", '"'])
def test_quotes_that_an_env_file_leaves_are_taken_away(quote: str) -> None:
    chosen = settings(
        None,
        EASEL_DISCORD__TOKEN=f"{quote}{SECRET}{quote}",
        EASEL_PAINTING__WIDTH=f"{quote}256{quote}",
        EASEL_EXECUTOR__DEVICES=f"{quote}cpu,cpu{quote}",
        EASEL_DISCORD__PREFIX=quote,
    )
    assert chosen.discord.token is not None
    assert chosen.discord.token.get_secret_value() == SECRET
    assert chosen.painting.width == 256
    assert chosen.executor.devices == ("cpu", "cpu")
    assert chosen.discord.prefix == quote


def test_a_home_that_is_not_known_matters_to_what_is_read_there() -> None:
    chosen = settings(None, "data_dir=~nobody-of-this-name/x", "discord.token_file=~nobody-of-this-name/x")
    assert str(chosen.data_dir) == "~nobody-of-this-name/x"
    assert "models.clip (command line) begins with ~" in refusal(None, "models.clip=~nobody-of-this-name/x")
    with pytest.raises(ConfigError, match=r"^discord.token_file should be a path; ~ stands for no home"):
        with_token(chosen)


@pytest.mark.parametrize("argument", ["painting=1", "painting={width: 64}"])
def test_a_section_is_not_a_value(argument: str) -> None:
    assert refusal(None, argument).startswith("painting (command line) is a section; set one of painting.width")


def test_an_argument_without_an_equals_sign() -> None:
    assert "key=value" in refusal(None, "painting.width")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("painting:\n  width: a: b\n", "easel.yaml, line 2: not valid YAML"),
        ("painting:\n  width: 64\n  width: 80\n", "easel.yaml, line 3: not valid YAML"),
        ("\tpainting: 1", "easel.yaml, line 1: not valid YAML"),
        ("\0", "easel.yaml: not valid YAML"),
        ("- painting", "easel.yaml: should hold key: value lines"),
        ("queue: {total: !!int ''}", "easel.yaml: should hold key: value lines"),
        ("queue: {total: !!bool x}", "easel.yaml: should hold key: value lines"),
        ("queue: {total: !!timestamp x}", "easel.yaml: should hold key: value lines"),
        (f"painting: {{preview_seconds: 1{':1' * 300}.0}}", "easel.yaml: should hold key: value lines"),
        ("null: 1", "easel.yaml: should hold key: value lines"),
        ("log: {level: !!set {a}}", "easel.yaml: should hold key: value lines"),
        (f"queue: {{total: {'9' * 5000}}}", "easel.yaml: should hold key: value lines"),
        ("[" * 100_000, "easel.yaml: not valid YAML: more than 32 lists and sections"),
        ("[{a: " * 17, "easel.yaml: not valid YAML: more than 32 lists and sections"),
        ("painting: 5", "painting (easel.yaml) is a section"),
        ("painting: {width: '${nothing}'}", "painting.width (easel.yaml) refers by ${…} to something"),
        ("data_dir: '${oc.env:HOME}'", "data_dir (easel.yaml) refers by ${…} to something"),
        ("painting: {width: '${'}", "easel.yaml: a value with ${"),
    ],
)
def test_a_broken_file_is_named_with_its_line(text: str, expected: str) -> None:
    assert refusal(text).startswith(expected)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "easel.yaml")
    with pytest.raises(ConfigError, match=r"easel\.yaml: is a pipe; it should be a file"):
        load(tmp_path / "easel.yaml", environment={})


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "absent.yaml", tmp_path):
        with pytest.raises(ConfigError, match=str(path)):
            load(path, environment={})
    Path("easel.yaml").write_bytes(b"\xff\xfe\xff")
    assert refusal().startswith("easel.yaml: ")


def test_a_folder_in_which_nothing_can_be_looked_up(tmp_path: Path) -> None:
    tmp_path.chmod(0)
    with unprivileged():
        assert refusal() == "easel.yaml: Permission denied"
    tmp_path.chmod(0o700)


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        f"discord.token={SECRET}",
        f"{SECRET}: 1",
        f"discord: {SECRET}",
        f"discord:\n  tokne: {SECRET}",
        f"discord:\n  token: Bot {SECRET}",
        f"discord:\n  token: *{SECRET}",
        f"discord:\n  token: !{SECRET}",
        f"discord:\n  token: '{SECRET}",
        f"discord:\n  token: ${{{SECRET}}}",
        f"discord:\n  token: [{SECRET}]",
        f"discord:\n  token: {{{SECRET}: 1}}",
        f"discord:\n  prefix: {SECRET}",
        f"discord:\n  {SECRET}: 1",
        f"discord:\n  {SECRET}: 1\n  {SECRET}: 2",
        f"discord:\n  token: {{{SECRET}: '${{nothing}}'}}",
        f"discord:\n  token: {SECRET}\n  api_base: https://${{discord.token}}/api",
        f"discord:\n  token: {SECRET}\n  prefix: ${{.token}}",
        f"discord:\n  token: {SECRET}\n  token_file: ${{discord.token}}",
        f"discord:\n  token: {SECRET}\nmodels: {{clip: '${{oc.select:discord.token}}'}}",
        f"discord:\n  token: {SECRET}\ndata_dir: /data/${{discord.token}}",
        f"{SECRET.lower()}: 1",
    ],
)
def test_the_token_is_in_no_message(text: str) -> None:
    assert SECRET.lower() not in refusal(text).lower()


def test_a_setting_that_refers_to_the_token_is_refused() -> None:
    message = refusal("data_dir: /data/${discord.token}", EASEL_DISCORD__TOKEN=SECRET)
    assert message == "data_dir (easel.yaml) must not refer to discord.token"
    message = refusal("models: {clip: '/${admin.token}'}", EASEL_ADMIN__TOKEN=f"{SECRET}{SECRET}")
    assert message == "models.clip (easel.yaml) must not refer to admin.token"


@pytest.mark.parametrize("name", ["EASEL_NONSENSE", "EASEL_FOO__BAR", "EASEL_DISCORD_TOKEN", "EASEL_PAINTING__WIDHT"])
def test_a_variable_that_looks_like_a_name_is_named_and_its_value_is_not(name: str) -> None:
    message = refusal(None, **{name: SECRET})
    assert message.startswith(f"{name} (environment) is not a setting; ")
    assert SECRET not in message


def test_a_variable_that_could_be_a_secret_is_not_repeated() -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    for name in (SECRET, f"DISCORD__{SECRET}", letters, f"DISCORD__{letters}", "A1B2", "abc", "A.A", "A_" * 20 + "A"):
        assert refusal(None, **{f"EASEL_{name}": "1"}).startswith("a key (environment) is not a setting; ")


def test_the_token_is_in_no_repr() -> None:
    chosen = settings(None, EASEL_DISCORD__TOKEN=SECRET)
    assert SECRET not in f"{chosen} {chosen!r} {chosen.model_dump_json()}"
    assert SECRET not in refusal(None, f"discord.token={SECRET} x")
    assert SECRET not in refusal(None, SECRET)
