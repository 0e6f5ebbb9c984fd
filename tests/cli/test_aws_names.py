"""halfday aws-names: what it prints is enough for each kind of program, and says where nothing runs."""

from __future__ import annotations

import base64
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.conftest import Run
from world import World, running


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(tmp_path_factory.mktemp("data with 'quotes"), aws_names=0, https=True) as up:
        yield up


def told(run: Run, world: World, *argv: str, **more: str) -> str:
    done = run("aws-names", "--data", str(world.data), *argv, **more)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def as_json(run: Run, world: World, **more: str) -> dict[str, Any]:
    return json.loads(told(run, world, "--format", "json", **more))


def test_a_shell_that_reads_it_has_the_proxy_and_the_bundle_in_each_dialect(run: Run, world: World) -> None:
    script = f"{told(run, world)}\nenv -0"
    shell = subprocess.run(["sh", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, check=True)
    found = dict(line.split("=", 1) for line in shell.stdout.decode().split("\0") if line)
    assert found["HTTPS_PROXY"] == found["https_proxy"] == world.running.aws_names
    bundle = str(world.data / "ca-bundle.pem")
    dialects = "AWS_CA_BUNDLE REQUESTS_CA_BUNDLE CURL_CA_BUNDLE SSL_CERT_FILE HTTPLIB2_CA_CERTS NODE_EXTRA_CA_CERTS"
    assert {found[name] for name in dialects.split()} == {bundle}
    assert "HTTP_PROXY" not in found, "plain http is none of the proxy's"


def test_what_the_shell_has_of_these_is_kept(run: Run, world: World) -> None:
    given = {"NO_PROXY": "intranet.example,localhost", "NODE_OPTIONS": "--max-old-space-size=512"}
    found = as_json(run, world, **given)["variables"]
    assert found["NO_PROXY"] == found["no_proxy"] == "intranet.example,localhost,.localhost,127.0.0.1,::1"
    assert found["NODE_OPTIONS"].startswith("--max-old-space-size=512 --import=file:///")


@pytest.mark.parametrize("dialect", ["env", "env-no-export", "fish", "powershell"])
def test_each_shell_has_its_spelling(run: Run, world: World, dialect: str) -> None:
    assert "HTTPS_PROXY" in told(run, world, "--format", dialect)


def test_the_browser_s_flags_are_words_of_a_shell_and_send_only_aws_s_names_to_the_proxy(
    run: Run, world: World
) -> None:
    user_data, pac, spki = shlex.split(told(run, world, "--chromium"))
    assert user_data == f"--user-data-dir={world.data / 'ca-chromium'}"
    script = base64.b64decode(pac.partition("base64,")[2]).decode()
    assert "PROXY 127.0.0.1:" in script
    assert '"DIRECT"' in script
    keys = spki.partition("=")[2].split(",")
    assert [len(base64.b64decode(key)) for key in keys] == [32, 32], "the issuers of AWS's names and of localhost"


def test_java_s_options_name_a_store_that_is_there(run: Run, world: World) -> None:
    options = dict(word.split("=", 1) for word in shlex.split(told(run, world, "--java")))
    assert Path(options["-Djavax.net.ssl.trustStore"]).stat().st_mode & 0o777 == 0o600
    assert f"http://{options['-Dhttps.proxyHost']}:{options['-Dhttps.proxyPort']}" == world.running.aws_names


def test_the_node_hook_is_what_the_folder_holds(run: Run, world: World) -> None:
    hook = told(run, world, "--node")
    assert hook == (world.data / "ca-aws-names.mjs").read_text()
    port = (world.running.aws_names or "").rpartition(":")[2]
    assert f"const PORT = {port};" in hook


def test_where_no_server_runs_it_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "ca-aws-names.proxy").write_text("http://127.0.0.1:1")
    for folder in ("data", "nowhere"):
        done = run("aws-names", "--data", str(tmp_path / folder))
        assert (done.returncode, done.stdout) == (1, "")
        assert "halfday serve --aws-names" in done.stderr
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("text", ["", "nonsense", "http://[", "http://127.0.0.1:x", "\x00"])
def test_a_damaged_note_of_the_proxy_is_none(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "ca-aws-names.proxy").write_text(text)
    assert run("aws-names", "--data", str(tmp_path)).returncode == 1


def test_the_folder_is_found_by_the_seed_file(run: Run, world: World, tmp_path: Path) -> None:
    seed = tmp_path / "halfday.toml"
    seed.write_text(f"[server]\ndata = {json.dumps(str(world.data))}\n")
    done = run("aws-names", "--config", str(seed))
    assert (done.returncode, done.stderr) == (0, "")
    wrong = run("aws-names", "--config", str(tmp_path / "none.toml"))
    assert wrong.returncode == 2
    assert "hint:" in wrong.stderr
