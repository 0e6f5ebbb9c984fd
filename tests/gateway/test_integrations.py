"""Integrations: an HTTP backend, a function, a mock; what they are told, what comes back, what fails.

Source: facts/apigateway.md §1, §2.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
import zipfile
from typing import Any

import pytest

from gateway_apis import declare, http_api, http_proxy, lambda_proxy, rest_api, to_lambda, to_url
from sockets import Handler, answering
from world import World

ANSWER = {"statusCode": 200, "headers": {"X-One": "1"}, "body": "hello"}
PROXY = {"integration.request.path.proxy": "method.request.path.proxy"}


def test_a_greedy_path_goes_to_the_backend_as_it_was_sent(world: World, backend: str) -> None:
    api = rest_api(world)
    declared = {"method.request.path.proxy": True}
    api.put(
        "/files/{proxy+}",
        "ANY",
        integration=http_proxy(f"{backend}/base/{{proxy}}", requestParameters=PROXY),
        parameters=declared,
    )
    api.deploy()
    answer = api.ask("/files/a%2Fb/%C3%A4?x=1&x=2", "POST", data="body")
    seen = answer.json()
    assert (answer.status_code, seen["method"], seen["path"]) == (201, "POST", "/base/a%2Fb/%C3%A4?x=1&x=2")
    assert seen["body"] == "body"
    assert seen["headers"]["x-amzn-apigateway-api-id"] == api.api_id


def test_a_rest_api_answers_the_backend_s_own_headers_under_another_name(world: World, backend: str) -> None:
    api = rest_api(world)
    api.put("/", integration=http_proxy(backend))
    api.deploy()
    answer = api.ask("/")
    assert answer.headers["X-Backend"] == "yes"
    assert answer.headers["x-amzn-Remapped-WWW-Authenticate"] == "Basic"
    assert answer.headers["x-amzn-Remapped-Server"].endswith("echo")
    assert "WWW-Authenticate" not in answer.headers


def test_a_function_is_told_the_request_in_payload_1(world: World) -> None:
    told = declare(world, "one", lambda event: ANSWER)
    api = rest_api(world)
    api.put("/things/{id}", integration=lambda_proxy("one"))
    api.deploy(variables={"colour": "blue"})
    answer = api.ask("/things/a%20b?x=1&x=2", headers={"X-Many": "m"})
    assert (answer.status_code, answer.text, answer.headers["X-One"]) == (200, "hello", "1")
    (event,) = told.events
    context = event["requestContext"]
    assert (event["resource"], event["path"]) == ("/things/{id}", "/things/a b")
    assert event["pathParameters"] == {"id": "a b"}
    assert event["queryStringParameters"] == {"x": "2"}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"]}
    assert event["headers"]["x-many"] == "m"
    assert event["headers"]["X-Forwarded-For"] == "127.0.0.1"
    assert event["stageVariables"] == {"colour": "blue"}
    assert event["body"] is None
    assert event["isBase64Encoded"] is False
    assert (context["stage"], context["path"], context["httpMethod"]) == ("prod", "/prod/things/a%20b", "GET")
    assert context["apiId"] == api.api_id
    assert context["identity"]["cognitoIdentityId"] is None
    assert "authorizer" not in context


def test_what_is_not_there_is_null_in_payload_1(world: World) -> None:
    told = declare(world, "bare", lambda event: ANSWER)
    api = rest_api(world)
    api.put("/", integration=lambda_proxy("bare"))
    api.deploy()
    api.ask("/")
    absent = ("queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "stageVariables", "body")
    assert [told.events[0][name] for name in absent] == [None] * 5


def test_a_function_is_told_the_request_in_payload_2(world: World) -> None:
    told = declare(world, "two", lambda event: {"hello": "world"})
    api = http_api(world)
    api.route("POST /things/{id}", to_lambda("two"))
    answer = api.ask("/things/7?a=1&a=2", "POST", data="x=y", headers={"Cookie": "c=1; d=2", "X-Up": "Yes"})
    assert (answer.status_code, answer.json(), answer.headers["Content-Type"]) == (
        200,
        {"hello": "world"},
        "application/json",
    )
    (event,) = told.events
    assert (event["version"], event["routeKey"], event["rawPath"]) == ("2.0", "POST /things/{id}", "/things/7")
    assert event["rawQueryString"] == "a=1&a=2"
    assert event["queryStringParameters"] == {"a": "1,2"}
    assert event["cookies"] == ["c=1", "d=2"]
    assert event["headers"]["x-up"] == "Yes"
    assert "cookie" not in event["headers"]
    assert event["pathParameters"] == {"id": "7"}
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["stage"] == "$default"
    assert event["body"] == "x=y"
    assert "stageVariables" not in event
    assert "authorizer" not in event["requestContext"]


def test_an_http_api_may_have_payload_1(world: World) -> None:
    told = declare(world, "old", lambda event: ANSWER)
    api = http_api(world)
    api.route("GET /x", to_lambda("old", "1.0"))
    assert api.ask("/x").text == "hello"
    assert (told.events[0]["version"], told.events[0]["resource"]) == ("1.0", "/x")


@pytest.mark.parametrize(
    "answer",
    [
        {"statusCode": "many"},
        {"statusCode": 99},
        {"statusCode": 200, "body": {"no": "text"}},
        {"statusCode": 200, "headers": ["no"]},
        {"statusCode": 200, "headers": {"X": {"no": 1}}},
        {"statusCode": 200, "headers": {"X Y": "1"}},
        {"statusCode": 200, "multiValueHeaders": {"X": "no"}},
        {"statusCode": 200, "body": "?", "isBase64Encoded": True},
        {"statusCode": 200, "unknown": 1},
        "a text",
        [1],
        "raw:no json",
        None,
    ],
)
def test_a_malformed_answer_is_502(world: World, answer: Any) -> None:
    declare(world, "bad", lambda event: answer)
    api = rest_api(world)
    api.put("/", integration=lambda_proxy("bad"))
    api.deploy()
    found = api.ask("/")
    assert (found.status_code, found.text) == (502, '{"message": "Internal server error"}')
    assert found.headers["x-amzn-ErrorType"] == "InternalServerErrorException"


def test_a_function_that_raises_is_502_and_of_an_http_api_500(world: World) -> None:
    def fails(event: dict[str, Any]) -> Any:
        raise ValueError("secret")

    declare(world, "fails", fails)
    rest, http = rest_api(world), http_api(world)
    rest.put("/", integration=lambda_proxy("fails"))
    rest.deploy()
    http.route("GET /", to_lambda("fails"))
    assert rest.ask("/").status_code == 502
    found = http.ask("/")
    assert (found.status_code, found.text) == (500, '{"message":"Internal Server Error"}')


def test_many_headers_cookies_and_binary_bodies_come_back(world: World) -> None:
    body = base64.b64encode(b"\x00\xff").decode()
    declare(
        world,
        "many",
        lambda event: {
            "statusCode": 200,
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
            "body": body,
            "isBase64Encoded": True,
        },
    )
    declare(world, "cookies", lambda event: {"statusCode": 201, "cookies": ["a=1", "b=2"], "body": "x"})
    rest, http = rest_api(world), http_api(world)
    rest.put("/", integration=lambda_proxy("many"))
    rest.deploy()
    http.route("GET /", to_lambda("cookies"))
    answer = rest.ask("/")
    assert (answer.content, answer.cookies.get_dict()) == (b"\x00\xff", {"a": "1", "b": "2"})
    assert http.ask("/").cookies.get_dict() == {"a": "1", "b": "2"}


def test_binary_media_types_go_to_the_function_in_base64(world: World) -> None:
    told = declare(world, "binary", lambda event: ANSWER)
    api = rest_api(world, binaryMediaTypes=["image/*"])
    api.put("/", "POST", integration=lambda_proxy("binary"))
    api.deploy()
    api.ask("/", "POST", data=b"\x89PNG", headers={"Content-Type": "image/png"})
    api.ask("/", "POST", data=b"text", headers={"Content-Type": "text/plain"})
    first, second = told.events
    assert (first["body"], first["isBase64Encoded"]) == (base64.b64encode(b"\x89PNG").decode(), True)
    assert (second["body"], second["isBase64Encoded"]) == ("text", False)


def test_a_mock_answers_a_preflight(world: World) -> None:
    api = rest_api(world)
    api.put(
        "/", "OPTIONS", integration={"type": "MOCK", "requestTemplates": {"application/json": "{ statusCode: 204 }"}}
    )
    where = {"restApiId": api.api_id, "resourceId": api.root, "httpMethod": "OPTIONS"}
    allow = "method.response.header.Access-Control-Allow-Origin"
    api.client.put_method_response(**where, statusCode="204", responseParameters={allow: True})
    api.client.put_integration_response(**where, statusCode="204", responseParameters={allow: "'*'"})
    api.deploy()
    answer = api.ask("/", "OPTIONS")
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (204, "*")


def test_a_mock_chooses_its_response_by_status_and_fills_its_template(world: World) -> None:
    api = rest_api(world)
    api.put("/", integration={"type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 418}'}})
    where = {"restApiId": api.api_id, "resourceId": api.root, "httpMethod": "GET"}
    for status in ("200", "404"):
        api.client.put_method_response(**where, statusCode=status)
    api.client.put_integration_response(**where, statusCode="200")
    api.client.put_integration_response(
        **where, statusCode="404", selectionPattern="4\\d{2}",
        responseTemplates={"application/json": '{"stage": "$context.stage", "from": "$stageVariables.from"}'},
    )  # fmt: skip
    api.deploy(variables={"from": "here"})
    answer = api.ask("/")
    assert (answer.status_code, answer.json()) == (404, {"stage": "prod", "from": "here"})


def test_templates_with_logic_are_refused(world: World) -> None:
    api = rest_api(world)
    with pytest.raises(Exception, match="VTL"):
        api.put("/", integration={"type": "MOCK", "requestTemplates": {"application/json": "#if(true)#end"}})


def test_an_unreachable_backend_is_504_and_of_an_http_api_503(world: World) -> None:
    rest, http = rest_api(world), http_api(world)
    rest.put("/", integration=http_proxy("http://127.0.0.1:1"))
    rest.deploy()
    http.route("GET /", to_url("http://127.0.0.1:1"))
    answer = rest.ask("/")
    assert (answer.status_code, answer.text) == (504, '{"message": "Network error communicating with endpoint"}')
    found = http.ask("/")
    assert (found.status_code, found.text) == (503, '{"message":"Service Unavailable"}')


def test_stage_variables_choose_the_backend_and_the_function(world: World, backend: str) -> None:
    declare(world, "blue", lambda event: ANSWER)
    api = rest_api(world)
    api.put("/b", integration=http_proxy("${stageVariables.backend}/x"))
    uri = lambda_proxy("blue")
    api.put("/f", integration={**uri, "uri": uri["uri"].replace("blue", "${stageVariables.colour}")})
    api.deploy(variables={"backend": backend, "colour": "blue"})
    assert api.ask("/b").json()["path"] == "/x"
    assert api.ask("/f").text == "hello"


def test_mapped_headers_are_the_gateway_s_alone(world: World, backend: str) -> None:
    api = rest_api(world)
    mapped = {"integration.request.header.X-Stage": "context.stage", "integration.request.header.X-Text": "'text'"}
    api.put("/", integration=http_proxy(backend, requestParameters=mapped))
    api.deploy()
    headers = api.ask("/", headers={"X-Stage": "forged", "X_Text": "forged"}).json()["headers"]
    assert (headers["x-stage"], headers["x-text"]) == ("prod", "text")
    assert "x_text" not in headers


def test_an_http_api_maps_parameters(world: World, backend: str) -> None:
    mapped = {"append:header.x-route": "$context.routeKey-less", "overwrite:querystring.who": "$request.header.x-who",
              "remove:header.x-gone": "''", "overwrite:path": "/moved/$request.path.id"}  # fmt: skip
    api = http_api(world)
    api.route("GET /things/{id}", to_url(backend, RequestParameters=mapped))
    seen = api.ask("/things/7?who=nobody", headers={"X-Who": "ada", "X-Gone": "1"}).json()
    assert seen["path"] == "/moved/7?who=ada"
    assert "x-gone" not in seen["headers"]


def test_quick_create_serves_everything_at_once(world: World, backend: str) -> None:
    client = world.boto3("apigatewayv2")
    made = client.create_api(Name="quick", ProtocolType="HTTP", Target=backend)
    answer = world_request(world, made["ApiId"], "/any/path")
    assert answer["path"] == "/any/path"
    assert [route["RouteKey"] for route in client.get_routes(ApiId=made["ApiId"])["Items"]] == ["$default"]


def world_request(world: World, api_id: str, path: str) -> Any:
    import requests

    url = f"{world.origin}/_aws/execute-api/{api_id}/$default{path}"
    return requests.get(url, timeout=10).json()


def test_unknown_paths_methods_stages_and_apis(world: World) -> None:
    declare(world, "known", lambda event: ANSWER)
    rest, http = rest_api(world), http_api(world)
    rest.put("/known", integration=lambda_proxy("known"))
    rest.deploy()
    http.route("GET /known", to_lambda("known"))
    for answer in (rest.ask("/unknown"), rest.ask("/known", "DELETE")):
        assert (answer.status_code, answer.json()) == (403, {"message": "Missing Authentication Token"})
        assert answer.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert (http.ask("/unknown").status_code, http.ask("/unknown").json()) == (404, {"message": "Not Found"})
    rest.stage = "other"
    assert (rest.ask("/known").status_code, rest.ask("/known").json()) == (403, {"message": "Forbidden"})
    rest.api_id = "unknown123"
    assert rest.ask("/known").status_code == 403


def test_dot_segments_are_refused(world: World, backend: str) -> None:
    api = rest_api(world)
    api.put(
        "/a/{proxy+}",
        integration=http_proxy(backend + "/a/{proxy}", requestParameters=PROXY),
        parameters={"method.request.path.proxy": True},
    )
    api.deploy()
    assert api.ask("/a/%2e%2e/b").status_code == 400
    assert json.loads(api.ask("/a/..%2fb").text) == {"message": "Bad Request"}


def test_dot_segments_of_a_mapped_value_are_refused(world: World, backend: str) -> None:
    """Whatever it comes from: a query, a header, a path that was decoded."""
    http, rest = http_api(world), rest_api(world)
    http.route("GET /{id}", to_url(backend, RequestParameters={"overwrite:path": "/in/$request.querystring.at"}))
    mapped = {"integration.request.path.at": "method.request.querystring.at"}
    wanted = {"method.request.querystring.at": True}
    rest.put("/x", integration=http_proxy(backend + "/in/{at}", requestParameters=mapped), parameters=wanted)
    rest.deploy()
    for api in (http, rest):
        assert api.ask("/x?at=a/b").json()["path"].partition("?")[0] == "/in/a/b"
        for value in ("../out", "a/../../out", "%2e%2e/out", "..", "a/./b", "..%5cout"):
            assert api.ask(f"/x?at={value}").status_code == 400, value


def test_what_takes_too_long_is_504_and_of_an_http_api_503(world: World) -> None:
    class Slow(Handler):
        def do_GET(self) -> None:
            time.sleep(1)
            self.answer(200, b"late")

    def slow(event: dict[str, Any]) -> Any:
        time.sleep(1)
        return ANSWER

    declare(world, "slow", slow)
    rest, http = rest_api(world), http_api(world)
    with answering(Slow) as backend:
        rest.put("/f", integration={**lambda_proxy("slow"), "timeoutInMillis": 100})
        rest.put("/b", integration=http_proxy(backend, timeoutInMillis=100))
        rest.deploy()
        http.route("GET /f", {**to_lambda("slow"), "TimeoutInMillis": 100})
        http.route("GET /b", to_url(backend, TimeoutInMillis=100))
        for path in ("/f", "/b"):
            answer, found = rest.ask(path), http.ask(path)
            assert (answer.status_code, answer.text) == (504, '{"message": "Endpoint request timed out"}')
            assert (found.status_code, found.text) == (503, '{"message":"Service Unavailable"}')


def test_a_backend_s_answer_comes_as_it_is_sent_and_ends_at_ten_megabytes(world: World) -> None:
    mb, first = 1024 * 1024, threading.Event()

    class Long(Handler):
        def do_GET(self) -> None:
            self.send_response(200)
            size = int(self.path.strip("/")) if self.path != "/slowly" else 0
            if size:
                self.send_header("Content-Length", str(size))
            self.end_headers()
            if size:
                self.wfile.write(b"x" * size)
                return
            self.wfile.write(b"first")
            self.wfile.flush()
            first.wait(10)
            self.wfile.write(b"second")

    api = rest_api(world)
    with answering(Long) as backend:
        api.put("/{proxy+}", integration=http_proxy(backend + "/{proxy}", requestParameters=PROXY),
                parameters={"method.request.path.proxy": True})  # fmt: skip
        api.deploy()
        with api.ask("/slowly", stream=True) as answer:
            pieces = answer.iter_content(5)
            assert next(pieces) == b"first", "the second has not been sent yet"
            first.set()
            assert b"".join(pieces) == b"second"
        assert len(api.ask(f"/{10 * mb}").content) == 10 * mb
        assert api.ask(f"/{10 * mb + 1}").status_code == 500


def test_a_request_over_ten_megabytes_is_413(world: World, backend: str) -> None:
    rest, http = rest_api(world), http_api(world)
    rest.put("/", "POST", integration=http_proxy(backend))
    rest.deploy()
    http.route("POST /", to_url(backend))
    body = b"x" * (10 * 1024 * 1024 + 1)
    answer = rest.ask("/", "POST", data=body)
    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})
    assert http.ask("/", "POST", data=body).status_code == 413


def test_an_event_that_lambda_would_not_take_is_413(world: World) -> None:
    told = declare(world, "large", lambda event: ANSWER)
    api = rest_api(world)
    api.put("/", "POST", integration=lambda_proxy("large"))
    api.deploy()
    assert api.ask("/", "POST", data=b"x" * (7 * 1024 * 1024)).status_code == 413
    assert told.events == []


def test_a_function_of_lambda_s_own_api_permits_the_api_or_is_not_run(world: World) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", "def handler(event, context):\n    return {'statusCode': 200, 'body': 'mine'}\n")
    functions, service = world.boto3("lambda"), {"Service": "lambda.amazonaws.com"}
    trust = {"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = world.boto3("iam").create_role(RoleName="runs", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    functions.create_function(
        FunctionName="uploaded", Runtime="python3.12", Handler="app.handler", Code={"ZipFile": archive.getvalue()},
        Role=role,
    )  # fmt: skip
    api = rest_api(world)
    api.put("/things/{id}", integration=lambda_proxy("uploaded"))
    api.deploy()
    assert api.ask("/things/7").status_code == 500
    permitted = f"arn:aws:execute-api:us-east-1:123456789012:{api.api_id}/*/GET/things/*"
    functions.add_permission(
        FunctionName="uploaded",
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=permitted,
    )
    assert api.ask("/things/7").text == "mine"


def test_names_of_headers_that_hide_others_do_not_reach_the_backend(world: World, backend: str) -> None:
    api = http_api(world)
    api.route("GET /", to_url(backend))
    sent = {
        "X-Empty": "",
        "X-Forwarded-For": "6.6.6.6",
        "Connection": "x-mine, x-forwarded-for, X-Forwarded-Proto",
        "X-Mine": "1",
        "X-Amzn-Trace-Id": "forged",
    }
    headers = api.ask("/", headers=sent).json()["headers"]
    assert (headers["x-forwarded-for"], headers["x-forwarded-proto"]) == ("127.0.0.1", "http")
    assert "x-mine" not in headers
    assert headers["x-empty"] == ""
    assert headers["x-amzn-trace-id"].startswith("Self=")


def test_the_sign_in_pages_cookies_go_to_no_backend(world: World, backend: str) -> None:
    """By path an API shares its origin with the pages."""
    api = rest_api(world)
    api.put("/", integration=http_proxy(backend))
    api.deploy()
    cookies = "cognito=session; mine=1; cognito-fl.abc=x; csrf-state.z=y; theirs=2"
    assert api.ask("/", headers={"Cookie": cookies}).json()["headers"]["cookie"] == "mine=1; theirs=2"
    assert "cookie" not in api.ask("/", headers={"Cookie": "cognito=session"}).json()["headers"]


def test_nobody_behind_an_api_sets_the_sign_in_pages_cookies(world: World) -> None:
    """A session of the backend's choice would sign the browser in as somebody else."""
    cookies = ["cognito=theirs; Path=/", " csrf-state.z=y", "cognito-fl.abc=x", "mine=1", "cognitos=2"]

    class Sets(Handler):
        def do_GET(self) -> None:
            self.send_response(200)
            for cookie in cookies:
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", "0")
            self.end_headers()

    answer = {"statusCode": 200, "multiValueHeaders": {"Set-Cookie": cookies}}
    declare(world, "sets", lambda event: answer)
    api = rest_api(world)
    with answering(Sets) as backend:
        api.put("/b", integration=http_proxy(backend))
        api.put("/f", integration=lambda_proxy("sets"))
        api.deploy()
        for path in ("/b", "/f"):
            assert api.ask(path).cookies.get_dict() == {"mine": "1", "cognitos": "2"}
