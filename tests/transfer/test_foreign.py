"""Files of other products are read, and what is wrong in them is told with its place."""

from __future__ import annotations

import base64
import hashlib
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from halfday.server.transfer.errors import TransferRefused
from halfday.server.transfer.foreign import amplify, cognito_local, loosened, people
from transferred import bring_into, exported
from world import PASSWORD, Pool, World

EXPORT = {"Format": "halfday-export", "Version": 1}
LOOSE_SECRET = "8d118996-ae60-4386-ba79-243e6e0c32c3"
DATE = "2024-01-02T03:04:05.000Z"


def cognito_local_folder(path: Path) -> Path:
    folder = path / ".cognito" / "db"
    folder.mkdir(parents=True)
    client = {
        "ClientId": "8xr2w5cnmlz9u7x6b4hb3pfuk",
        "ClientName": "web",
        "UserPoolId": "local_2aBcDeFg",
        "CreationDate": DATE,
        "LastModifiedDate": DATE,
        "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        "TokenValidityUnits": {"AccessToken": "hours", "IdToken": "minutes", "RefreshToken": "days"},
        "RefreshTokenValidity": 7,
    }
    (folder / "clients.json").write_text(json.dumps({"Clients": {client["ClientId"]: client}}))
    user = {
        "Username": "11111111-2222-4333-8444-555555555555",
        "Password": PASSWORD,
        "UserStatus": "CONFIRMED",
        "Enabled": True,
        "Attributes": [
            {"Name": "sub", "Value": "11111111-2222-4333-8444-555555555555"},
            {"Name": "email", "Value": "ada@example.com"},
            {"Name": "email_verified", "Value": "true"},
            {"Name": "custom:team", "Value": "red"},
        ],
        "UserCreateDate": DATE,
        "UserLastModifiedDate": DATE,
        "RefreshTokens": ["x"],
        "MFAOptions": None,
    }
    team = {"Name": "custom:team", "AttributeDataType": "String", "Mutable": True, "Required": False}
    pool = {
        "Users": {user["Username"]: user},
        "Groups": {"admins": {"GroupName": "admins", "members": [user["Username"]], "CreationDate": DATE}},
        "Options": {
            "Id": "local_2aBcDeFg",
            "Name": "mine",
            "UsernameAttributes": ["email"],
            "SchemaAttributes": [team],
            "Policies": {"PasswordPolicy": {"MinimumLength": 6, "RequireSymbols": False}},
            "MfaConfiguration": "OFF",
            "CreationDate": DATE,
        },
    }
    (folder / "local_2aBcDeFg.json").write_text(json.dumps(pool))
    return folder


def test_cognito_local_s_pool_goes_on(world: World, tmp_path: Path) -> None:
    bring_into(world, cognito_local.read(cognito_local_folder(tmp_path)))
    idp = world.boto3("cognito-idp", region_name="local")
    given = {"USERNAME": "ada@example.com", "PASSWORD": PASSWORD}
    client = "8xr2w5cnmlz9u7x6b4hb3pfuk"
    answer = idp.initiate_auth(ClientId=client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    user = idp.get_user(AccessToken=answer["AuthenticationResult"]["AccessToken"])
    assert {one["Name"]: one["Value"] for one in user["UserAttributes"]}["custom:team"] == "red"
    groups = idp.admin_list_groups_for_user(UserPoolId="local_2aBcDeFg", Username=user["Username"])["Groups"]
    assert [one["GroupName"] for one in groups] == ["admins"]


def cognito_local_user(name: str, **more: Any) -> dict[str, Any]:
    attributes = [{"Name": "sub", "Value": name}, {"Name": "email", "Value": f"{name}@example.com"}]
    user = {"Username": name, "Password": PASSWORD, "UserStatus": "CONFIRMED", "Enabled": True, **more}
    return {**user, "Attributes": attributes + more.get("Attributes", [])}


def test_who_was_invited_with_a_temporary_password_chooses_another(world: World, tmp_path: Path) -> None:
    folder = cognito_local_folder(tmp_path)
    pool = json.loads((folder / "local_2aBcDeFg.json").read_text())
    pool["Users"] = {"grace": cognito_local_user("grace", UserStatus="FORCE_CHANGE_PASSWORD")}
    (folder / "local_2aBcDeFg.json").write_text(json.dumps(pool))
    bring_into(world, cognito_local.read(folder))
    answer = world.boto3("cognito-idp", region_name="local").initiate_auth(
        ClientId="8xr2w5cnmlz9u7x6b4hb3pfuk",
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "grace@example.com", "PASSWORD": PASSWORD},
    )
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_who_is_refused_is_told_and_the_others_come(world: World, tmp_path: Path) -> None:
    folder = cognito_local_folder(tmp_path)
    pool = json.loads((folder / "local_2aBcDeFg.json").read_text())
    phone = [{"Name": "phone_number", "Value": "0123456"}]
    unknown = [{"Name": "custom:rank", "Value": "7"}, {"Name": "favourite", "Value": "7"}]
    pool["Users"] = {
        "a": cognito_local_user("a", Attributes=phone),
        "b": cognito_local_user("b"),
        "c": cognito_local_user("c", Attributes=unknown),
        "d": cognito_local_user("d"),
    }
    (folder / "local_2aBcDeFg.json").write_text(json.dumps(pool))
    told = bring_into(world, cognito_local.read(folder))
    assert told["Made"]["users"] == 2
    assert [one.split(": user ")[1] for one in told["Refused"]] == [
        "a: Invalid phone number format.",
        "c: Attributes did not conform to the schema: custom:rank: Attribute does not exist in the schema.; "
        "favourite: Attribute does not exist in the schema.",
    ]
    assert bring_into(world, cognito_local.read(folder))["Refused"] == told["Refused"]


def test_what_looser_servers_let_through_is_made_so_that_it_can_be_kept(world: World) -> None:
    """As moto answers: MFA without a factor, SMS without a role, a custom domain without its certificate, UUIDs."""
    pool = {"Id": "us-east-1_c0ffee00c0ffee00", "Name": "loose", "AutoVerifiedAttributes": ["phone_number"]}
    loose = {
        "UserPool": {**pool, "MfaConfiguration": "ON", "Arn": "arn:aws:cognito-idp:local:local:userpool/x"},
        "MfaConfig": {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": False}},
        "Domains": [{"Domain": "auth.example.com"}, {"Domain": "loose"}],
        "Clients": [{"UserPoolClient": {"ClientId": "c0ffee", "ClientName": "web", "ClientSecret": LOOSE_SECRET}}],
        "Groups": [{"GroupName": "a b"}, {"GroupName": "ab"}],
        "Users": [{"Username": "ada", "Groups": ["a b", "ab"], "Attributes": [{"Name": "custom:x", "Value": "7"}]}],
    }
    document, told = loosened.as_aws_takes({**EXPORT, "UserPools": [loose]})
    assert len(told) == 5
    bring_into(world, document)
    found = exported(world, pool=pool["Id"])["UserPools"][0]
    assert found["MfaConfig"]["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert [one["Domain"] for one in found["Domains"]] == ["loose"]
    client = world.idp.describe_user_pool_client(UserPoolId=pool["Id"], ClientId="c0ffee")["UserPoolClient"]
    assert client["ClientSecret"] == LOOSE_SECRET
    assert found["Users"][0]["Groups"] == ["ab"]
    assert {"Name": "custom:x", "Value": "7"} in found["Users"][0]["Attributes"]
    again, told = loosened.as_aws_takes(document)
    assert (again, told) == (document, [])


def keycloak(path: Path) -> Path:
    salt, value = b"0123456789abcdef", hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"0123456789abcdef", 2750, 64)
    secret = {"value": base64.b64encode(value).decode(), "salt": base64.b64encode(salt).decode()}
    data = {"hashIterations": 2750, "algorithm": "pbkdf2-sha256", "additionalParameters": {}}
    password = {"type": "password", "secretData": json.dumps(secret), "credentialData": json.dumps(data)}
    ada = {
        "id": "7c1d1a0e-6a6e-4f1f-9a8e-0e3a4d2f5b11",
        "username": "ada",
        "email": "ada@example.com",
        "emailVerified": True,
        "firstName": "Ada",
        "enabled": True,
        "credentials": [password],
        "groups": ["/staff/admins"],
    }
    file = path / "realm.json"
    file.write_text(json.dumps({"realm": "mine", "users": [ada]}))
    return file


def auth0(path: Path) -> Path:
    import bcrypt

    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    one = {"_id": {"$oid": "60425dc43519d90068f82973"}, "email": "ada@example.com", "email_verified": True}
    file = path / "users.ndjson"
    file.write_text(json.dumps({**one, "username": "ada", "passwordHash": hashed}) + "\n")
    return file


def firebase(path: Path) -> tuple[Path, Path]:
    from brought import firebase_hash
    from halfday.server.domain.users import password_hashes

    known = password_hashes.read(firebase_hash())
    asked = {
        "mem_cost": 10,
        "rounds": 8,
        "base64_signer_key": base64.b64encode(known.key).decode(),
        "base64_salt_separator": base64.b64encode(b"\x0b\xf7").decode(),
    }
    users = [
        {
            "localId": "ada",
            "email": "ada@example.com",
            "emailVerified": True,
            "passwordHash": base64.urlsafe_b64encode(known.expected).decode(),
            "salt": base64.b64encode(b"saltsalt").decode(),
        }
    ]
    (path / "users.json").write_text(json.dumps({"users": users}))
    (path / "hash.json").write_text(json.dumps(asked))
    return path / "users.json", path / "hash.json"


def csv_file(path: Path) -> Path:
    hashed = hashlib.pbkdf2_hmac("sha256", PASSWORD.encode(), b"saltsalt", 1000)
    text = f"pbkdf2_sha256$1000$saltsalt${base64.b64encode(hashed).decode()}"
    file = path / "users.csv"
    file.write_text(
        f"cognito:username,email,email_verified,password_hash,groups\nada,ada@example.com,TRUE,{text},a;b\n"
    )
    return file


def test_auth0_s_users_may_have_their_address_among_the_identifiers_alone(tmp_path: Path) -> None:
    file = tmp_path / "users.ndjson"
    one = {"_id": {"$oid": "5dea9f9c82dd7c0e76e4ec93"}, "identifiers": [{"type": "username", "value": "ada"}]}
    one["identifiers"].append({"type": "email", "value": "ada@example.com", "verified": True})
    file.write_text(json.dumps(one))
    user = people.of_auth0(file, "us-east-1_AbCdEf123")["Users"][0]
    assert user["SignInName"] == "ada@example.com"
    assert {"Name": "email_verified", "Value": "true"} in user["Attributes"]


def test_firebase_s_parameters_are_taken_as_its_console_shows_them(tmp_path: Path) -> None:
    users, parameters = firebase(tmp_path)
    known = people.of_firebase(users, "us-east-1_AbCdEf123", parameters)
    asked = {"algorithm": "SCRYPT", **json.loads(parameters.read_text())}
    lines = "".join(f"  {name}: {value},\n" for name, value in asked.items())
    parameters.write_text(f"hash_config {{\n{lines}}}\n")
    assert people.of_firebase(users, "us-east-1_AbCdEf123", parameters) == known
    with pytest.raises(TransferRefused, match="--firebase-hash"):
        people.of_firebase(users, "us-east-1_AbCdEf123", None)


def test_keycloak_s_temporary_password_is_one_and_its_programs_are_nobody(pool: Pool, tmp_path: Path) -> None:
    client, file = pool.client(), keycloak(tmp_path)
    realm = json.loads(file.read_text())
    realm["users"][0]["requiredActions"] = ["UPDATE_PASSWORD"]
    realm["users"].append({"username": "service-account-web", "serviceAccountClientId": "web"})
    file.write_text(json.dumps(realm))
    told = bring_into(pool.world, {**EXPORT, "UserPools": [people.of_keycloak(file, pool.pool_id)]})
    assert told["Made"]["users"] == 1
    given = {"USERNAME": "ada", "PASSWORD": PASSWORD}
    answer = pool.world.idp.initiate_auth(
        ClientId=client["ClientId"], AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given
    )
    assert answer["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


def test_keycloak_s_authenticator_app_in_a_pool_that_asks_for_none_is_told(world: World, tmp_path: Path) -> None:
    file = keycloak(tmp_path)
    realm = json.loads(file.read_text())
    data = {"subType": "totp", "digits": 6, "period": 30, "algorithm": "HmacSHA1"}
    app = {"type": "otp", "secretData": json.dumps({"value": "s" * 20}), "credentialData": json.dumps(data)}
    realm["users"][0]["credentials"].append(app)
    realm["users"].append({"username": "grace", "credentials": [app]})
    file.write_text(json.dumps(realm))
    told = {}
    for mfa in ("OFF", "OPTIONAL"):
        pool = world.pool()
        if mfa == "OPTIONAL":
            given = {"SoftwareTokenMfaConfiguration": {"Enabled": True}, "MfaConfiguration": mfa}
            world.idp.set_user_pool_mfa_config(UserPoolId=pool.pool_id, **given)
        document = {**EXPORT, "UserPools": [people.of_keycloak(file, pool.pool_id)]}
        told[mfa] = bring_into(world, document)["LeftOut"]
    (sentence,) = told["OFF"]
    assert "nobody is asked for one: the pool's MfaConfiguration is OFF" in sentence
    assert told["OPTIONAL"] == []


def test_django_s_unusable_password_is_none(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("username,password_hash\nada,!X2JxTD2IlZZXxFFv6nVP1IoC7sugaCq8g60kRHTf\n")
    assert "PasswordHash" not in people.of_csv(file, "us-east-1_AbCdEf123")["Users"][0]


@pytest.mark.parametrize("product", ["keycloak", "auth0", "firebase", "csv"])
def test_people_sign_in_with_the_password_that_they_had(pool: Pool, tmp_path: Path, product: str) -> None:
    client, pool_id = pool.client(), pool.pool_id
    if product == "firebase":
        entry = people.of_firebase(*[firebase(tmp_path)[0], pool_id, firebase(tmp_path)[1]])
    else:
        made = {"keycloak": keycloak, "auth0": auth0, "csv": csv_file}[product](tmp_path)
        entry = getattr(people, f"of_{product}")(made, pool_id)
    document = {**EXPORT, "UserPools": [entry]}
    bring_into(pool.world, document)
    assert bring_into(pool.world, document)["Made"] == {}
    name = "ada@example.com" if product == "firebase" else "ada"
    answer = pool.world.idp.initiate_auth(
        ClientId=client["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": PASSWORD},
    )
    assert answer["AuthenticationResult"]["AccessToken"]
    user = exported(pool.world, pool=pool_id)["UserPools"][0]["Users"][0]
    assert {"Name": "email", "Value": "ada@example.com"} in user["Attributes"]
    groups = {"keycloak": ["staff.admins"], "csv": ["a", "b"]}
    assert user.get("Groups", []) == groups.get(product, [])


def test_what_amplify_says_becomes_settings_and_a_seed_file(tmp_path: Path) -> None:
    outputs = {
        "auth": {
            "user_pool_id": "us-east-1_AbCdEf123",
            "user_pool_client_id": "abc123",
            "identity_pool_id": "us-east-1:2d4e8b1a-0000-4000-8000-000000000001",
            "aws_region": "us-east-1",
            "oauth": {
                "domain": "mine.auth.us-east-1.amazoncognito.com",
                "redirect_sign_in_uri": ["http://localhost:3000/"],
                "redirect_sign_out_uri": ["http://localhost:3000/"],
                "scopes": ["openid"],
                "response_type": "code",
            },
            "username_attributes": ["email"],
            "user_verification_types": ["email"],
            "mfa_configuration": "OPTIONAL",
            "mfa_methods": ["TOTP"],
            "password_policy": {"min_length": 9, "require_symbols": True},
            "groups": [{"ADMINS": {"precedence": 0}}, {"EDITORS": {"precedence": 1}}],
            "unauthenticated_identities_enabled": True,
        },
        "version": "1.3",
    }
    file = tmp_path / "amplify_outputs.json"
    file.write_text(json.dumps(outputs))
    given, tables = amplify.read(file)
    assert given["HALFDAY_DOMAIN"] == "https://mine.auth.us-east-1.amazoncognito.com"
    assert tables["user_pool"][0]["mfa_factors"] == ["app"]
    assert tables["user_pool"][0]["group"] == [
        {"name": "ADMINS", "precedence": 0},
        {"name": "EDITORS", "precedence": 1},
    ]
    assert tables["identity_pool"][0]["unauthenticated_role"] == tables["role"][1]["name"]
    exports = {"aws_user_pools_id": "us-east-1_AbCdEf123", "aws_user_pools_web_client_id": "abc123"}
    script = tmp_path / "aws-exports.js"
    script.write_text(f"// made by Amplify\nconst awsmobile = {json.dumps(exports)};\n\nexport default awsmobile;\n")
    given, _ = amplify.read(script)
    assert given == {"HALFDAY_USER_POOL_ID": "us-east-1_AbCdEf123", "HALFDAY_CLIENT_ID": "abc123"}


@pytest.mark.parametrize(
    ("reader", "text", "place"),
    [
        ("of_csv", "cognito:username,email\nada\n", "line 2: has 1 fields"),
        ("of_csv", "name\nAda\n", "line 1: has no column"),
        ("of_csv", 'username\n"ada\n', "line 2: is not CSV"),
        ("of_csv", "username,password_hash\nada,md5$x\n", "line 2: its password hash: it begins with 'md5'"),
        ("of_keycloak", "{\n  nope\n}", "line 2: is not JSON"),
        ("of_keycloak", '{"users": [{"username": 3}]}', "users number 1: username: must be text"),
        ("of_auth0", '{"email": "a@b.example"}\nnope\n', "line 2: is not JSON"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, reader: str, text: str, place: str) -> None:
    file = tmp_path / "file"
    file.write_text(text)
    with pytest.raises(TransferRefused) as refused:
        getattr(people, reader)(file, "us-east-1_AbCdEf123")
    assert place in str(refused.value)


def test_a_line_of_ndjson_ends_with_its_line_end_alone(tmp_path: Path) -> None:
    file = tmp_path / "users.ndjson"
    lines = [{"email": "ada@example.com", "name": "Ada\u2028Lovelace\x85"}, {"email": "grace@example.com"}]
    file.write_text("".join(json.dumps(one, ensure_ascii=False) + "\r\n" for one in lines), newline="")
    assert [one["SignInName"] for one in people.of_auth0(file, "us-east-1_A")["Users"]] == [
        "ada@example.com",
        "grace@example.com",
    ]


def test_what_is_no_file_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("halfday.server.transfer.foreign.files.MOST_BYTES", 2**20)
    with pytest.raises(TransferRefused, match="is larger than 1 MiB"):
        people.of_csv(Path("/dev/zero"), "us-east-1_A")


@pytest.mark.parametrize("text", ["={" * 200_000, "= " * 200_000, "={" + "} " * 200_000])
def test_a_script_that_is_none_is_refused_at_once(tmp_path: Path, text: str) -> None:
    file = tmp_path / "aws-exports.js"
    file.write_text(text)
    with pytest.raises(TransferRefused, match="neither JSON nor an aws-exports"):
        amplify.read(file)


@pytest.mark.parametrize("value", ["a\nHALFDAY_DOMAIN=https://evil.example", "$(id)", "a b", "'", "\x1b[2J", "\ud800"])
@pytest.mark.parametrize("name", ["user_pool_client_id", "identity_pool_id", "domain"])
def test_what_no_setting_can_be_is_printed_as_none(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "amplify_outputs.json"
    auth = {"user_pool_id": "us-east-1_AbCdEf123", name: value, "oauth": {"domain": value if name == "domain" else ""}}
    file.write_text(json.dumps({"auth": auth}))
    with pytest.raises(TransferRefused, match="which is none"):
        amplify.read(file)


KEYS = st.sampled_from(
    "users username email emailVerified credentials type secretData credentialData groups id enabled localId salt "
    "passwordHash _id Users Options Clients Groups Id Attributes Username auth oauth user_pool_id mem_cost rounds "
    "aws_user_pools_id password_policy min_length mfa_configuration UserPools UserPool MfaConfig Format Version".split()
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=JSON, damage=st.binary(max_size=6), at=st.integers(0, 50))
def test_no_file_is_answered_by_a_traceback(tmp_path: Path, document: Any, damage: bytes, at: int) -> None:
    raw = json.dumps(document).encode()
    file = tmp_path / "file.json"
    (tmp_path / "clients.json").write_text("{}")
    for content in (raw, raw[:at] + damage + raw[at:]):
        file.write_bytes(content)
        for read in (
            lambda: people.of_csv(file, "us-east-1_A"),
            lambda: people.of_keycloak(file, "us-east-1_A"),
            lambda: people.of_auth0(file, "us-east-1_A"),
            lambda: people.of_firebase(file, "us-east-1_A", file),
            lambda: amplify.read(file),
            lambda: cognito_local.read(tmp_path),
        ):
            with suppress(TransferRefused):
                read()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_no_document_is_answered_by_an_internal_error(world: World, document: dict[str, Any]) -> None:
    import requests

    whole = {**document, **EXPORT, "UserPools": [document]}
    for body in (whole, document):
        text = json.dumps({"document": body}).replace("NaN", "0").replace("-Infinity", "0").replace("Infinity", "0")
        answer = requests.post(f"{world.running.management}/import", data=text, timeout=30)
        assert answer.status_code in (200, 400), answer.text
