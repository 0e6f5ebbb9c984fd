"""The corpus of hostile sizes: JSON, patterns of the model, documents within documents."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from functools import cache
from typing import Any

import botocore.session

from attack.scale import sized
from attack.size_cases import Case, form_case, hostile_strings, json_case, members_case, query_case
from attack.targets import JOB_ROLE, TRUST, Target

LONG = 100_000
MEGA = 1_000_000
SERVICES = {"cognito-idp": "2016-04-18", "cognito-identity": "2014-06-30"}


def corpus(target: Target) -> Iterator[Case]:
    yield from json_bombs(target)
    yield from model_strings(target)
    yield from model_lists(target)
    yield from documents(target)
    yield from policies(target)


def json_bombs(target: Target) -> Iterator[Case]:
    for operation in ("SignUp", "ListUserPools", "CreateUserPool"):
        for depth in (900, LONG, 2 * MEGA):
            yield json_case(f"{depth} brackets", operation, "[" * depth)
            yield json_case(f"{depth} braces", operation, lambda depth=depth: '{"a":' * depth)
            yield json_case(f"{depth} brackets, closed", operation, lambda depth=depth: "[" * depth + "]" * depth)
        for number in ("1e999", "-1e999", "1e-999", "NaN", "-Infinity", "0" * LONG):
            yield json_case(f"the number {number[:12]}", operation, f'{{"MaxResults":{number}}}')
        for digits in (4_301, LONG, 4 * MEGA):
            yield json_case(f"{digits} digits", operation, lambda digits=digits: f'{{"MaxResults":{"9" * digits}}}')
            yield json_case(f"{digits} decimals", operation, lambda digits=digits: f'{{"MaxResults":0.{"9" * digits}}}')
    yield json_case("10 MB of blanks", "SignUp", lambda: " " * 10 * MEGA)
    yield json_case("a key of 4 MB", "SignUp", lambda: f'{{"{"k" * 4 * MEGA}":1}}')
    yield json_case("200,000 keys", "SignUp", lambda: json.dumps({f"k{n}": 0 for n in range(200_000)}))
    yield json_case("one key 400,000 times", "SignUp", lambda: "{" + ",".join(['"Username":"x"'] * 400_000) + "}")
    yield json_case("4 MB of escapes", "SignUp", lambda: '{"Username":"' + "\\u0000" * 700_000 + '"}')
    yield json_case("lone surrogates", "SignUp", lambda: '{"Username":"' + "\\ud800" * LONG + '"}')
    yield json_case("bytes that are no text", "SignUp", lambda: b'{"Username":"' + b"\xff\xfe" * MEGA + b'"}')
    yield json_case("64 MB", "SignUp", lambda: '{"Username":"' + "a" * 64 * MEGA + '"}')
    yield json_case("gzip, said and not done", "SignUp", b"\x1f\x8b" + b"a" * MEGA, **{"Content-Encoding": "gzip"})


def model_strings(target: Target) -> Iterator[Case]:
    """Strings that the model bounds or gives a pattern, at any depth, each with hostile texts."""
    places = [(service, name, path) for service in SERVICES for name, path in string_places(service)]
    chance = random.Random(8)
    texts = list(hostile_strings(LONG))
    for service, operation, path in chance.sample(places, min(len(places), sized(120, len(places)))):
        label, text = chance.choice(texts)
        yield _at(target, service, operation, path, label, text)
    for label, text in texts:
        yield members_case(f"Password, {label}", "SignUp", ClientId=target.client_id, Username="x", Password=text)
        yield members_case(f"Username, {label}", "SignUp", ClientId=target.client_id, Username=text, Password="x")
        given = {"USERNAME": text, "PASSWORD": text}
        flow = {"ClientId": target.client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given}
        yield members_case(f"USERNAME, {label}", "InitiateAuth", **flow)
        yield members_case(f"Filter, {label}", "ListUsers", UserPoolId=target.pool_id, Filter=f'name ^= "{text}"')
        yield members_case(f"AccessToken, {label}", "GetUser", AccessToken=text)


def model_lists(target: Target) -> Iterator[Case]:
    """Lists and maps of the model, with far too many members."""
    places = [(service, name, path) for service in SERVICES for name, path in string_places(service, "list", "map")]
    chance = random.Random(9)
    for service, operation, path in chance.sample(places, min(len(places), sized(40, len(places)))):
        for label, element in (("empty maps", {}), ("texts", "x"), ("nulls", None)):
            many = [element] * MEGA if path[-1] != "(map)" else {f"k{n}": element for n in range(100_000)}
            yield _at(target, service, operation, path[:-1], f"a million {label}", many)
    for label, element in (("empty maps", "{}"), ("nulls", "null"), ("lists", "[]"), ("named", '{"Name":"a"}')):
        body = f'{{"ClientId":"{target.client_id}","Username":"x","Password":"y","UserAttributes":['
        text = lambda body=body, element=element: body + ",".join([element] * (4 * MEGA // len(element))) + "]}"  # noqa: E731
        yield json_case(f"UserAttributes of 4 MB of {label}", "SignUp", text)


def documents(target: Target) -> Iterator[Case]:
    """Documents that are read again: style sheets, branding, templates, addresses."""
    for label, css in _style_sheets():
        given = {"UserPoolId": target.pool_id, "ClientId": "ALL", "CSS": css}
        yield members_case(f"CSS, {label}", "SetUICustomization", **given)
    here = {"UserPoolId": target.pool_id, "ClientId": target.client_id}
    for depth in (100, 5_000):
        settings = '{"a":' * depth + "1" + "}" * depth
        body = f'{{"UserPoolId":"{target.pool_id}","ClientId":"{target.client_id}","Settings":{settings}}}'
        yield json_case(f"Settings {depth} deep", "CreateManagedLoginBranding", body)
    yield members_case(
        "Settings of 50,000 keys",
        "CreateManagedLoginBranding",
        **here,
        Settings={f"k{n}": {"a": [n]} for n in range(50_000)},
    )
    yield members_case("an image of 8 MB", "SetUICustomization", **here, ImageFile="A" * 8 * MEGA)
    assets = [{"Category": "FORM_LOGO", "ColorMode": "LIGHT", "Extension": "PNG", "Bytes": "A" * 2 * MEGA}] * 3
    yield members_case("Assets of 6 MB", "CreateManagedLoginBranding", **here, Assets=assets)
    for label, text in hostile_strings(20_000):
        template = {"EmailMessage": text + "{####}", "EmailSubject": text[:140] or "s"}
        yield members_case(
            f"template, {label}", "UpdateUserPool", UserPoolId=target.pool_id, VerificationMessageTemplate=template
        )
        yield members_case(f"CallbackURLs, {label}", "UpdateUserPoolClient", **here, CallbackURLs=[text])
    addresses = [f"https://a{n}.example/{'p' * 900}" for n in range(5_000)]
    yield members_case("5,000 CallbackURLs", "UpdateUserPoolClient", **here, CallbackURLs=addresses)
    job = {"UserPoolId": target.pool_id, "JobName": "x" * MEGA, "CloudWatchLogsRoleArn": JOB_ROLE + "/" * MEGA}
    yield members_case("names of 1 MB", "CreateUserImportJob", **job)


def _style_sheets() -> Iterator[tuple[str, str]]:
    yield "20,000 blanks", " " * 20_000
    yield "130,000 blanks", " " * 130_000
    yield "comments without end", "/*" * 60_000
    yield "half comments", "/* *" * 30_000
    yield "braces", "{" * 130_000
    yield "selectors", ".a " * 40_000
    yield "rules", ".logo-customizable{max-width:1%}" * 4_000
    yield "declarations", ".logo-customizable{" + "max-width:1%;" * 9_000 + "}"
    yield "strings", '"\\' * 60_000
    yield "line feeds", "\n" * 130_000
    yield "brackets", "((([[[" * 20_000
    yield "commas", "," * 130_000
    yield "semicolons and blanks", "; " * 60_000
    yield "at-rules", "@import url(x);" * 8_000


def policies(target: Target) -> Iterator[Case]:
    """Policy documents and what is matched with them."""
    for label, document in _policy_documents():
        text = json.dumps(document) if not isinstance(document, str) else document
        yield query_case(
            f"role policy, {label}", "iam", Action="PutRolePolicy", RoleName="role", PolicyName="p", PolicyDocument=text
        )
        yield query_case(
            f"trust, {label}", "iam", Action="CreateRole", RoleName=f"r{len(text)}", AssumeRolePolicyDocument=text
        )
    for label, text in hostile_strings(LONG):
        yield query_case(f"name, {label}", "iam", Action="GetRole", RoleName=text)
        yield query_case(
            f"token, {label}",
            "sts",
            Action="AssumeRoleWithWebIdentity",
            WebIdentityToken=text,
            RoleArn=JOB_ROLE,
            RoleSessionName="s",
        )
    nested = "a." * 40_000 + "b"
    yield query_case("a name with 40,000 dots", "iam", Action="CreateRole", **{nested: "1"})
    members = {f"Tags.member.{n}.Key": "k" for n in range(30_000)}
    yield query_case("30,000 tags", "iam", Action="CreateRole", RoleName="t", **members)
    yield query_case(
        "an index of 10^12", "iam", Action="CreateRole", RoleName="t", **{f"Tags.member.{10**12}.Key": "k"}
    )
    yield form_case("300,000 fields", "/?x", lambda: "&".join(["a=1"] * 300_000))


def _policy_documents() -> Iterator[tuple[str, Any]]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    yield "10,000 statements", {"Version": "2012-10-17", "Statement": [statement] * 10_000}
    yield "10,000 actions", {"Version": "2012-10-17", "Statement": {**statement, "Action": ["s3:Get*"] * 10_000}}
    yield "5,000 wildcards", {"Version": "2012-10-17", "Statement": {**statement, "Resource": "*a" * 5_000}}
    yield "variables", {"Version": "2012-10-17", "Statement": {**statement, "Resource": "${aws:username}" * 600}}
    yield "half variables", {"Version": "2012-10-17", "Statement": {**statement, "Resource": "${" * 4_000}}
    conditions = {"StringLike": {f"aws:k{n}": "*a*b*" for n in range(3_000)}}
    yield "3,000 conditions", {"Version": "2012-10-17", "Statement": {**statement, "Condition": conditions}}
    yield "deep", "[" * 100_000 + "]" * 100_000
    yield "deep maps", '{"Statement":' * 50_000 + "1" + "}" * 50_000
    yield "digits", '{"Version":' + "9" * 100_000 + "}"
    yield "1 MB", {**TRUST, "Id": "x" * 1_000_000}


def _at(target: Target, service: str, operation: str, path: tuple[str, ...], label: str, value: Any) -> Case:
    """The operation's input with `value` at `path`, and required ids that exist."""
    known = {"UserPoolId": target.pool_id, "ClientId": target.client_id, "AccessToken": target.access_token}
    known |= {"Username": "ada", "IdentityPoolId": target.identity_pool_id}
    required = input_shape(service, operation).required_members

    def body() -> str:
        nested: Any = value
        for step in reversed(path[1:]):
            nested = [nested] if step == "[]" else {step: nested}
        return json.dumps({**{name: known.get(name, "x") for name in required}, path[0]: nested})

    return json_case(f"{'.'.join(path)}, {label}", operation, body, service)


@cache
def model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def input_shape(service: str, operation: str) -> Any:
    return model(service).operation_model(operation).input_shape


@cache
def string_places(service: str, *kinds: str) -> list[tuple[str, tuple[str, ...]]]:
    """(operation, path) of each bounded string, or of each list and map. A map's path ends in "(map)"."""
    found = []
    for operation in model(service).operation_names:
        if shape := input_shape(service, operation):
            found += [(operation, path) for path in _walk(shape, (), kinds or ("string",))]
    return found


def _walk(shape: Any, path: tuple[str, ...], kinds: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if len(path) > 5:
        return
    if path and shape.type_name in kinds:
        yield path if kinds == ("string",) else (*path, f"({shape.type_name})")
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from _walk(member, (*path, name), kinds)
    elif shape.type_name == "list":
        yield from _walk(shape.member, (*path, "[]"), kinds)
