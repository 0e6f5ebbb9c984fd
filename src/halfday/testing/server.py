"""An ephemeral server for the time of a test run, in a thread or in a process of its own."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from halfday.testing.clock import ServerClock
from halfday.testing.codes import Codes
from halfday.testing.environment import environment_of
from halfday.testing.management import Management
from halfday.testing.pools import Pool, numbers

if TYPE_CHECKING:
    from halfday.server.serving import ServerThread

Seed = Mapping[str, Any] | str | Path


class Server:
    """Nothing is written, and a free port is taken, so that many run beside each other.

    `seed` is a halfday.toml, by its path or as what tomllib made of it. `process`: in a process of its own, which does
    not take turns with the test for the interpreter; it takes half a second longer to start. `settings` are those of
    `halfday serve`, such as `region="eu-west-1"`.
    """

    def __init__(self, seed: Seed | None = None, *, process: bool = False, **settings: Any) -> None:
        self._seed, self._settings = seed, settings
        self._running: _Thread | _Process | None = None
        self._as_process = process
        self.told: Mapping[str, Any] = {}
        """What `halfday serve --json` says: origin, port, management, user_pools …"""

    def start(self) -> Server:
        """It is up when this returns. Raises what stood in its way."""
        if self._running is not None:
            raise RuntimeError(f"the server is running already, at {self.origin}")
        self._running = (_Process if self._as_process else _Thread)(self._seed, self._settings)
        self.told = self._running.told
        return self

    def stop(self) -> None:
        """It is gone, and so is all that it held; it can be started again. A fork leaves its parent's alone."""
        if self._running is not None:
            self.management.close()
            if self._running.made_in == os.getpid():
                self._running.stop()
            self._running = None
            for name in ("management", "clock", "codes", "idp"):  # they ask at the old port
                self.__dict__.pop(name, None)

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def origin(self) -> str:
        return str(self._told("origin"))

    @property
    def region(self) -> str:
        return str(self._told("region"))

    @property
    def environment(self) -> dict[str, str]:
        """Variables by which AWS SDKs and the AWS CLI ask this server; `aws_environment` sets them."""
        return environment_of(self.origin, self.region)

    @cached_property
    def management(self) -> Management:
        return Management(str(self._told("management")))

    @cached_property
    def clock(self) -> ServerClock:
        return ServerClock(self.management)

    @cached_property
    def codes(self) -> Codes:
        return Codes(self.management)

    @cached_property
    def idp(self) -> Any:
        """boto3's client of cognito-idp."""
        return self.boto3("cognito-idp")

    def boto3(self, service: str, **given: Any) -> Any:
        """A boto3 client of this server, with dummy keys, changed by `given`."""
        from botocore.config import Config

        given["config"] = Config(proxies={}).merge(given.get("config") or Config())
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": self.region}
        return self._boto3.client(service, **{"endpoint_url": self.origin, **keys, **given})

    @cached_property
    def _boto3(self) -> Any:
        """A session that no profile and no file of the person's changes."""
        import boto3
        import botocore.session

        ours = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
        return boto3.Session(botocore_session=botocore.session.Session(session_vars=ours))

    def pool(self, **given: Any) -> Pool:
        """A user pool: what CreateUserPool makes of `given`."""
        made = self.idp.create_user_pool(**{"PoolName": f"pool-{next(numbers)}", **given})
        return Pool(self, made["UserPool"])

    def triggers(self, **filters: Any) -> list[dict[str, Any]]:
        """Functions that were invoked, newest first. `filters`: pool_id, trigger_source, arn, outcome."""
        found: list[dict[str, Any]] = self.management.ask("GET", "/triggers", {"limit": 200, **filters})["invocations"]
        return found

    def reset(self, to: str = "seed") -> None:
        """All is as the start left it: to the seed, or `to="empty"`. It takes some milliseconds."""
        self.management.ask("POST", "/reset", body={"to": to})

    def _told(self, name: str) -> Any:
        if self._running is None:
            raise RuntimeError("the server is not running: start it, or use it as `with Server() as server:`")
        return self.told[name]


class _Thread:
    def __init__(self, seed: Seed | None, settings: Mapping[str, Any]) -> None:
        self.made_in = os.getpid()
        from halfday.server import seed_file
        from halfday.server.ready import told
        from halfday.server.serving import ServerThread
        from halfday.server.settings import load

        document = seed_file.read(Path(seed)) if isinstance(seed, (str, Path)) else dict(seed or {})
        asked = {"port": 0, "google_port": 0, "ephemeral": True, "management_port": 0, **settings}
        self._thread: ServerThread = ServerThread(load(asked, {}, document.get("server")), document)
        self.told = told(self._thread.__enter__(), document)

    def stop(self) -> None:
        self._thread.__exit__(None, None, None)


class _Process:
    """`halfday serve --json`, in the folder where we are. Its log is shown where it does not start.

    It ends with this process, however that ends: its standard input does.
    """

    def __init__(self, seed: Seed | None, settings: Mapping[str, Any]) -> None:
        self.made_in = os.getpid()
        if seed is not None and not isinstance(seed, (str, Path)):
            raise TypeError("a server in a process of its own reads its seed file by itself: give the path")
        asked = {"port": 0, "google_port": 0, "ephemeral": "true", "management_port": 0, **settings}
        variables = {f"HALFDAY_SERVER_{name.upper()}": str(value) for name, value in asked.items()}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HALFDAY_SERVER_")}
        config = os.devnull if seed is None else str(seed)
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            (sys.executable, "-m", "halfday.testing.child", "serve", "--json", "--config", config),
            env={**kept, **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        atexit.register(self._end)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._log.seek(0)
            raise RuntimeError(f"the server did not start: {self._log.read().strip()}")
        self.told: Mapping[str, Any] = json.loads(line)

    def _end(self) -> None:
        if self.made_in == os.getpid():
            self.stop()

    def stop(self) -> None:
        atexit.unregister(self._end)
        self._process.terminate()
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        self._log.close()
