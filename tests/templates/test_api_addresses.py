"""An API's address is printed as the one that it has here."""

from __future__ import annotations

from halfday.server.templates.api_addresses import found_here
from halfday.server.templates.stacks import Made, Stack

STACK = Stack(
    "app",
    resources={
        "Rest": Made("AWS::ApiGateway::RestApi", "abc123"),
        "Deployed": Made("AWS::ApiGateway::Deployment", "d", {"RestApiId": "abc123", "StageName": "dev"}),
        "Http": Made("AWS::ApiGatewayV2::Api", "xyz789"),
        "Stage": Made("AWS::ApiGatewayV2::Stage", "$default", {"ApiId": "xyz789", "StageName": "$default"}),
    },
)
HERE = "http://127.0.0.1:4242"


def here(value: object) -> object:
    return found_here(value, [STACK], HERE)


def test_a_stage_in_the_path_is_the_stage_here() -> None:
    aws = "https://abc123.execute-api.eu-west-1.amazonaws.com"
    assert here(f"{aws}/dev/orders/7") == f"{HERE}/_aws/execute-api/abc123/dev/orders/7"
    assert here(f"{aws}/dev") == f"{HERE}/_aws/execute-api/abc123/dev"


def test_a_path_without_a_stage_is_the_default_stages() -> None:
    aws = "https://xyz789.execute-api.eu-west-1.amazonaws.com"
    assert here(f"{aws}/items") == f"{HERE}/_aws/execute-api/xyz789/$default/items"
    assert here(aws) == f"{HERE}/_aws/execute-api/xyz789/$default"
    assert here(f"{aws}/") == f"{HERE}/_aws/execute-api/xyz789/$default/"


def test_what_is_of_nobody_here_stays() -> None:
    for value in ("https://other.execute-api.eu-west-1.amazonaws.com/dev", "eu-west-1_abc", ["x"], 7):
        assert here(value) == value
