"""What a template names in S3 and lies on this machine: SAM's builds, CDK's assets, a package beside the template."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from halfday.server.templates.errors import TemplateRefused
from halfday.server.templates.sam import LOCAL

_MADE_AT = (1980, 1, 1, 0, 0, 0)
_LEFT_OUT = frozenset({"__pycache__", ".git"})


def local_file(folder: Path, bucket: str, key: str) -> Path | None:
    """The file or folder that would be uploaded under this key; None where it is not on this machine."""
    if bucket == LOCAL:
        path = folder / key
        return path if path.exists() else None
    for listed in sorted(folder.glob("*.assets.json")):
        if (found := _in_assets(listed, key)) is not None:
            return found
    beside = folder / key.rsplit("/", 1)[-1]
    return beside if beside.exists() else None


def local_template(folder: Path, url: str) -> Path | None:
    """The template of a nested stack: a path, or a URL in S3 whose key is one of the assets."""
    if "://" not in url:
        path = folder / url
        return path if path.is_file() else None
    key = urlsplit(url).path.rsplit("/", 1)[-1]
    return local_file(folder, "", key)


def _in_assets(listed: Path, key: str) -> Path | None:
    """By a manifest of CDK's (cloud assembly schema, FileAsset)."""
    document: Mapping[str, Any] = json.loads(listed.read_text())
    for file in document.get("files", {}).values():
        for place in file.get("destinations", {}).values():
            if place.get("objectKey") == key:
                return listed.parent / str(file["source"]["path"])
    return None


def zipped(path: Path) -> bytes:
    """A folder, or one file, as a zip that is the same as long as its content is; a zip as it stands."""
    if path.is_file() and zipfile.is_zipfile(path):
        return path.read_bytes()
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    root = path.parent if path.is_file() else path
    return zip_of(
        {
            file.relative_to(root).as_posix(): (file.read_bytes(), file.stat().st_mode & 0o777)
            for file in files
            if not _LEFT_OUT & set(file.relative_to(root).parts)
        }
    )


def zip_of(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, (content, mode) in files.items():
            about = zipfile.ZipInfo(name, _MADE_AT)
            about.external_attr = (0o100000 | mode) << 16
            about.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(about, content)
    return written.getvalue()


def code_of(folder: Path, code: Mapping[str, Any]) -> bytes:
    """A function's code, as a zip. Raises TemplateRefused where it is not here."""
    path = local_file(folder, str(code.get("S3Bucket", "")), str(code.get("S3Key", "")))
    if path is None:
        raise TemplateRefused(
            f"its code {code.get('S3Key')} is not on this machine: give the template as cdk synth, sam build or "
            "osls package left it, beside what they built"
        )
    return zipped(path)


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
