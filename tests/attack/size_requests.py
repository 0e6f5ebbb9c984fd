"""The corpus of hostile sizes, continued: paths, headers, cookies, forms, CSV files, S3's documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlencode

from attack.size_cases import Case, form_case, hostile_strings
from attack.targets import JOB_ROLE, Target, s3_headers
from attack.wire import Client, dummy_signature

MEGA = 1_000_000
Body = Callable[[], str]


def corpus(target: Target) -> Iterator[Case]:
    yield from addresses(target)
    yield from headers(target)
    yield from forms(target)
    yield from signatures()
    yield from xml_documents(target)
    yield from chunked_bodies(target)
    yield from objects(target)
    yield from csv_files(target)


def addresses(target: Target) -> Iterator[Case]:
    for length in (8_000, 60_000, 500_000):
        yield Case(f"a path of {length}", "GET", "/" + "p" * length)
        yield Case(f"{length} slashes", "GET", "/" * length)
        yield Case(f"a query of {length}", "GET", f"/login?client_id={'c' * length}")
        yield Case(f"{length // 2} parameters", "GET", "/oauth2/authorize?" + "a&" * (length // 2))
        yield Case(f"{length // 3} escapes", "GET", "/login?client_id=" + "%41" * (length // 3))
        yield Case(f"dots, {length}", "GET", "/" + "../" * (length // 3))
    asked = {"client_id": target.client_id, "response_type": "code", "redirect_uri": "http://localhost:8080"}
    for name in ("state", "nonce", "scope", "code_challenge", "login_hint", "lang", "identity_provider", "prompt"):
        yield Case(f"{name} of 50,000", "GET", "/oauth2/authorize?" + urlencode({**asked, name: "x " * 25_000}))
    for length in (2_000, 30_000):
        yield Case(f"logout_uri of {length}", "GET", f"/logout?client_id={target.client_id}&logout_uri={'u' * length}")
    yield Case("a pool id of 30,000", "GET", f"/{'p' * 30_000}/.well-known/jwks.json")
    yield Case("a method of 10,000", "X" * 10_000, "/")


def headers(target: Target) -> Iterator[Case]:
    for length in (8_000, 60_000, 1_000_000):
        yield Case(f"a header of {length}", "GET", "/login", {"X-Long": "x" * length})
        yield Case(f"a cookie of {length}", "GET", "/login", {"Cookie": f"csrf={'c' * length}"})
        yield Case(f"{length // 5} cookies", "GET", "/login", {"Cookie": "a=b; " * (length // 5)})
        yield Case(f"bearer of {length}", "GET", "/oauth2/userInfo", {"Authorization": f"Bearer {'t' * length}"})
        yield Case(f"basic of {length}", "POST", "/oauth2/token", {"Authorization": f"Basic {'QTp' * (length // 3)}"})
        yield Case(f"token of {length} dots", "GET", "/oauth2/userInfo", {"Authorization": "Bearer " + "." * length})
        yield Case(f"target of {length}", "POST", "/", {"X-Amz-Target": "A." * (length // 2)})
        yield Case(f"user agent of {length}", "GET", "/login", {"User-Agent": "\\" * length})
        yield Case(f"a type of {length}", "POST", "/login", {"Content-Type": "a/b;" + "c=d;" * (length // 4)})
        yield Case(f"accept of {length}", "GET", "/login", {"Accept-Language": "en;q=0.1," * (length // 9)})
        yield Case(f"forwarded {length}", "GET", "/", {"X-Forwarded-For": "10.0.0.1, " * (length // 10)})
        yield Case(f"a host of {length}", "GET", "/", {"Host": "h" * length})
    for number in (50, 150, 5_000, 100_000):
        yield Case(f"{number} headers", "GET", "/login", {f"X-{n}": "v" for n in range(number)})
        yield Case(f"{number} headers without value", "GET", "/login", {f"X-{n}": "" for n in range(number)})


def forms(target: Target) -> Iterator[Case]:
    login = f"/login?client_id={target.client_id}&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A8080"
    paths = [login, "/oauth2/token", "/oauth2/revoke", "/"]
    for path in paths:
        yield form_case("200,000 fields", path, lambda: "a=1&" * 200_000)
        yield form_case("1 MB of ampersands", path, lambda: "&" * MEGA)
        yield form_case("1 MB of equals signs", path, lambda: "=" * MEGA)
        yield form_case("3 MB of escapes", path, lambda: "a=" + "%00" * MEGA)
        yield form_case("32 MB", path, lambda: "a=" + "x" * 32 * MEGA)
        yield form_case("half escapes", path, lambda: "a=" + "%" * MEGA)
        yield form_case("bytes that are no text", path, b"a=" + b"\xff" * MEGA)
        typed = {"Content-Type": "multipart/form-data; boundary=b"}
        yield Case(f"{path[:6]}: 20,000 parts", "POST", path, typed, _parts)
        boundary = {"Content-Type": f"multipart/form-data; boundary={'-' * 5_000}"}
        yield Case(f"{path[:6]}: dashes", "POST", path, boundary, lambda: "-" * MEGA)
    for name in ("username", "password", "csrf", "_csrf", "cognitoAsfData"):
        for label, text in list(hostile_strings(250_000))[:8]:
            fields = {"username": "x", "password": "y", name: text}
            yield form_case(
                f"{name}, {label}", login, lambda fields=fields: urlencode(fields), Cookie="csrf=x; XSRF-TOKEN=x"
            )
    for grant in ("authorization_code", "refresh_token", "client_credentials"):
        for name in ("code", "refresh_token", "code_verifier", "scope", "client_id", "client_secret", "redirect_uri"):
            fields = {"grant_type": grant, "client_id": target.client_id, name: "Hush7 " * 100_000}
            yield form_case(f"{grant}, {name}", "/oauth2/token", lambda fields=fields: urlencode(fields))


def _parts() -> str:
    return "".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\nx\r\n' for n in range(20_000))


def signatures() -> Iterator[Case]:
    """Claims of a signature that are large before anything is proven."""
    known = dummy_signature("s3")
    scope, rest = "20250101/us-east-1/s3/aws4_request", "SignedHeaders=host, Signature=0"
    for length in (8_000, 50_000):
        for label, changed in {
            "a scope": f"Credential=test/{'d' * length}/us-east-1/s3/aws4_request, {rest}",
            "a key": f"Credential={'k' * length}/{scope}, {rest}",
            "headers": f"Credential=test/{scope}, SignedHeaders={'a;' * (length // 2)}, Signature=0",
            "a signature": f"Credential=test/{scope}, SignedHeaders=host, Signature={'0' * length}",
            "commas": f"Credential=test/{scope}" + "," * length,
            "blanks": " " * length + f"Credential=test/{scope}, {rest}",
        }.items():
            sent = {**known, "Authorization": f"AWS4-HMAC-SHA256 {changed}"}
            yield Case(f"{label} of {length}", "GET", "/hostile/key", sent)
        query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={'c%2F' * (length // 4)}&X-Amz-Signature=0"
        yield Case(f"presigned, {length}", "GET", f"/hostile/key?{query}")
        yield Case(f"presigned twice, {length}", "GET", "/hostile/key?" + "X-Amz-Signature=0&" * (length // 18))


def xml_documents(target: Target) -> Iterator[Case]:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    laugh = f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e0 "ha">{entities}]><Delete>&e11;</Delete>'
    quadratic = f'<!DOCTYPE d [<!ENTITY e "{"x" * 50_000}">]><Delete>{"&e;" * 20_000}</Delete>'
    bodies: dict[str, Body | str] = {
        "entities within entities": laugh,
        "one large entity": quadratic,
        "an entity from a file": '<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><Delete>&e;</Delete>',
        "100,000 deep": lambda: "<a>" * 100_000,
        "an attribute of 4 MB": lambda: f'<Delete a="{"x" * 4 * MEGA}"/>',
        "100,000 attributes": lambda: "<Delete " + " ".join(f'a{n}="1"' for n in range(100_000)) + "/>",
        "200,000 objects": lambda: "<Delete>" + "<Object><Key>k</Key></Object>" * 200_000 + "</Delete>",
        "a key of 4 MB": lambda: f"<Delete><Object><Key>{'k' * 4 * MEGA}</Key></Object></Delete>",
        "open brackets": lambda: "<" * MEGA,
        "comments": lambda: "<!--" * 300_000,
        "1 MB of blanks": lambda: " " * MEGA,
        "another encoding": '<?xml version="1.0" encoding="foo"?><Delete/>',
        "a wide encoding": '<?xml version="1.0" encoding="utf-32"?><Delete/>',
        "namespaces": lambda: "<Delete " + " ".join(f'xmlns:n{n}="u"' for n in range(50_000)) + "/>",
    }
    for label, body in bodies.items():
        for query in ("delete", "tagging", "uploadId=x", "cors", "lifecycle", "acl"):
            method = "PUT" if query in ("tagging", "cors", "lifecycle", "acl") else "POST"
            path = f"/{target.bucket}{'/key' if query == 'uploadId=x' else ''}?{query}"
            yield Case(f"S3 {query}: {label}", method, path, s3_headers(), body)


def chunked_bodies(target: Target) -> Iterator[Case]:
    """Bodies in chunks that are cut small, never end, or promise more than there is."""
    bodies: dict[str, Body | str] = {
        "a million chunks": lambda: "1\r\nx\r\n" * MEGA,
        "chunks as small as may be": lambda: f"2000\r\n{'x' * 8192}\r\n" * 2000 + "0\r\n\r\n",
        "a chunk of 4 GB": "ffffffff\r\nx\r\n0\r\n\r\n",
        "a size of 4 MB": lambda: "0" * 4 * MEGA + "\r\n",
        "a trailer of 4 MB": lambda: "0\r\n" + "x-amz-checksum-crc32:" + "A" * 4 * MEGA + "\r\n\r\n",
        "a million trailers": lambda: "0\r\n" + "a:b\r\n" * MEGA + "\r\n",
        "16 MB of CRC-64": lambda: (
            f"{16 * MEGA:x}\r\n{'x' * 16 * MEGA}\r\n0\r\nx-amz-checksum-crc64nvme:{'A' * 11}=\r\n\r\n"
        ),
    }
    for label, body in bodies.items():
        length, trailer = (16 * MEGA, "crc64nvme") if "CRC" in label else (1, "crc32")
        said = {"Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Decoded-Content-Length": str(length)}
        said["Trailer"] = f"x-amz-checksum-{trailer}"
        sent = s3_headers(**{f"X-Amz-{name}": value for name, value in said.items()})
        yield Case(f"S3 chunks: {label}", "PUT", f"/{target.bucket}/chunks", sent, body)


def objects(target: Target) -> Iterator[Case]:
    here = f"/{target.bucket}"
    for length in (2_000, 30_000):
        yield Case(f"a key of {length}", "PUT", f"{here}/{'k' * length}", s3_headers(), b"x")
        yield Case(f"a key of {length} slashes", "GET", f"{here}/{'/' * length}", s3_headers())
        yield Case(f"a prefix of {length}", "GET", f"{here}?prefix={'p' * length}", s3_headers())
        copy = {"X-Amz-Copy-Source": f"/{target.bucket}/{'%41' * (length // 3)}"}
        yield Case(f"a copy source of {length}", "PUT", f"{here}/copied", s3_headers(**copy))
        tags = {"X-Amz-Tagging": "a=b&" * (length // 4)}
        yield Case(f"tags of {length}", "PUT", f"{here}/tagged", s3_headers(**tags), b"x")
    metadata = {f"X-Amz-Meta-{n}": "m" for n in range(80)}
    yield Case("80 metadata", "PUT", f"{here}/metadata", s3_headers(**metadata), b"x")
    yield Case(
        "50 MB of a key that nobody has",
        "PUT",
        f"{here}/large",
        dummy_signature("s3", "ASIANOBODY0000000000"),
        lambda: b"x" * 50 * MEGA,
    )


def csv_files(target: Target) -> Iterator[Case]:
    """Files of people, each for an import job of its own."""
    bodies: dict[str, Body] = {
        "5 MB of commas": lambda: "," * 5 * MEGA,
        "a quote that never ends": lambda: '"' + "x" * 3 * MEGA,
        "quotes": lambda: '"' * 2 * MEGA,
        "100,000 columns": lambda: ",".join(f"c{n}" for n in range(100_000)) + "\n" + "," * 100_000,
        "a name of 1 MB": lambda: "cognito:username,email\n" + "n" * MEGA + ",a@example.com\n",
        "200,000 rows": lambda: "cognito:username,email\n" + "u,u@example.com\n" * 200_000,
        "2,000,000 empty rows": lambda: "\n" * 2 * MEGA,
        "carriage returns": lambda: "\r" * 2 * MEGA,
        "NUL": lambda: "\0" * 2 * MEGA,
        "120 MB": lambda: "x" * 120 * MEGA,
    }
    for label, body in bodies.items():
        client = Client(target.server.address)
        given = {"UserPoolId": target.pool_id, "JobName": "hostile", "CloudWatchLogsRoleArn": JOB_ROLE}
        job = client.idp("CreateUserImportJob", **given)["UserImportJob"]
        client.close()
        path = "/" + job["PreSignedUrl"].split("/", 3)[3]
        sent = {"Content-Type": "application/octet-stream", "x-amz-server-side-encryption": "aws:kms"}
        yield Case(f"CSV: {label}", "PUT", path, sent, body)
