"""Header and path tricks of a person with good credentials for one folder: another's secret is neither read, copied,
changed nor listed, and one request is one request, whoever counts its length.
"""

from __future__ import annotations

import re
from dataclasses import replace

from attack.front_door_tricks import tricks
from attack.house import BUCKET, SECRET, House, house
from attack.report import Report
from attack.signing import Request, send, sign

MARK = b"Hush7"


def run() -> Report:
    report = Report("front door")
    with house() as built:
        before = _keys(built)
        mine = f"/{BUCKET}/{built.mallory.folder}/mine"
        assert send(built.address, sign(built.request("PUT", mine, b"mine"), built.mallory.keys))[0] == 200
        for label, request in tricks(built, mine):
            _try(report, built, label, request)
        _uploads(report, built, mine)
        _check_all(report, built, before)
    return report


def _try(report: Report, built: House, label: str, request: Request) -> None:
    """Nothing of the secret comes back, and nothing but a sane status."""
    report.count("tricks")
    status, heard = send(built.address, request)
    report.count(f"answered {status}")
    report.hold(MARK not in heard, f"{label}: the secret came back")
    report.hold(status != 500 and status != 502, f"{label}: answered {status}")
    report.hold(status != 0, f"{label}: no answer")
    _check_secret(report, built, label)


def _check_secret(report: Report, built: House, label: str) -> None:
    status, heard = built.as_root("GET", built.secret_path)
    if status != 200 or not heard.endswith(SECRET):
        report.broke(f"{label}: the secret is changed or gone: {status} {heard[-120:]!r}")
        built.as_root("PUT", built.secret_path, SECRET)


def _keys(built: House) -> list[str]:
    listing = built.as_root("GET", f"/{BUCKET}", b"", **{"list-type": "2"})[1].decode(errors="replace")
    return re.findall(r"<Key>([^<]*)</Key>", listing)


def _check_all(report: Report, built: House, before: list[str]) -> None:
    """Wherever anything was written: no copy of the secret, and nothing outside the two folders.

    Each trick writes a key of its own, so that the next one does not cover its traces. What another program of this
    process left in moto's memory was there `before`.
    """
    keys = [key for key in _keys(built) if key not in before]
    report.count("objects looked at afterwards", len(keys))
    folders = [folder.replace("%3A", ":") for folder in (built.ada.folder, built.mallory.folder)]
    for key in keys:
        report.hold(key.startswith(f"{folders[1]}/") or key == f"{folders[0]}/secret", f"mallory wrote {key}")
        if key.startswith(folders[1]):
            path = f"/{BUCKET}/{key}".replace(":", "%3A")
            report.hold(MARK not in built.as_root("GET", path)[1], f"the secret was copied to {key}")


def _uploads(report: Report, built: House, mine: str) -> None:
    """An upload that ada began is not continued, completed or thrown away under a key of mallory's, nor hers by him."""
    begun = sign(replace(built.request("POST", built.secret_path), query=(("uploads", ""),)), built.ada.keys)
    upload = send(built.address, begun)[1].decode(errors="replace").partition("<UploadId>")[2].partition("<")[0]
    own = sign(replace(built.request("POST", mine), query=(("uploads", ""),)), built.mallory.keys)
    mallorys = send(built.address, own)[1].decode(errors="replace").partition("<UploadId>")[2].partition("<")[0]
    done = b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>"
    for label, method, path, query, body in (
        ("a part of another's upload", "PUT", mine, {"partNumber": "1", "uploadId": upload}, b"overwritten"),
        ("another's upload completed", "POST", mine, {"uploadId": upload}, done),
        ("another's upload thrown away", "DELETE", mine, {"uploadId": upload}, b""),
        ("another's parts listed", "GET", mine, {"uploadId": upload}, b""),
        ("one's own upload under another's key", "POST", built.secret_path, {"uploadId": mallorys}, done),
        ("another's upload under another key", "PUT", f"{mine}-2", {"partNumber": "1", "uploadId": upload}, b"x"),
    ):
        report.count("tricks")
        status, heard = send(built.address, sign(built.request(method, path, body, **query), built.mallory.keys))
        report.hold(400 <= status < 500, f"{label}: answered {status} {heard[-160:]!r}")
        _check_secret(report, built, label)


if __name__ == "__main__":
    print(run())
