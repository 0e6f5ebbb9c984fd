"""Two network namespaces with a wire between them: one is the server's, in the other stands whoever asks it."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

SERVER, ASKER = "10.249.7.1", "10.249.7.2"


@dataclass(frozen=True)
class Network:
    """The names of both namespaces."""

    server: str
    asker: str

    def ask(self, method: str, url: str, *, token: str = "", body: object = None, headers: str = "") -> tuple[int, str]:
        """Status and text of what the server answers somebody in the other namespace; 0 where nobody listens."""
        command = ["curl", "--silent", "--max-time", "20", "--noproxy", "*", "--request", method, url]
        command += ["--write-out", "\n%{http_code}"]
        for line in [f"Authorization: Bearer {token}" if token else "", *headers.splitlines()]:
            command += ["--header", line] if line else []
        command += ["--data", json.dumps(body)] if body is not None else []
        told = subprocess.run(("ip", "netns", "exec", self.asker, *command), capture_output=True, text=True)
        text, _, status = told.stdout.rpartition("\n")
        return int(status or 0), text

    def call(self, operation: str, **members: object) -> tuple[int, dict[str, object]]:
        """An operation of Cognito, signed with dummy keys."""
        keys = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host"
        headers = (
            f"X-Amz-Target: AWSCognitoIdentityProviderService.{operation}\n"
            "Content-Type: application/x-amz-json-1.1\nX-Amz-Date: 20260101T000000Z\n"
            f"Authorization: {keys}, Signature=0"
        )
        status, text = self.ask("POST", f"http://{SERVER}:4242/", body=members, headers=headers)
        return status, json.loads(text or "{}")


@contextmanager
def two_namespaces() -> Iterator[Network]:
    made = Network(f"halfday-server-{os.getpid()}", f"halfday-asker-{os.getpid()}")
    ends = [(made.server, f"hds{os.getpid()}", SERVER), (made.asker, f"hda{os.getpid()}", ASKER)]
    try:
        for name, _, _ in ends:
            _ip("netns", "add", name)
        _ip("link", "add", ends[0][1], "type", "veth", "peer", "name", ends[1][1])
        for name, device, address in ends:
            _ip("link", "set", device, "netns", name)
            _ip("-n", name, "addr", "add", f"{address}/24", "dev", device)
            _ip("-n", name, "link", "set", device, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield made
    finally:
        for name, _, _ in ends:
            subprocess.run(("ip", "netns", "del", name), capture_output=True)


def _ip(*words: str) -> None:
    done = subprocess.run(("ip", *words), capture_output=True, text=True)
    if done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")
