"""What Easel is installed by: the container, the service, the packages, and how large a clone is."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml
from sqlalchemy import make_url

from config.layers import load
from config.settings import Settings
from easel.redaction import TOKEN
from store.engine import engine, secrets
from tests import postgresql

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
UNIT = ROOT / "deploy" / "systemd" / "easel.service"
MIB = 1 << 20
LAST_MESSAGES = 15
"""Seconds beside ``executor.grace_seconds`` that the end of the bot can take, as docs/operators.md says."""
GRACE = Settings().executor.grace_seconds
NOT_INSTALLED = {"benchmarks", "training", "tests"}
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="Debian's package systemd has it")


def called(*words: str, text: str = "") -> str:
    done = subprocess.run(words, cwd=ROOT, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8")))


def last(instruction: str) -> str:
    """Return the arguments of the last such instruction of the Dockerfile, in one line."""
    text = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return str(re.findall(rf"^{instruction} (.+)$", text, re.MULTILINE)[-1])


def test_a_linter_likes_the_dockerfile() -> None:
    called(str(Path(sys.executable).with_name("hadolint")), "Dockerfile")


def test_the_container_is_nobody_and_writes_to_one_place() -> None:
    environment = dict(each.split("=", 1) for each in last("ENV").split())
    assert int(last("USER").split(":")[0]) >= 1000
    assert last("VOLUME") == last("WORKDIR") == environment["EASEL_DATA_DIR"]
    settings = load(environment={key: value for key, value in environment.items() if key.startswith("EASEL_")})
    assert settings.metrics.port == int(last("EXPOSE"))
    assert settings.discord.token is None


def test_the_health_check_asks_the_bot() -> None:
    code = yaml.safe_load(last("HEALTHCHECK").partition("CMD ")[2])
    assert code[:2] == ["python3", "-c"]
    done = subprocess.run([sys.executable, *code[1:]], env={"EASEL_METRICS__PORT": "1"}, capture_output=True, text=True)
    assert done.returncode == 1
    assert "Connection refused" in done.stderr


def test_the_image_has_what_is_pinned() -> None:
    assert "ENV PATH=/opt/easel/bin:$PATH PIP_CONSTRAINT=/source/constraints.txt" in DOCKERFILE
    lowest = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"].removeprefix(
        ">="
    )
    assert re.search(rf"^ARG BASE=python:{re.escape(lowest)}-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert "==" not in DOCKERFILE


def test_the_image_is_made_of_the_packages_alone() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert lines[1] == "*"
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert kept == {*packages("."), "LICENSE", "README.md", "constraints.txt", "pyproject.toml"} - NOT_INSTALLED


def packages(folder: str) -> set[str]:
    """Return the names of the packages that are installed and of those that are not, of the top or of all levels."""
    found = {path.parent.relative_to(ROOT) for path in ROOT.glob(f"{folder}/*/__init__.py")}
    return {".".join(path.parts) for path in found if not path.parts[0].startswith(".")}


def test_every_package_is_installed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    assert set(listed) == {name for name in packages("**") if name.split(".")[0] not in NOT_INSTALLED}


def test_all_of_compose_is_there() -> None:
    services = compose()["services"]
    assert set(services) == {"easel", "postgres", "prometheus", "grafana"}
    for name, service in services.items():
        image = service["image"]
        assert "build" in service or re.search(r":v?\d+(\.\d+)*(-\w+)?$", image), name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith("./") else source in compose()["volumes"], volume
        assert {*service.get("secrets", ())} <= compose()["secrets"].keys()
        assert {*service["networks"]} <= compose()["networks"].keys()
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:")
    bot = services["easel"]
    assert bot["read_only"]
    assert bot["cap_drop"] == ["ALL"]
    assert int(bot["stop_grace_period"].removesuffix("s")) > GRACE + LAST_MESSAGES
    cuda = yaml.safe_load((ROOT / "deploy" / "compose.cuda.yaml").read_text("utf-8"))["services"]["easel"]
    assert all(f"ARG {name}=" in DOCKERFILE for name in cuda["build"]["args"])


def test_compose_holds_no_secret() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert not any(TOKEN.search(word) for word in re.split(r"[\s\"']", text + DOCKERFILE))
    settings = load(environment=compose()["services"]["easel"]["environment"])
    assert settings.store.url is not None
    assert secrets(settings.store.url.get_secret_value()) == []
    assert all(not (ROOT / each["file"]).exists() for each in compose()["secrets"].values())
    assert "/secrets/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()


def test_the_database_of_compose_takes_its_password_from_a_file(
    postgresql_server: postgresql.Server, tmp_path: Path
) -> None:
    settings = load(environment=compose()["services"]["easel"]["environment"])
    assert settings.store.url is not None
    url = make_url(settings.store.url.get_secret_value())
    file = tmp_path / "pgpass"
    password = postgresql.PASSWORD.replace(":", "\\:")
    file.write_text(f"127.0.0.1:{postgresql_server.port}:{url.database}:{url.username}:{password}\n")
    file.chmod(0o400)
    here = url.set(host="127.0.0.1", port=postgresql_server.port, query={"passfile": str(file)})
    with pytest.raises(Exception, match='database "easel" does not exist') as raised, engine(here).connect():
        pass
    assert isinstance(raised.value.__cause__, psycopg.OperationalError)


def test_the_board_is_provisioned() -> None:
    grafana, prometheus = compose()["services"]["grafana"], compose()["services"]["prometheus"]
    folder = ROOT / "deploy" / "grafana" / "provisioning"
    (provider,) = yaml.safe_load((folder / "dashboards" / "easel.yml").read_text("utf-8"))["providers"]
    assert any(f":{provider['options']['path']}/easel.json:" in volume for volume in grafana["volumes"])
    (source,) = yaml.safe_load((folder / "datasources" / "prometheus.yml").read_text("utf-8"))["datasources"]
    url = urlsplit(source["url"])
    assert (url.hostname, source["type"], source["isDefault"]) == ("prometheus", "prometheus", True)
    assert {*grafana["networks"]} & {*prometheus["networks"]}
    config = ROOT / "deploy" / "prometheus" / "compose.yml"
    assert f"--config.file=/etc/prometheus/{config.name}" in prometheus["command"]
    (job,) = yaml.safe_load(config.read_text("utf-8"))["scrape_configs"]
    assert job["static_configs"] == [{"targets": [f"easel:{last('EXPOSE')}"]}]


@needs_systemd
def test_systemd_takes_the_unit_and_finds_it_safe(tmp_path: Path) -> None:
    here = tmp_path / UNIT.name
    here.write_text(UNIT.read_text("utf-8").replace("/opt/easel/.venv/bin/easel", "/bin/true"))
    called("systemd-analyze", "verify", "--man=no", str(here))
    called("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=16", str(here))


def test_the_service_stops_and_starts_again_as_the_bot_wants() -> None:
    unit = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE))
    assert int(unit["TimeoutStopSec"]) > GRACE + LAST_MESSAGES
    assert unit["KillMode"] == "mixed"
    assert unit["Restart"] == "on-failure"
    codes = (ROOT / "docs" / "operators.md").read_text("utf-8")
    assert all(f"\n| {code} | " in codes for code in (*unit["RestartPreventExitStatus"].split(), 75))
    assert "75" not in unit["RestartPreventExitStatus"]


def test_a_clone_is_small() -> None:
    tree = called("git", "rev-parse", "HEAD^{tree}")
    files = called("git", "ls-tree", "-r", "--long", "HEAD").splitlines()
    assert sum(int(line.split()[3]) for line in files) <= 40 * MIB
    objects = called("git", "rev-list", "--objects", "--no-object-names", tree.strip())
    sizes = called("git", "cat-file", "--batch-check=%(objectsize:disk)", text=objects).split()
    assert sum(map(int, sizes)) <= 32 * MIB, "what is fetched of it"
    assert "git clone --depth 1" in (ROOT / "README.md").read_text("utf-8")
