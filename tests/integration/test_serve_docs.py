"""What the page about serving says is true: its commands, its request, its configuration."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from provender.config import load_config
from provender.config.server import JwtConfig, ServerConfig
from provender.testing.processes import run
from provender.wire import names
from servers.feature_server import PROVENDER, feature_server

PAGE = (Path(__file__).parents[2] / "docs" / "serve.md").read_text()


def snippet(kind):
    (found,) = re.findall(rf"^```{kind}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


def test_the_example(tmp_path):
    *steps, last = snippet("sh").splitlines()
    assert last == "provender serve"
    path = f"{PROVENDER.parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    run(["bash", "-euc", "\n".join(steps)], cwd=tmp_path, env=environment, seconds=120)
    with feature_server(tmp_path / "drivers" / "feature_repo") as server:
        script = snippet("python").replace("http://127.0.0.1:6566", server.url)
        done = run([sys.executable, "-c", script])
    lines = done.stdout.splitlines()
    assert lines[0].startswith("driver_id [1001, 1002] ['PRESENT', 'PRESENT']")
    assert [line.split()[0] for line in lines[1:]] == ["rating", "trips_today"]
    assert "NOT_FOUND" not in done.stdout


def test_the_configuration_is_one_with_every_setting(tmp_path):
    file = tmp_path / "feature_store.yaml"
    file.write_text(snippet("yaml"))
    server = load_config(file).server
    assert server.model_fields_set == set(ServerConfig.model_fields)
    assert server.jwt.model_fields_set == set(JwtConfig.model_fields)
    values = server.model_dump(exclude={"jwt"})
    assert values == ServerConfig().model_dump(exclude={"jwt"})


def test_every_path_is_documented():
    constants = [value for name, value in vars(names).items() if name.isupper()]
    paths = [value for value in constants if str(value).startswith("/")]
    assert len(paths) == 11
    assert [path for path in paths if path not in PAGE] == []
