"""What the client sends and what it reads, held against AWS's own descriptions: what works here works there.

Everything the client can ask is asked once of the server, by way of something that writes it down. JSON and Query
requests are then held against botocore's models, OAuth requests against the parameters of facts/oauth.md §1, §3 and §5.
"""

from __future__ import annotations

import ast
import base64
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import botocore.session
import fault_peer
import pytest
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from botocore.parsers import create_parser
from botocore.validate import ParamValidator
from fault_peer import Arrived, Front

import halfday.client
from federated import Identities, allow, identities
from functions import set_triggers
from halfday import Cognito
from halfday.client.errors import ApiRefused, HalfdayError
from halfday.client.oauth.redirect_uris import probe
from halfday.client.transport import wire
from halfday.client.transport.blocking import Transport
from halfday.client.user_pool.challenges import Challenge
from halfday.protocol.credentials import Credentials
from halfday.server.domain.users.factors import totp
from halfday.server.operations.framework import model as our_models
from halfday.server.operations.framework.constraints import objections
from halfday.server.operations.framework.model import target_prefixes
from operations.test_custom_auth import Riddle
from operations.test_devices import tracking
from operations.test_mfa import with_mfa
from operations.test_user_auth import passwordless
from world import CALLBACK, PASSWORD, Browser, Pool, World, running

SERVICES = ("cognito-idp", "cognito-identity", "sts")
OPERATIONS = {
    "cognito-idp": {
        "AssociateSoftwareToken",
        "ConfirmDevice",
        "GetTokensFromRefreshToken",
        "InitiateAuth",
        "RespondToAuthChallenge",
        "RevokeToken",
        "UpdateDeviceStatus",
        "VerifySoftwareToken",
    },
    "cognito-identity": {"GetId", "GetCredentialsForIdentity", "GetOpenIdToken"},
    "sts": {"AssumeRoleWithWebIdentity"},
}
"""Everything that client/ asks of AWS's APIs. A test holds that it names nothing else, another that all is asked."""


@dataclass
class Stage:
    """A server whose public address is the front's, so that everything the client sends comes by there."""

    world: World
    front: Front
    secrets: set[str] = field(default_factory=set)
    received: list[Credentials] = field(default_factory=list)

    def cognito(self, client: Mapping[str, Any] | None = None, **settings: Any) -> Cognito:
        if client is not None:
            settings["client_id"] = client["ClientId"]
            if "ClientSecret" in client:
                settings["client_secret"] = client["ClientSecret"]
                self.secrets.add(client["ClientSecret"])
        return Cognito(**settings)

    def by_domain(self, client: Mapping[str, Any], **settings: Any) -> Cognito:
        return self.cognito(client, domain=self.front.origin, **settings)

    def code(self, cognito: Cognito, client: Mapping[str, Any]) -> str:
        """The address that a browser comes back to. What the person's browser sends is not ours to be held."""
        request = cognito.begin(CALLBACK)
        cognito.connection.transport.run(probe(request))
        sent = dict(parse_qsl(urlsplit(request.url).query))
        asked = {name: sent[name] for name in ("state", "nonce", "code_challenge", "code_challenge_method")}
        code = Browser(self.front.upstream).code(client, **asked)
        self.secrets |= {code, request.code_verifier}
        return f"{CALLBACK}/?code={code}&state={request.state}"


@dataclass(frozen=True)
class Form:
    """The parameters of one kind of request: those that have to be there, and those that may."""

    needed: frozenset[str]
    further: frozenset[str] = frozenset()


def form(needed: str, further: str = "") -> Form:
    return Form(frozenset(needed.split()), frozenset(further.split()))


# --- what is asked ----------------------------------------------------------------------------------------------------


def ask_by_code(stage: Stage, pool: Pool, **given: Any) -> None:
    client = pool.client(**given)
    cognito = stage.by_domain(client, scopes="openid email")
    session = cognito.exchange(stage.code(cognito, client), CALLBACK)
    session.renew()
    session.logout()


def ask_without_pkce(stage: Stage, pool: Pool) -> None:
    client = pool.client()
    stage.by_domain(client).exchange(Browser(stage.front.upstream).code(client), CALLBACK)


def ask_as_a_machine(stage: Stage, pool: Pool) -> None:
    scopes = [{"ScopeName": "read", "ScopeDescription": "read"}]
    stage.world.idp.create_resource_server(UserPoolId=pool.pool_id, Identifier="engine", Name="e", Scopes=scopes)
    given = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["engine/read"]}
    client = pool.client(GenerateSecret=True, CallbackURLs=[], LogoutURLs=[], **given)
    stage.front.arrived.clear()
    stage.by_domain(client).client_credentials()
    stage.by_domain(client, scopes="engine/read").client_credentials()


def ask_by_password(stage: Stage, pool: Pool, **given: Any) -> None:
    client = pool.client(**given)
    cognito = stage.cognito(client, user_pool_id=pool.pool_id, endpoint_url=stage.front.origin)
    for srp in (True, False):
        session = cognito.sign_in("ada", PASSWORD, srp=srp)
        session.renew()
        session.revoke()
    with suppress(ApiRefused):
        cognito.sign_in("ada", "Wrong-1815", srp=True)


def ask_for_a_new_password(stage: Stage, pool: Pool) -> None:
    client = pool.client(GenerateSecret=True)
    made = {"UserPoolId": pool.pool_id, "Username": "grace", "MessageAction": "SUPPRESS"}
    stage.world.idp.admin_create_user(TemporaryPassword="Temporary-1815", **made)
    cognito = stage.cognito(client, user_pool_id=pool.pool_id, endpoint_url=stage.front.origin)
    cognito.sign_in("grace", "Temporary-1815", new_password=PASSWORD, srp=True)


def ask_with_an_app(stage: Stage, pool: Pool) -> None:
    """An authenticator app is set up at the first sign-in, and asked for at the second."""
    client = pool.client(GenerateSecret=True)
    cognito = stage.cognito(client, user_pool_id=pool.pool_id, endpoint_url=stage.front.origin)
    secrets: list[str] = []

    def answer(challenge: Challenge) -> str:
        secrets.extend([challenge.secret_code] if challenge.secret_code else [])
        return totp(secrets[0], int(stage.world.clock() // 30))

    for _ in range(2):
        cognito.sign_in("ada", PASSWORD, answer)
        stage.world.clock.advance(31)
    stage.world.clock.ahead_s = 0
    stage.secrets |= set(secrets)


def ask_with_a_device(stage: Stage, pool: Pool) -> None:
    """It is confirmed and remembered at the first sign-in, and proves itself at the second."""
    cognito = stage.cognito(pool.client(), user_pool_id=pool.pool_id, endpoint_url=stage.front.origin)
    for _ in range(2):
        cognito.sign_in("ada", PASSWORD, remember_device="laptop").renew()


def ask_by_choice(stage: Stage, pool: Pool) -> None:
    """The person chooses how to begin, or has chosen before."""
    client = pool.client(ExplicitAuthFlows=["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    cognito = stage.cognito(client, user_pool_id=pool.pool_id, endpoint_url=stage.front.origin)

    def answer(challenge: Challenge) -> str:
        return chosen if challenge.choices else PASSWORD if challenge.is_secret else pool.code_for()

    for chosen in ("PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"):
        cognito.sign_in("ada", None, answer, flow="USER_AUTH")
        cognito.sign_in("ada", None, answer, flow="USER_AUTH", preferred=chosen)


def ask_by_riddle(stage: Stage, pool: Pool) -> None:
    client = pool.client(ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    cognito = stage.cognito(client, user_pool_id=pool.pool_id, endpoint_url=stage.front.origin)
    set_triggers(pool, **Riddle().functions)
    for password in (None, PASSWORD):
        cognito.sign_in("ada", password, lambda _: "42", flow="CUSTOM_AUTH", client_metadata={"from": "a test"})


def ask_for_credentials(stage: Stage, people: Identities) -> None:
    known = {"user_pool_id": people.pool.pool_id, "identity_pool_id": people.identity_pool_id}
    role = people.role("reader-of-shapes", allow("s3:ListAllMyBuckets"))
    visitors = people.role("visitors-of-shapes", kind="unauthenticated")
    people.set_roles(authenticated=role, unauthenticated=visitors)
    chosen = {"role_arn": role, "credentials_flow": "basic"}
    for more in ({}, {"role_arn": role}, chosen, {**chosen, "duration_s": 1800}):
        session = stage.by_domain(people.client, **known, **more).sign_in("ada", PASSWORD)
        with suppress(ApiRefused):  # a role of one's own choice takes a rule that this pool has not
            stage.received.append(session.credentials())
    stage.received.append(stage.by_domain(people.client, **known).guest().credentials())
    with suppress(HalfdayError):
        vouched = ("us-east-1:11111111-2222-3333-4444-555555555555", "a-backend's-token")
        stage.by_domain(people.client, **known).developer(lambda: vouched).credentials()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Everything has been asked."""
    with socket.socket() as free, pytest.MonkeyPatch.context() as patch, fault_peer.running("") as front:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        front.upstream = f"http://127.0.0.1:{port}"
        for name, value in {"HALFDAY_CACHE_DIR": "cache", "AWS_CONFIG_FILE": "config"}.items():
            patch.setenv(name, str(tmp_path_factory.mktemp("home") / value))
        note_what_is_read(patch)
        with running(tmp_path_factory.mktemp("data"), port=port, public_url=front.origin) as world:
            stage = Stage(world, front)
            everything(stage, world)
            yield stage


def everything(stage: Stage, world: World) -> None:
    """What boto3 asks, to set the stage, is told apart by its signature or its name for itself."""
    pool = world.pool()
    pool.user()
    people = identities(world, AllowClassicFlow=True, AllowUnauthenticatedIdentities=True)
    heard: list[Arrived] = []
    asked: list[Callable[[], object]] = [
        lambda: ask_by_code(stage, pool),
        lambda: ask_by_code(stage, pool, GenerateSecret=True),
        lambda: ask_without_pkce(stage, pool),
        lambda: ask_as_a_machine(stage, pool),
        lambda: ask_by_password(stage, pool),
        lambda: ask_by_password(stage, pool, GenerateSecret=True),
        lambda: ask_for_a_new_password(stage, pool),
        lambda: ask_for_credentials(stage, people),
        lambda: ask_with_an_app(stage, with_user(with_mfa(world, "ON", "totp"))),
        lambda: ask_with_a_device(stage, tracking(world, on_prompt=True)),
        lambda: ask_by_choice(stage, with_user(passwordless(world, "EMAIL_OTP"))),
        lambda: ask_by_riddle(stage, pool),
    ]
    for ask in asked:
        stage.front.arrived.clear()
        ask()
        heard += [request for request in stage.front.arrived if is_ours(request)]
    stage.front.arrived[:] = heard
    stage.secrets.add(PASSWORD)


def with_user(pool: Pool) -> Pool:
    pool.user()
    return pool


def is_ours(request: Arrived) -> bool:
    return request.headers.get("user-agent", "").startswith("halfday/")


# --- what is read -----------------------------------------------------------------------------------------------------

READ: set[tuple[str, ...]] = set()
"""Operation and member, and member of the member, of everything that was read in an answer of status 200."""


class Reading(dict[str, Any]):
    """An answer that notes what of it is read."""

    def __init__(self, members: Mapping[str, Any], path: tuple[str, ...]) -> None:
        super().__init__(members)
        self._path = path

    def __getitem__(self, name: str) -> Any:
        READ.add((*self._path, name))
        found = super().__getitem__(name)
        return Reading(found, (*self._path, name)) if isinstance(found, dict) else found

    def get(self, name: str, default: Any = None) -> Any:
        if name in self:
            return self[name]
        READ.add((*self._path, name))
        return default


def note_what_is_read(patch: pytest.MonkeyPatch) -> None:
    send, plain = Transport.send, wire.Response.json
    asked: dict[int, tuple[str, wire.Response]] = {}

    def noting(self: Transport, request: wire.Request) -> wire.Response:
        response = send(self, request)
        headers = {name.lower(): value for name, value in request.headers.items()}
        name = fault_peer.name_of(request.url, headers, request.body or b"")
        asked[id(response)] = (name, response)
        return response

    def json(self: wire.Response) -> dict[str, Any]:
        members = plain(self)
        return Reading(members, (asked[id(self)][0],)) if members and self.status == 200 else members

    patch.setattr(Transport, "send", noting)
    patch.setattr(wire.Response, "json", json)


@cache
def service_model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def operation_model(service: str, operation: str) -> OperationModel | None:
    """As botocore reads it."""
    model = service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


def names_a_member(shape: Shape | None, path: tuple[str, ...]) -> bool:
    if not path:
        return True
    if isinstance(shape, StructureShape):
        return path[0] in shape.members and names_a_member(shape.members[path[0]], path[1:])
    if isinstance(shape, MapShape):
        return names_a_member(shape.value, path[1:])
    return isinstance(shape, ListShape) and names_a_member(shape.member, path[1:])


# --- JSON and Query ---------------------------------------------------------------------------------------------------


def api_requests(stage: Stage) -> list[tuple[OperationModel, Arrived, dict[str, Any]]]:
    """(what the model says, what arrived, its members in the model's types)."""
    found = []
    for request in stage.front.arrived:
        prefix, _, operation = request.headers.get("x-amz-target", "").rpartition(".")
        service = target_prefixes()[prefix] if prefix else "sts"
        if not operation:
            operation = request.members().get("Action", "")
        if operation:
            model = operation_model(service, operation)
            assert model is not None, f"{service} has no {operation}"
            found.append((model, request, request.members() if prefix else of_query(model, request)))
    return found


def of_query(model: OperationModel, request: Arrived) -> dict[str, Any]:
    members = request.members()
    assert members.pop("Action") == model.name
    assert members.pop("Version") == model.metadata["apiVersion"]
    types = {name: shape.type_name for name, shape in model.input_shape.members.items()}
    return {name: int(value) if types.get(name) == "integer" else value for name, value in members.items()}


def test_everything_that_is_asked_of_the_apis_was_asked(stage: Stage) -> None:
    asked: dict[str, set[str]] = {service: set() for service in SERVICES}
    for model, _, _ in api_requests(stage):
        asked[model.service_model.service_name].add(model.name)
    assert asked == OPERATIONS


def test_the_client_names_no_other_operation() -> None:
    known = {name for service in SERVICES for name in our_models.service_model(service).operation_names}
    named = set()
    for path in Path(halfday.client.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                named |= {node.value, node.value.rpartition(".")[2]} & known
    assert named == set().union(*OPERATIONS.values())


def test_members_are_the_models_and_of_its_types(stage: Stage) -> None:
    for model, _, members in api_requests(stage):
        report = ParamValidator().validate(members, model.input_shape)
        assert not report.has_errors(), (model.name, report.generate_report())
        ours = our_models.operation_model(model.service_model.service_name, model.name)
        assert ours is not None
        assert objections(ours.input_shape, members) == [], model.name


def test_nothing_empty_is_sent(stage: Stage) -> None:
    """An empty secret is a wrong one; guests alone send no logins, and say so."""
    for model, _, members in api_requests(stage):
        empty = {name for name, value in members.items() if value in (None, "", {}, [])}
        assert empty <= {"Logins"}, model.name


def test_operations_are_asked_as_their_protocol_has_it(stage: Stage) -> None:
    for model, request, _ in api_requests(stage):
        service = model.service_model.metadata
        as_json = service["protocol"] == "json"
        wanted = f"application/x-amz-json-{service['jsonVersion']}" if as_json else "application/x-www-form-urlencoded"
        assert request.headers["content-type"] == wanted
        assert (request.method, request.path) == (model.http["method"], model.http["requestUri"])
        if as_json:
            assert request.headers["x-amz-target"] == f"{service['targetPrefix']}.{model.name}"


def test_what_needs_no_signature_is_sent_without_one(stage: Stage) -> None:
    """An Authorization that nobody asked for is refused by AWS: it is read as a signature."""
    for model, request, _ in api_requests(stage):
        assert model.auth_type == "none", model.name
        assert not {"authorization", "x-amz-date", "x-amz-security-token", "cookie"} & set(request.headers)


def test_a_secret_is_proven_as_each_operation_has_it(stage: Stage) -> None:
    """SECRET_HASH for the sign-in, ClientSecret for what renews and revokes; neither by a client without a secret."""
    seen = set()
    for model, _, members in api_requests(stage):
        parameters = members.get("AuthParameters") or members.get("ChallengeResponses") or {}
        seen.add((model.name, "SECRET_HASH" in parameters, "ClientSecret" in members))
    for name in ("InitiateAuth", "RespondToAuthChallenge"):
        assert {(name, True, False), (name, False, False)} <= seen
    for name in ("GetTokensFromRefreshToken", "RevokeToken"):
        assert {(name, False, True), (name, False, False)} <= seen


PROOF = "PASSWORD_CLAIM_SIGNATURE PASSWORD_CLAIM_SECRET_BLOCK TIMESTAMP"
BEGINNINGS = {
    "USER_SRP_AUTH": form("SRP_A"),
    "USER_PASSWORD_AUTH": form("PASSWORD"),
    "CUSTOM_AUTH": form("", "CHALLENGE_NAME SRP_A"),
    "USER_AUTH": form("", "PREFERRED_CHALLENGE PASSWORD SRP_A"),
}
"""AuthParameters of each flow, beside USERNAME, SECRET_HASH and DEVICE_KEY. Source: API reference, InitiateAuth."""
ANSWERS = {
    "PASSWORD_VERIFIER": form(PROOF),
    "NEW_PASSWORD_REQUIRED": form("NEW_PASSWORD"),
    "SOFTWARE_TOKEN_MFA": form("SOFTWARE_TOKEN_MFA_CODE"),
    "MFA_SETUP": form("", "SESSION"),
    "DEVICE_SRP_AUTH": form("DEVICE_KEY SRP_A"),
    "DEVICE_PASSWORD_VERIFIER": form(f"DEVICE_KEY {PROOF}"),
    "SELECT_CHALLENGE": form("ANSWER", "PASSWORD SRP_A"),
    "EMAIL_OTP": form("EMAIL_OTP_CODE"),
    "CUSTOM_CHALLENGE": form("ANSWER"),
}
"""ChallengeResponses of each challenge, beside the same. Source: API reference, RespondToAuthChallenge."""


@pytest.mark.parametrize(
    ("operation", "named_by", "within", "forms"),
    [
        ("InitiateAuth", "AuthFlow", "AuthParameters", BEGINNINGS),
        ("RespondToAuthChallenge", "ChallengeName", "ChallengeResponses", ANSWERS),
    ],
)
def test_the_parameters_of_a_sign_in_are_those_of_the_flow_or_the_challenge(
    stage: Stage, operation: str, named_by: str, within: str, forms: dict[str, Form]
) -> None:
    found = [members for model, _, members in api_requests(stage) if model.name == operation]
    assert {members[named_by] for members in found} == set(forms), "each was asked"
    for members in found:
        wanted, given = forms[members[named_by]], set(members[within]) - {"SECRET_HASH", "DEVICE_KEY"}
        assert "USERNAME" in given
        needed = wanted.needed - {"DEVICE_KEY"}
        assert needed <= given - {"USERNAME"} <= needed | wanted.further, members[named_by]
        assert "DEVICE_KEY" in members[within] or "DEVICE_KEY" not in wanted.needed


def test_every_member_that_is_read_is_one_that_aws_answers(stage: Stage) -> None:
    shapes = {name: operation_model(s, name) for s, names in OPERATIONS.items() for name in names}
    read = {path for path in READ if path[0] in shapes}
    nothing_to_read = {"RevokeToken", "UpdateDeviceStatus"}
    for operation in {*OPERATIONS["cognito-idp"], *OPERATIONS["cognito-identity"]} - nothing_to_read:
        assert operation in {path[0] for path in read}, f"{operation}: nothing was read of its answer"
    wrong = {path for path in read if not names_a_member(shapes[path[0]].output_shape, path[1:])}  # type: ignore[union-attr]
    assert wrong == set()


def test_credentials_are_read_as_botocore_reads_them(stage: Stage) -> None:
    """Each answer with credentials, parsed by botocore: the client has just these."""
    wanted = []
    for name, body in stage.front.answered:
        service = next(service for service, names in OPERATIONS.items() if name in names) if name in NAMES else ""
        if name in ("GetCredentialsForIdentity", "AssumeRoleWithWebIdentity"):
            model = operation_model(service, name)
            assert model is not None
            answer = {"status_code": 200, "headers": {}, "body": body}
            parser = create_parser(model.service_model.metadata["protocol"])
            keys = parser.parse(answer, model.output_shape).get("Credentials")
            if keys:
                secret = keys.get("SecretKey") or keys["SecretAccessKey"]
                ends = int(keys["Expiration"].timestamp())
                wanted.append(Credentials(keys["AccessKeyId"], secret, keys["SessionToken"], ends))
    assert stage.received
    assert [one for one in wanted if one in stage.received] == stage.received


NAMES = set().union(*OPERATIONS.values())

# --- OAuth ------------------------------------------------------------------------------------------------------------


FORMS = {
    "authorization_code": form("grant_type client_id code redirect_uri", "code_verifier"),
    "refresh_token": form("grant_type client_id refresh_token"),
    "client_credentials": form("grant_type", "client_id scope"),
    "revoke": form("token", "client_id"),
}
AUTHORIZE = form(
    "response_type client_id redirect_uri state nonce code_challenge code_challenge_method",
    "scope identity_provider idp_identifier lang login_hint prompt resource",
)
READ_OF_TOKENS = {"access_token", "id_token", "refresh_token", "expires_in", "token_type"}


def oauth_requests(stage: Stage) -> list[tuple[str, Arrived, list[tuple[str, str]]]]:
    """(which of FORMS, what arrived, its parameters in order)."""
    found = []
    for request in stage.front.arrived:
        if request.name in ("token", "revoke"):
            pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
            found.append((dict(pairs).get("grant_type", request.name), request, pairs))
    return found


def test_each_grant_and_the_revocation_were_asked_with_and_without_a_secret(stage: Stage) -> None:
    asked = {(kind, "authorization" in request.headers) for kind, request, _ in oauth_requests(stage)}
    both = {(kind, secret) for kind in FORMS for secret in (True, False)}
    assert asked == both - {("client_credentials", False)}


def test_parameters_are_those_of_the_grant_each_once_and_none_empty(stage: Stage) -> None:
    for kind, _, pairs in oauth_requests(stage):
        names = [name for name, _ in pairs]
        assert sorted(set(names)) == sorted(names)
        assert FORMS[kind].needed <= set(names) <= FORMS[kind].needed | FORMS[kind].further
        assert all(value for _, value in pairs)


def test_forms_are_posted_as_forms(stage: Stage) -> None:
    """And never in the query, where Cognito would read them too, and proxies write them down."""
    for kind, request, _ in oauth_requests(stage):
        assert request.headers["content-type"] == "application/x-www-form-urlencoded"
        assert (request.method, request.path) == ("POST", f"/oauth2/{'revoke' if kind == 'revoke' else 'token'}")


def test_a_secret_goes_by_basic_and_nowhere_else(stage: Stage) -> None:
    """A public client that sends Basic, even an empty one, is refused (facts/oauth.md §3)."""
    for _, request, pairs in oauth_requests(stage):
        sent = dict(pairs)
        assert "client_secret" not in sent
        given = request.headers.get("authorization")
        if given is not None:
            scheme, _, encoded = given.partition(" ")
            client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
            assert (scheme, client_id) == ("Basic", sent["client_id"])
            assert secret in stage.secrets


def test_the_sign_in_link_has_the_parameters_of_the_authorize_endpoint(stage: Stage) -> None:
    links = [request for request in stage.front.arrived if request.name == "authorize"]
    assert links
    for request in links:
        pairs = parse_qsl(urlsplit(request.path).query, keep_blank_values=True, strict_parsing=True)
        names = {name for name, _ in pairs}
        assert len(names) == len(pairs)
        assert AUTHORIZE.needed <= names <= AUTHORIZE.needed | AUTHORIZE.further
        assert dict(pairs)["code_challenge_method"] == "S256"
        assert dict(pairs)["response_type"] == "code"
        assert not {"authorization", "cookie"} & set(request.headers)


def test_only_documented_members_are_read_of_tokens_and_key_sets(stage: Stage) -> None:
    assert {path[1] for path in READ if path[0] == "token"} <= READ_OF_TOKENS
    assert {path[1] for path in READ if path[0] == "jwks.json"} == {"keys"}


def test_key_sets_are_fetched_from_the_pool_with_nothing_beside(stage: Stage) -> None:
    fetched = [request for request in stage.front.arrived if request.name == "jwks.json"]
    assert fetched
    for request in fetched:
        place = urlsplit(request.path)
        assert place.path.count("/") == 3
        assert place.path.endswith("/.well-known/jwks.json")
        assert (request.method, place.query, request.body) == ("GET", "", b"")
        assert not {"authorization", "cookie"} & set(request.headers)


# --- of all -----------------------------------------------------------------------------------------------------------


def test_nothing_else_was_asked(stage: Stage) -> None:
    assert {request.name for request in stage.front.arrived} == NAMES | {"token", "revoke", "authorize", "jwks.json"}


def test_no_url_and_no_header_but_basic_carries_a_secret(stage: Stage) -> None:
    for request in stage.front.arrived:
        headers = " ".join(value for name, value in request.headers.items() if name != "authorization")
        told = f"{request.path} {headers}"
        assert not [secret for secret in stage.secrets if secret in told], request.name
        assert "eyJ" not in told, "a token"
