"""What the front door costs: a GET of an object through it beside the same GET straight to the S3 behind, in turns.

The S3 behind is moto's server on the load's core. Then the same GET by a relay that only copies (bench/relay), on the
door's core, beside one straight: less than that no door can take. Then the memory of the door while 1 GiB is uploaded
through it, and GetCredentialsForIdentity beside the signature that it has to check.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.bounds import pinned
from bench.results import Figure, Goal, Measured
from bench.rivals import LOAD_CORE, SERVER_CORE
from bench.server import Running, free_port, serving, wait_for
from bench.sockets import ask_all, request_bytes
from halfday.protocol.sigv4 import UNSIGNED_PAYLOAD, sign

ROUNDS = int(os.environ.get("HALFDAY_BENCH_ROUNDS", "5"))
SECONDS = float(os.environ.get("HALFDAY_BENCH_SECONDS", "1"))
KIB, MIB = 1024, 1024 * 1024
SIZES = {"4 KiB": (4 * KIB, 200, 1.5), "8 MiB": (8 * MIB, 20, 1.1)}
"""Bytes, GETs a round, and the ratio that is wanted."""
UPLOAD_BYTES, UPLOAD_GROWTH_MB = 1024 * MIB, 32.0
CREDENTIALS, CREDENTIALS_SHARE = 300, 0.3
KEYS = ("test", "test")
DOOR, STRAIGHT, RELAY = "through the front door", "straight", "by a relay that only copies"
POOL, CLIENT = "us-east-1_Bench0001", "benchclient"
IDENTITY_POOL = "us-east-1:11111111-2222-3333-4444-555555555555"
SEED = f"""
[[user_pool]]
id = "{POOL}"
[[user_pool.client]]
id = "{CLIENT}"
auth_flows = ["ALLOW_USER_PASSWORD_AUTH"]
[[user_pool.user]]
username = "ada"
password = "Lovelace-1815"
attributes = {{ email = "ada@example.com", email_verified = "true" }}
[[identity_pool]]
id = "{IDENTITY_POOL}"
name = "bench"
clients = ["{CLIENT}"]
authenticated_role = "people"
[[role]]
name = "people"
identity_pool = "{IDENTITY_POOL}"
[[bucket]]
name = "bench"
"""


def run() -> Measured:
    figures: list[Figure] = []
    goals: list[Goal] = []
    with pinned(), _moto() as behind, _door(behind) as door, _relay(behind) as relayed:
        for name, (size, number, wanted) in SIZES.items():
            path = f"/bench/{size}"
            _ask(door.origin, "PUT", path, os.urandom(size))
            took = _gets({DOOR: door.origin, STRAIGHT: behind}, path, size, int(number * SECONDS))
            figures += [Figure(f"GET of {name}", of, "1", statistics.median(t), "ms", t) for of, t in took.items()]
            goals.append(Goal(f"GET of {name}, {DOOR}", STRAIGHT, wanted, {"": _ratio(took)}, "×", at_most=True))
            bound = _ratio(_gets({RELAY: relayed, STRAIGHT: behind}, path, size, int(number * SECONDS)))
            figures.append(Figure(f"GET of {name}", RELAY, "1", bound, "×", [bound]))
        credentials, checks = _credentials(door), _signature_checks()
        share = credentials / checks
        figures.append(Figure("GetCredentialsForIdentity", "one connection", "1", credentials, "/s", [credentials]))
        figures.append(Figure("GetCredentialsForIdentity", "signature checks", "1", checks, "/s", [checks]))
        goals.append(Goal("GetCredentialsForIdentity", "its signature check", CREDENTIALS_SHARE, {"": share}, "%"))
    grown = _upload()
    figures.append(Figure("memory over an upload of 1 GiB", "grown by", "1", grown, "MB", [grown]))
    goals.append(Goal("memory over an upload of 1 GiB", "before", UPLOAD_GROWTH_MB, {"": grown}, "MB", at_most=True))
    return Measured(figures, goals, (), ROUNDS, SECONDS)


def _ratio(took: Mapping[str, list[float]]) -> float:
    """Of the one to the other, as each round has it."""
    one, other = took.values()
    return statistics.median(a / b for a, b in zip(one, other, strict=True))


def _gets(origins: Mapping[str, str], path: str, size: int, number: int) -> dict[str, list[float]]:
    """Milliseconds of the middle GET of each round: one of this, one of that."""
    found: dict[str, list[float]] = {of: [] for of in origins}
    connections = {of: _connect(origin) for of, origin in origins.items()}
    for _ in range(ROUNDS):
        times: dict[str, list[float]] = {of: [] for of in origins}
        for _ in range(number):
            for of, connection in connections.items():
                times[of].append(_timed(connection, path, size))
        for of, each in times.items():
            found[of].append(statistics.median(each) * 1e3)
    return found


def _timed(connection: http.client.HTTPConnection, path: str, size: int) -> float:
    headers = _signed(f"{connection.host}:{connection.port}", "GET", path)
    started = time.perf_counter()
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    came = len(answer.read())
    took = time.perf_counter() - started
    if (answer.status, came) != (200, size):
        raise RuntimeError(f"{answer.status}, {came} bytes")
    return took


def _credentials(door: Running) -> float:
    """Of them a second, at one connection."""
    host = urlsplit(door.origin).netloc

    def call(service: str, operation: str, asked: object) -> bytes:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{service}.{operation}"}
        return request_bytes(host, "POST", "/", headers, json.dumps(asked))

    given = {"USERNAME": "ada", "PASSWORD": "Lovelace-1815"}
    asked = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": CLIENT, "AuthParameters": given}
    token = _json(door.origin, call("AWSCognitoIdentityProviderService", "InitiateAuth", asked))
    logins = {f"cognito-idp.us-east-1.amazonaws.com/{POOL}": token["AuthenticationResult"]["IdToken"]}
    of = {"IdentityPoolId": IDENTITY_POOL, "Logins": logins}
    identity = _json(door.origin, call("AWSCognitoIdentityService", "GetId", of))["IdentityId"]
    wanted = call("AWSCognitoIdentityService", "GetCredentialsForIdentity", {"IdentityId": identity, "Logins": logins})
    number = int(CREDENTIALS * SECONDS)
    rates = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        ask_all(door.origin, [wanted] * number, connections=1)
        rates.append(number / (time.perf_counter() - started))
    return statistics.median(rates)


def _signature_checks() -> float:
    """RS256 verifications a second."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    key = rsa.generate_private_key(65_537, 2048)
    proof, public = key.sign(b"x", padding.PKCS1v15(), SHA256()), key.public_key()
    number, started = 3_000, time.perf_counter()
    for _ in range(number):
        public.verify(proof, b"x", padding.PKCS1v15(), SHA256())
    return number / (time.perf_counter() - started)


def _upload() -> float:
    """By how many megabytes the door's memory is more, at its most, while 1 GiB passes to a server that drops it."""
    with _dropping() as behind, _door(behind) as door:
        _ask(door.origin, "PUT", "/bench/first", bytes(2 * MIB))
        before, most, done = door.memory_mb, [0.0], threading.Event()

        def watch() -> None:
            while not done.wait(0.02):
                most[0] = max(most[0], door.memory_mb)

        watching = threading.Thread(target=watch)
        watching.start()
        headers = {**_signed(urlsplit(door.origin).netloc, "PUT", "/bench/long"), "Content-Length": str(UPLOAD_BYTES)}
        connection = _connect(door.origin)
        connection.request("PUT", "/bench/long", body=_pieces(UPLOAD_BYTES), headers=headers)
        status = connection.getresponse().status
        done.set()
        watching.join()
        if status != 200:
            raise RuntimeError(f"the upload was answered {status}")
        return max(0.0, most[0] - before)


def _pieces(length: int) -> Iterator[bytes]:
    piece = os.urandom(MIB)
    for _ in range(length // MIB):
        yield piece


@contextmanager
def _door(behind: str) -> Iterator[Running]:
    with (
        tempfile.TemporaryDirectory(prefix="halfday-bench-") as folder,
        serving(Path(folder), SEED, core=SERVER_CORE, upstream=behind) as running,
    ):
        yield running


@contextmanager
def _moto() -> Iterator[str]:
    """moto's server on the load's core, so that the door has one to itself."""
    port = free_port()
    with _program(LOAD_CORE, ["moto.server", "-H", "127.0.0.1", "-p", str(port)], port) as origin:
        yield origin


@contextmanager
def _relay(behind: str) -> Iterator[str]:
    port = free_port()
    with _program(SERVER_CORE, ["bench.relay", str(port), str(urlsplit(behind).port)], port) as origin:
        yield origin


@contextmanager
def _program(core: str, module: Sequence[str], port: int) -> Iterator[str]:
    """Python's module with its arguments on that core, until the end of `with`: its origin."""
    command = ["taskset", "-c", core, sys.executable, "-m", *module]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


@contextmanager
def _dropping() -> Iterator[str]:
    """A server that reads each request to its end, keeps nothing, and says that it is stored."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_drop_all, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def _drop_all(listening: socket.socket) -> None:
    while True:
        try:
            peer, _ = listening.accept()
        except OSError:
            return
        threading.Thread(target=_drop, args=(peer,), daemon=True).start()


def _drop(peer: socket.socket) -> None:
    with peer:
        waiting = b""
        while piece := peer.recv(MIB):
            waiting += piece
            while (end := waiting.find(b"\r\n\r\n")) >= 0:
                head = waiting[:end].lower()
                left = int(head.partition(b"content-length:")[2].split(b"\r\n")[0] or 0) - len(waiting[end + 4 :])
                waiting = waiting[len(waiting) + left :] if left < 0 else b""
                while left > 0 and (piece := peer.recv(MIB)):
                    left -= len(piece)
                peer.sendall(b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: 0\r\n\r\n')


def _signed(host: str, method: str, path: str) -> dict[str, str]:
    given = [("host", host)]
    where = {"session_token": None, "region": "us-east-1", "service": "s3", "payload_hash": UNSIGNED_PAYLOAD}
    keys = {"access_key_id": KEYS[0], "secret_access_key": KEYS[1]}
    return {"Host": host, **sign(method, path, "", given, now=time.time(), **keys, **where)}  # type: ignore[arg-type]


def _ask(origin: str, method: str, path: str, body: bytes) -> bytes:
    connection = _connect(origin)
    connection.request(method, path, body=body, headers=_signed(urlsplit(origin).netloc, method, path))
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {answer.read()[:200]!r}")
    return answer.read()


def _connect(origin: str) -> http.client.HTTPConnection:
    at = urlsplit(origin)
    return http.client.HTTPConnection(at.hostname or "", at.port, timeout=120)


def _json(origin: str, request: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_sent(origin, request))
    return found


def _sent(origin: str, request: bytes) -> bytes:
    """One request as it stands, and its answer."""
    at = urlsplit(origin)
    with socket.create_connection((at.hostname or "", at.port or 80)) as peer:
        peer.sendall(request)
        answer = http.client.HTTPResponse(peer)
        answer.begin()
        return answer.read()


def _main() -> None:
    for goal in run().goals:
        print(goal)


if __name__ == "__main__":
    _main()
