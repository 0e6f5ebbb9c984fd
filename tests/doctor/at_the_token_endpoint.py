"""Section 2 of the table: the token endpoint and its neighbours, sent to as people send."""

from __future__ import annotations

import base64
from typing import Any

import requests

from doctor.table import ANSWER, Findings, Stage, answer_of, exchanged, fails, raised, step, told
from halfday.client.oauth.authorization import AuthorizationRequest
from halfday.protocol.pkce import challenge_of
from world import CALLBACK, Browser

VERIFIER, OTHER = "v" * 43, "w" * 43


def send(stage: Stage, client: dict[str, Any], **form: str) -> requests.Response:
    """A redemption as curl users write it."""
    known = {"grant_type": "authorization_code", "client_id": client["ClientId"], "redirect_uri": CALLBACK}
    sent = {name: value for name, value in {**known, **form}.items() if value}
    return requests.post(f"{stage.origin}/oauth2/token", data=sent, timeout=10)


def link(stage: Stage, client: dict[str, Any], **parameters: str) -> str:
    """The sign-in link that was opened."""
    asked = {"response_type": "code", "client_id": client["ClientId"], "redirect_uri": CALLBACK, **parameters}
    return str(requests.Request("GET", f"{stage.origin}/oauth2/authorize", params=asked).prepare().url)


def begun(stage: Stage, client: dict[str, Any], **settings: Any) -> tuple[Any, str]:
    """A sign-in begun by the client itself: (the client, the address that came back)."""
    cognito = stage.cognito(client, **settings)
    request: AuthorizationRequest = cognito.begin()
    browser = Browser(stage.origin)
    page = browser.session.get(request.url)
    answer = browser.post(page, username="ada", password="Lovelace-1815")
    return cognito, str(answer.headers["Location"])


def basic(client: dict[str, Any]) -> str:
    return base64.b64encode(f"{client['ClientId']}:{client['ClientSecret']}".encode()).decode()


def with_header(stage: Stage, client: dict[str, Any], name: str, value: str) -> Findings:
    form = {"grant_type": "authorization_code", "code": "x", "redirect_uri": CALLBACK, "client_id": client["ClientId"]}
    return exchanged(requests.post(f"{stage.origin}/oauth2/token", data=form, headers={name: value}, timeout=10))


# --- invalid_grant ----------------------------------------------------------------------------------------------------


@fails("2.1")
def another_redirect_uri(stage: Stage) -> Findings:
    cognito, url = begun(stage, stage.client(CallbackURLs=[CALLBACK, f"{CALLBACK}/"]))
    found = raised(lambda: cognito.exchange(url, f"{CALLBACK}/"))
    assert f"{CALLBACK}/ was sent now, but {CALLBACK} when the sign-in began" in found[0].sentence
    return found


@fails("2.1b")
def a_redirect_uri_that_is_not_where_the_code_came_back(stage: Stage) -> Findings:
    client = stage.client(CallbackURLs=[CALLBACK, "http://localhost:9999"])
    cognito, code = stage.cognito(client), stage.code(client)
    return raised(lambda: cognito.exchange(f"{CALLBACK}/?code={code}", "http://localhost:9999"))


@fails("2.4")
def a_code_used_twice(stage: Stage) -> Findings:
    cognito, url = begun(stage, stage.client())
    cognito.exchange(url)
    return raised(lambda: cognito.exchange(url))


@fails("2.4b")
def a_code_refused_before(stage: Stage) -> Findings:
    client = stage.client()
    cognito, code = stage.cognito(client), stage.code(client)
    raised(lambda: cognito.exchange(code, "http://localhost:9999"))
    return raised(lambda: cognito.exchange(code, "http://localhost:9998"))


@fails("2.4c")
def a_code_that_was_cut(stage: Stage) -> Findings:
    client = stage.client()
    cognito, code = stage.cognito(client), stage.code(client)
    return raised(lambda: cognito.exchange(code[:-3], CALLBACK))


@fails("2.4d")
def a_code_that_another_tool_used(stage: Stage) -> Findings:
    client = stage.client()
    cognito, code = stage.cognito(client), stage.code(client)
    assert send(stage, client, code=code).status_code == 200
    return raised(lambda: cognito.exchange(code, CALLBACK))


@fails("2.5")
def a_code_seen_to_come_back_long_ago(stage: Stage) -> Findings:
    from halfday.client.errors import GrantRefused
    from halfday.client.oauth.authorization import CodeRedemption
    from halfday.client.oauth.explanation import explain

    cognito, url = begun(stage, stage.client())
    returned_at = stage.world.clock()
    stage.world.clock.advance(301)
    refusal = send(stage, {"ClientId": cognito.settings.client_id}, code=url.partition("code=")[2].partition("&")[0])
    assert refusal.json() == {"error": "invalid_grant"}
    grant = CodeRedemption("x", str(cognito.settings.client_id), CALLBACK)
    now = stage.world.clock()
    return GrantRefused(explain(grant, began=None, spent=None, returned_at=returned_at, now=now)).findings


@fails("2.5b")
def a_sign_in_begun_long_ago(stage: Stage) -> Findings:
    cognito, url = begun(stage, stage.client())
    stage.world.clock.advance(301)
    return raised(lambda: cognito.exchange(url))


@fails("2.6")
def no_verifier(stage: Stage) -> Findings:
    client = stage.client()
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    refused = send(stage, client, code=stage.code(client, **challenge))
    return exchanged(refused, link=link(stage, client, **challenge))


@fails("2.6b")
def a_verifier_too_short(stage: Stage) -> Findings:
    cognito, url = begun(stage, stage.client())
    return raised(lambda: cognito.exchange(url, code_verifier="short"))


@fails("2.6c")
def another_sign_in_s_verifier(stage: Stage) -> Findings:
    cognito, url = begun(stage, stage.client())
    return raised(lambda: cognito.exchange(url, code_verifier=OTHER))


@fails("2.6d")
def a_verifier_without_a_challenge(stage: Stage) -> Findings:
    client = stage.client()
    refused = send(stage, client, code=stage.code(client), code_verifier=VERIFIER)
    return exchanged(refused, link=link(stage, client))


@fails("2.7")
def another_client_s_code(stage: Stage) -> Findings:
    client, other = stage.client(), stage.client(ClientName="other")
    refused = send(stage, other, code=stage.code(client))
    return exchanged(refused, link=link(stage, client))


@fails("2.8")
def a_client_that_may_not_read_what_a_scope_opens(stage: Stage) -> Findings:
    cognito, url = begun(stage, stage.client(ReadAttributes=["name"]))
    return raised(lambda: cognito.exchange(url))


@fails("2.9")
def a_revoked_refresh_token(stage: Stage) -> Findings:
    from halfday.client.oauth import authorization

    client = stage.client()
    cognito = stage.cognito(client)
    session = cognito.exchange(stage.code(client))
    token = session.refresh_token
    session.revoke()
    return raised(lambda: cognito.connection.transport.run(authorization.refresh(cognito.settings, token)))


@fails("2.12")
def a_refresh_token_that_is_none(stage: Stage) -> Findings:
    client = stage.client()
    return exchanged(send(stage, client, grant_type="refresh_token", refresh_token="None", redirect_uri=""))


# --- invalid_client ---------------------------------------------------------------------------------------------------


@fails("2.13")
def a_secret_that_is_missing(stage: Stage) -> Findings:
    client = stage.confidential()
    return raised(lambda: stage.cognito(client).exchange(stage.code(client)))


@fails("2.13b")
def a_secret_that_is_missing_examined(stage: Stage) -> Findings:
    return step("token endpoint", stage.cognito(stage.confidential())).findings


@fails("2.14")
def basic_twice_encoded(stage: Stage) -> Findings:
    client = stage.confidential()
    return with_header(stage, client, "Authorization", "Basic " + base64.b64encode(basic(client).encode()).decode())


@fails("2.14b")
def basic_the_wrong_way_round(stage: Stage) -> Findings:
    client = stage.confidential()
    pair = base64.b64encode(f"{client['ClientSecret']}:{client['ClientId']}".encode()).decode()
    return with_header(stage, client, "Authorization", f"Basic {pair}")


@fails("2.14c")
def basic_of_the_secret_alone(stage: Stage) -> Findings:
    client = stage.confidential()
    alone = base64.b64encode(client["ClientSecret"].encode()).decode()
    return with_header(stage, client, "Authorization", f"Basic {alone}")


@fails("2.14d")
def basic_with_a_line_end(stage: Stage) -> Findings:
    client = stage.confidential()
    pair = base64.b64encode(f"{client['ClientId']}:{client['ClientSecret']}\n".encode()).decode()
    return with_header(stage, client, "Authorization", f"Basic {pair}")


@fails("2.14e")
def a_header_called_authentication(stage: Stage) -> Findings:
    client = stage.confidential()
    return with_header(stage, client, "Authentication", f"Basic {basic(client)}")


@fails("2.15")
def a_wrong_secret(stage: Stage) -> Findings:
    client = stage.confidential()
    return raised(lambda: stage.cognito(client, client_secret="x" * 51).exchange(stage.code(client)))


@fails("2.15b")
def a_wrong_secret_examined(stage: Stage) -> Findings:
    return step("token endpoint", stage.cognito(stage.confidential(), client_secret="x" * 51)).findings


@fails("2.15c")
def a_client_that_nobody_knows(stage: Stage) -> Findings:
    return step("token endpoint", stage.cognito({"ClientId": "nobody"}, client_secret="x" * 51)).findings


@fails("2.16")
def a_secret_too_many(stage: Stage) -> Findings:
    return step("token endpoint", stage.cognito(stage.client(), client_secret="x" * 51)).findings


# --- the form of the request ------------------------------------------------------------------------------------------


@fails("2.17")
def a_header_without_a_colon(stage: Stage) -> Findings:
    """curl drops such a header and sends a body that it calls a form; other tools send no type at all."""
    form = f"grant_type=authorization_code&client_id={stage.client()['ClientId']}&code=x&redirect_uri={CALLBACK}"
    refused = requests.post(f"{stage.origin}/oauth2/token", data=form, timeout=10)
    assert refused.json()["error"] == "invalid_request"
    typed = f"curl {stage.origin}/oauth2/token -H 'Content-Type=application/x-www-form-urlencoded' -d '{form}'"
    return told(refused.text, sent=typed)


@fails("2.18")
def a_body_of_json(stage: Stage) -> Findings:
    body = {"grant_type": "authorization_code", "client_id": stage.client()["ClientId"], "code": "x"}
    return exchanged(requests.post(f"{stage.origin}/oauth2/token", json=body, timeout=10))


@fails("2.19")
def a_grant_that_does_not_exist(stage: Stage) -> Findings:
    return exchanged(send(stage, stage.client(), grant_type="password", redirect_uri=""))


@fails("2.20")
def a_parameter_misspelt(stage: Stage) -> Findings:
    client = stage.client()
    found = exchanged(send(stage, client, code=stage.code(client), redirect_uri="", redirect_url=CALLBACK))
    assert "redirect_url for redirect_uri" in found[0].sentence
    return found


@fails("2.20b")
def a_parameter_forgotten(stage: Stage) -> Findings:
    client = stage.client()
    return exchanged(send(stage, client, code=stage.code(client), redirect_uri=""))


@fails("2.3")
def a_client_without_the_grant(stage: Stage) -> Findings:
    cognito = stage.cognito(stage.client(AllowedOAuthFlows=["implicit"]))
    return step("token endpoint", cognito).findings


@fails("2.21")
def a_scope_that_machines_do_not_have(stage: Stage) -> Findings:
    idp = stage.world.idp
    scope = {"ScopeName": "read", "ScopeDescription": "read"}
    idp.create_resource_server(UserPoolId=stage.pool.pool_id, Identifier="orders", Name="orders", Scopes=[scope])
    given = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["orders/read"], "CallbackURLs": []}
    client = stage.client(GenerateSecret=True, **given)
    cognito = stage.cognito(client, client_secret=client["ClientSecret"], scopes="orders/write")
    return raised(cognito.client_credentials)


@fails("2.22")
def the_token_endpoint_by_get(stage: Stage) -> Findings:
    asked = requests.get(f"{stage.origin}/oauth2/token", timeout=10)
    assert asked.status_code == 405
    return told(answer_of(asked), sent=f"curl {stage.origin}/oauth2/token")


@fails("2.23")
def no_openid_and_so_no_id_token(stage: Stage) -> Findings:
    client = stage.client(AllowedOAuthScopes=["openid", "aws.cognito.signin.user.admin"])
    code = stage.code(client, scope="aws.cognito.signin.user.admin")
    return raised(lambda: stage.cognito(client).exchange(code).id_token)


# --- revocation and userInfo ------------------------------------------------------------------------------------------


@fails("8.5")
def a_client_that_cannot_revoke(stage: Stage) -> Findings:
    client = stage.client(EnableTokenRevocation=False)
    session = stage.cognito(client).exchange(stage.code(client))
    return raised(session.revoke)


@fails("8.5b")
def an_access_token_to_revoke(stage: Stage) -> Findings:
    client = stage.client()
    token = stage.pool.tokens(client)["AccessToken"]
    form = {"token": token, "client_id": client["ClientId"]}
    return exchanged(requests.post(f"{stage.origin}/oauth2/revoke", data=form, timeout=10))


@fails("7.21")
def user_info_with_the_id_token(stage: Stage) -> Findings:
    token = stage.pool.tokens(stage.client())["IdToken"]
    header = {"Authorization": f"Bearer {token}"}
    return exchanged(requests.get(f"{stage.origin}/oauth2/userInfo", headers=header, timeout=10))


@fails("7.21b")
def user_info_with_nothing(stage: Stage) -> Findings:
    return exchanged(requests.get(f"{stage.origin}/oauth2/userInfo", timeout=10))


# --- what no eye sees -------------------------------------------------------------------------------------------------


@fails("2.31")
def a_secret_with_a_line_end(stage: Stage) -> Findings:
    client = stage.confidential()
    refused = send(stage, client, code="x", client_secret=f"{client['ClientSecret']}\n")
    assert refused.json()["error"] == "invalid_client", refused.text
    found = exchanged(refused)
    assert "client_secret ends in a line end" in found[0].sentence
    return found


@fails("2.14f")
def a_secret_that_is_empty(stage: Stage) -> Findings:
    """curl -u "$ID:$SECRET", with a SECRET that is not set."""
    client = stage.confidential()
    empty = base64.b64encode(f"{client['ClientId']}:".encode()).decode()
    return with_header(stage, client, "Authorization", f"Basic {empty}")


@fails("2.20c")
def a_parameter_that_is_empty(stage: Stage) -> Findings:
    client = stage.client()
    form = {"grant_type": "authorization_code", "client_id": client["ClientId"], "code": "", "redirect_uri": CALLBACK}
    found = exchanged(requests.post(f"{stage.origin}/oauth2/token", data=form, timeout=10))
    assert "is empty: code" in found[0].sentence
    return found


@fails("2.32")
def a_command_that_the_shell_cut(stage: Stage) -> Findings:
    form = f"grant_type=authorization_code&client_id={stage.client()['ClientId']}&code=x"
    refused = requests.post(f"{stage.origin}/oauth2/token", data="grant_type=authorization_code", timeout=10)
    headers = "-H 'Content-Type: application/x-www-form-urlencoded'"
    return told(refused.text, sent=f"curl {stage.origin}/oauth2/token {headers} -d {form}")


@fails("2.33")
def a_redirect_uri_cut_at_its_own_ampersand(stage: Stage) -> Findings:
    client = stage.client(CallbackURLs=[f"{CALLBACK}?a=1&b=2"])
    code = stage.code(client, redirect_uri=f"{CALLBACK}?a=1&b=2")
    form = f"grant_type=authorization_code&client_id={client['ClientId']}&code={code}&redirect_uri={CALLBACK}?a=1&b=2"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return exchanged(requests.post(f"{stage.origin}/oauth2/token", data=form, headers=headers, timeout=10))


@fails("2.34")
def a_parameter_sent_twice(stage: Stage) -> Findings:
    client = stage.client()
    form = [("grant_type", "authorization_code"), ("client_id", client["ClientId"]), ("code", "x"), ("code", "y")]
    sent = [*form, ("redirect_uri", CALLBACK)]
    return exchanged(requests.post(f"{stage.origin}/oauth2/token", data=sent, timeout=10))


@fails("2.2b", how=ANSWER)
def another_redirect_uri_and_the_misleading_word(stage: Stage) -> Findings:
    client = stage.client()
    sent = (
        f"curl {stage.origin}/oauth2/token -d grant_type=authorization_code -d code=c -d client_id={client['ClientId']}"
    )
    return told('{"error":"unauthorized_client"}', sent=f"{sent} -d redirect_uri={CALLBACK}/", link=link(stage, client))


@fails("2.7b")
def another_client_and_its_secret(stage: Stage) -> Findings:
    client, other = stage.client(), stage.confidential()
    refused = send(stage, other, code=stage.code(client))
    assert refused.json()["error"] == "invalid_client", refused.text
    return exchanged(refused, link=link(stage, client))


@fails("2.21b")
def a_machine_that_asks_for_a_profile(stage: Stage) -> Findings:
    idp = stage.world.idp
    scope = {"ScopeName": "read", "ScopeDescription": "read"}
    idp.create_resource_server(UserPoolId=stage.pool.pool_id, Identifier="bills", Name="bills", Scopes=[scope])
    given = {"AllowedOAuthFlows": ["client_credentials"], "AllowedOAuthScopes": ["bills/read"], "CallbackURLs": []}
    client = stage.client(GenerateSecret=True, **given)
    form = {"grant_type": "client_credentials", "scope": "openid email", "client_secret": client["ClientSecret"]}
    refused = send(stage, client, redirect_uri="", **form)
    assert refused.json()["error"] == "invalid_scope"
    return exchanged(refused)
