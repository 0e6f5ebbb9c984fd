"""A record that is printed, by a debugger, in a traceback, in a log, shows no secret: such fields are repr=False."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
import re

import halfday.server

SECRET = re.compile(
    "secret|client_secret|.*secret_access_key|password|private|private_pem|upload_key|srp_.*|salt_hex|verifier_hex|"
    "token|.*_token|code|codes|superseded|nonce|memory|query|body|address|destination|attributes|user_attributes"
)
"""Names of fields: secrets, codes and tokens, and what people are like."""


def test_fields_that_hold_secrets_are_not_shown() -> None:
    found, shown = 0, []
    for module in pkgutil.walk_packages(halfday.server.__path__, "halfday.server."):
        for kind in vars(importlib.import_module(module.name)).values():
            if not (isinstance(kind, type) and dataclasses.is_dataclass(kind) and kind.__module__ == module.name):
                continue
            for field in dataclasses.fields(kind):
                if SECRET.fullmatch(field.name):
                    found += 1
                    shown += [f"{module.name}.{kind.__name__}.{field.name}"] if field.repr else []
    assert shown == []
    assert found > 30, "these are the records"
