"""Reads pools by the calls of AWS: of AWS itself, or of whatever answers them. Nothing is called that changes anything.

Every answer is kept in a file beside, one a line: a reading that is cut off goes on where it was.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from halfday.cli.private_files import write_named
from halfday.cli.terminal import done, progress, say
from halfday.client.errors import SettingsError

_READS = ("Describe", "List", "Get", "AdminGet")
_KEEP = "halfday-import.json"
_NOT_KNOWN = frozenset(
    "500 501 404 405 InternalFailure InvalidAction NotImplemented NotImplementedException UnknownOperationException "
    "UnsupportedOperation UnsupportedOperationException".split()
)
"""What servers that stand for AWS answer to a call that they do not have: a code of theirs, or a page without one."""
_PROFILES = "--profile names a profile of ~/.aws/config"


def read_live(options: argparse.Namespace) -> dict[str, Any]:
    """Raises SettingsError and TransferRefused."""
    from halfday.server.transfer import documents
    from halfday.server.transfer.errors import CallRefused, TransferRefused
    from halfday.server.transfer.exporting import read_live as read

    keep = Path(options.keep or _KEEP)
    if not keep.name:
        raise SettingsError(f"{options.keep} is no file", hint="--keep names a file")
    answers = Answers(keep.with_name(f"{keep.name}.part"))
    ask = LiveCalls(options, answers)
    if answers.known:
        say(f"  going on with {answers.known} answers of {answers.path}")
    users = options.passwords != "trigger"
    try:
        found = asyncio.run(
            read(
                ask,
                options.live,
                secrets=True,
                users=users,
                progress=_reading,
            )
        )
    except CallRefused as refused:
        raise TransferRefused(", ".join(options.live), str(refused)) from refused
    except (LookupError, TypeError, ValueError, AttributeError) as problem:
        answers.forget()
        who = options.endpoint_url or "whoever answers"
        raise TransferRefused(", ".join(options.live), f"what {who} answers is not what AWS does") from problem
    finally:
        answers.close()
    document: dict[str, Any] = json.loads(documents.written(found))
    if options.keep:
        write_named(keep, documents.written(found))
        done(f"kept what was read in {keep}")
    answers.forget()
    for name in sorted(ask.not_known):
        say(f"  left out: what {name} tells: {options.endpoint_url} does not answer it")
    return document


class Answers:
    """The answers that were read, by what was asked. A line that a cut has left half is not counted."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._found: dict[str, Any] = {}
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            self._file = os.fdopen(descriptor, "r+b")
            os.fchmod(descriptor, 0o600)
            for line in self._file:
                if not line.endswith(b"\n"):
                    break
                key, answer = json.loads(line)
                self._found[str(key)] = dict(answer)
        except (OSError, ValueError, TypeError, RecursionError) as problem:
            hint = "remove it: the reading begins anew"
            raise SettingsError(f"{path} cannot be used: {problem}", hint=hint) from problem
        self._cut_half_line()

    def _cut_half_line(self) -> None:
        self._file.seek(0)
        content = self._file.read()
        self._file.truncate(content.rfind(b"\n") + 1)
        self._file.seek(0, os.SEEK_END)

    @property
    def known(self) -> int:
        return len(self._found)

    def find(self, key: str) -> Any:
        return self._found.get(key)

    def keep(self, key: str, answer: Any) -> None:
        self._found[key] = answer
        self._file.write(json.dumps([key, answer]).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        """What has no answer is not left lying about."""
        self._file.close()
        if not self._found:
            self.forget()

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)


class LiveCalls:
    """Calls by botocore, with the credentials of this shell or profile."""

    def __init__(self, options: argparse.Namespace, answers: Answers) -> None:
        try:
            import botocore.session
            from botocore.config import Config
            from botocore.exceptions import BotoCoreError
        except ImportError as problem:
            raise SettingsError("botocore is not installed", hint="pip install 'halfday[boto3]'") from problem
        self._endpoint, self._answers = options.endpoint_url, answers
        attempts = 2 if self._endpoint else 9
        retries = {"mode": "adaptive", "total_max_attempts": attempts}
        self._no_json = False
        self._config = Config(retries=retries, connect_timeout=10, read_timeout=30)
        self.not_known: set[str] = set()
        """The calls that another server than AWS does not have."""
        first = str(options.live[0])
        self._region = options.region or first.partition(":" if ":" in first else "_")[0]
        self._clients: dict[str, Any] = {}
        try:
            self._session = botocore.session.Session(profile=options.profile)
            if self._endpoint and self._session.get_credentials() is None:
                self._session.set_credentials("test", "test")
            if self._session.get_credentials() is None:
                raise SettingsError("there are no AWS credentials", hint=_PROFILES)
        except BotoCoreError as problem:
            raise SettingsError(
                f"{problem}".rstrip("."), hint="--profile names a profile of ~/.aws/config"
            ) from problem

    async def __call__(self, service: str, name: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        from halfday.server.transfer.errors import CallRefused

        if not name.startswith(_READS):
            raise AssertionError(f"{name} may change something")
        key = json.dumps([self._endpoint, service, name, given], sort_keys=True)
        if (known := self._answers.find(key)) is not None:
            return dict(_of_kept(known))
        client = self._client(service)
        call = getattr(client, xform_name(name), None)
        if call is None:  # a botocore of before the operation
            raise CallRefused("ResourceNotFoundException", f"this botocore has no {name}")
        if name in self.not_known:
            raise self._does_not_know(name)
        self._no_json = False
        try:
            answer = call(**given)
        except ClientError as error:
            told = error.response["Error"]
            if self._endpoint and str(told.get("Code")) in _NOT_KNOWN:
                raise self._does_not_know(name) from error
            raise CallRefused(str(told.get("Code")), f"{name}: {told.get('Message')}") from error
        except BotoCoreError as problem:
            raise CallRefused(type(problem).__name__, f"{name}: {problem}") from problem
        except ResponseParserError as problem:
            raise self._does_not_know(name) from problem
        if self._no_json:
            who = self._endpoint or "AWS"
            raise CallRefused("InvalidAnswer", f"{name}: what {who} answers is not what AWS does: it is no JSON")
        answer.pop("ResponseMetadata", None)
        kept = json.loads(json.dumps(answer, default=_to_kept))
        self._answers.keep(key, kept)
        return dict(_of_kept(kept))

    def _does_not_know(self, name: str) -> Exception:
        from halfday.server.transfer.asking import NOT_ANSWERED
        from halfday.server.transfer.errors import CallRefused

        self.not_known.add(name)
        return CallRefused(NOT_ANSWERED, f"{self._endpoint or 'AWS'} does not answer {name}")

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.create_client(
                service, region_name=self._region, endpoint_url=self._endpoint, config=self._config
            )
            meta = self._clients[service].meta
            if "json" in meta.service_model.metadata["protocol"]:
                meta.events.register("response-received", self._look_at)
        return self._clients[service]

    def _look_at(self, response_dict: Mapping[str, Any] | None = None, **_: Any) -> None:
        """Botocore takes an answer that is no JSON for an empty one, and a list ends with it."""
        if response_dict is None or response_dict["status_code"] >= 300:
            return
        try:
            json.loads(response_dict["body"])
        except (ValueError, RecursionError):
            self._no_json = True


def _to_kept(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    return str(value)


def _of_kept(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"$bytes"}:
            return base64.b64decode(value["$bytes"])
        return {name: _of_kept(each) for name, each in value.items() if each is not None}
    return [_of_kept(each) for each in value] if isinstance(value, list) else value


def _reading(kind: str, number: int, whole: int) -> None:
    progress(f"reading {kind}", number, whole)
