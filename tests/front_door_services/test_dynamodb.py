"""DynamoDB: every table and every key that a call touches is decided upon, however the call names it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from role_sessions import ACCOUNT, Session, allow, arn, refusal, session
from world import World

OWN = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant}"]}}
ITEM_ACTIONS = [
    f"dynamodb:{name}" for name in "GetItem PutItem UpdateItem DeleteItem Query BatchGetItem BatchWriteItem".split()
] + ["dynamodb:ConditionCheckItem"]


@pytest.fixture(scope="module")
def tables(world: World) -> Iterator[Any]:
    client = world.boto3("dynamodb")
    for name in ("own", "other"):
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in ("pk", "sk", "email")],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-email",
                    "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        for tenant in ("ada", "bob"):
            client.put_item(TableName=name, Item=item(tenant))
    yield client
    for name in ("own", "other"):
        client.delete_table(TableName=name)


@pytest.fixture(scope="module")
def ada(world: World, tables: Any) -> Any:
    """May touch her own partition of one table. Her tenant is a session tag."""
    return session(world, allow(ITEM_ACTIONS, arn("dynamodb", "table/own*"), **OWN), tags={"tenant": "ada"}).client(
        "dynamodb"
    )


def key(tenant: str) -> dict[str, Any]:
    return {"pk": {"S": tenant}, "sk": {"S": "1"}}


def item(tenant: str) -> dict[str, Any]:
    return {**key(tenant), "email": {"S": f"{tenant}@example.com"}, "secret": {"S": f"of {tenant}"}}


def equal(tenant: str) -> dict[str, Any]:
    """The older form of a key condition."""
    return {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": tenant}]}}


def put(tenant: str) -> dict[str, Any]:
    return {"PutRequest": {"Item": item(tenant)}}


def query(expression: str, values: dict[str, str], names: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "TableName": "own",
        "KeyConditionExpression": expression,
        "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
        **more,
    }
    return {**given, "ExpressionAttributeNames": names} if names else given


ALLOWED: list[tuple[str, dict[str, Any]]] = [
    ("get_item", {"TableName": "own", "Key": key("ada")}),
    ("get_item", {"TableName": arn("dynamodb", "table/own"), "Key": key("ada")}),
    ("put_item", {"TableName": "own", "Item": item("ada")}),
    (
        "update_item",
        {
            "TableName": "own",
            "Key": key("ada"),
            "UpdateExpression": "SET #n = :v",
            "ExpressionAttributeNames": {"#n": "name"},
            "ExpressionAttributeValues": {":v": {"S": "Ada"}},
        },
    ),
    ("query", query("pk = :p", {":p": "ada"})),
    ("query", query("#p = :p AND begins_with(sk, :s)", {":p": "ada", ":s": "1"}, {"#p": "pk"})),
    ("query", query("(pk = :p) AND (sk BETWEEN :s AND :t)", {":p": "ada", ":s": "0", ":t": "2"})),
    (
        "query",
        {
            "TableName": "own",
            "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "ada"}]}},
        },
    ),
    ("batch_get_item", {"RequestItems": {"own": {"Keys": [key("ada")]}}}),
    ("batch_write_item", {"RequestItems": {"own": [put("ada")]}}),
    ("transact_get_items", {"TransactItems": [{"Get": {"TableName": "own", "Key": key("ada")}}]}),
    ("transact_write_items", {"TransactItems": [{"Put": {"TableName": "own", "Item": item("ada")}}]}),
]

DENIED: list[tuple[str, dict[str, Any]]] = [
    ("get_item", {"TableName": "own", "Key": key("bob")}),
    ("get_item", {"TableName": "other", "Key": key("ada")}),
    ("get_item", {"TableName": arn("dynamodb", "table/other"), "Key": key("ada")}),
    ("put_item", {"TableName": "own", "Item": item("bob")}),
    ("delete_item", {"TableName": "own", "Key": key("bob")}),
    ("scan", {"TableName": "own"}),
    ("query", query("pk = :p", {":p": "bob", ":q": "ada"})),
    ("query", query("#p = :p", {":p": "bob"}, {"#p": "pk", "#q": "sk"})),
    ("query", query("email = :p", {":p": "bob@example.com"}, IndexName="by-email")),
    (
        "query",
        {
            "TableName": "own",
            "KeyConditions": {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [{"S": "bob"}]}},
        },
    ),
    ("batch_get_item", {"RequestItems": {"own": {"Keys": [key("ada"), key("bob")]}}}),
    ("batch_get_item", {"RequestItems": {"own": {"Keys": [key("ada")]}, "other": {"Keys": [key("ada")]}}}),
    ("batch_write_item", {"RequestItems": {"own": [{"DeleteRequest": {"Key": key("bob")}}]}}),
    (
        "batch_write_item",
        {
            "RequestItems": {
                "own": [put("ada")],
                "other": [put("ada")],
            }
        },
    ),
    (
        "transact_get_items",
        {
            "TransactItems": [
                {"Get": {"TableName": "own", "Key": key("ada")}},
                {"Get": {"TableName": "other", "Key": key("ada")}},
            ]
        },
    ),
    (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": {"TableName": "own", "Item": item("ada")}},
                {"Delete": {"TableName": "own", "Key": key("bob")}},
            ]
        },
    ),
    ("delete_table", {"TableName": "own"}),
    ("list_tables", {}),
]


@pytest.mark.parametrize(("call", "given"), ALLOWED)
def test_one_s_own_partition_is_open(ada: Any, call: str, given: dict[str, Any]) -> None:
    assert getattr(ada, call)(**given)["ResponseMetadata"]["HTTPStatusCode"] == 200


@pytest.mark.parametrize(("call", "given"), DENIED)
def test_nothing_else_is(ada: Any, call: str, given: dict[str, Any]) -> None:
    assert refusal(getattr(ada, call), **given)[:2] == ("AccessDeniedException", 400)


def test_a_forbidden_table_in_a_batch_leaves_the_others_untouched(ada: Any, tables: Any) -> None:
    tables.delete_item(TableName="own", Key=key("ada"))
    requests = {"own": [put("ada")], "other": [put("ada")]}
    assert refusal(ada.batch_write_item, RequestItems=requests)[0] == "AccessDeniedException"
    assert "Item" not in tables.get_item(TableName="own", Key=key("ada"))
    tables.put_item(TableName="own", Item=item("ada"))


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("query", query("pk = :p AND pk = :q", {":p": "ada", ":q": "bob"})),
    ("query", query("pk = :p OR pk = :q", {":p": "ada", ":q": "bob"})),
    ("query", query("NOT pk = :p", {":p": "ada"})),
    ("query", query("pk BETWEEN :p AND :q", {":p": "ada", ":q": "bob"})),
    ("query", query("begins_with(pk, :p)", {":p": "ada"})),
    ("query", query("#x = :p", {":p": "ada"})),
    (
        "query",
        query(
            "pk = :p",
            {":p": "ada"},
            KeyConditions=equal("bob"),
        ),
    ),
    ("get_item", {"TableName": "own", "Key": {"sk": {"S": "1"}}}),
    ("get_item", {"TableName": "own", "Key": {"pk": {"S": "ada", "N": "1"}, "sk": {"S": "1"}}}),
    ("get_item", {"TableName": "own/../other", "Key": key("ada")}),
    ("get_item", {"Key": key("ada")}),
    ("batch_get_item", {"RequestItems": {"own": {"Keys": [key("ada")]}, arn("dynamodb", "table/own"): {"Keys": []}}}),
    (
        "transact_write_items",
        {
            "TransactItems": [
                {"Put": {"TableName": "own", "Item": item("ada")}, "Delete": {"TableName": "own", "Key": {}}}
            ]
        },
    ),
]


@pytest.mark.parametrize(("call", "given"), REFUSED)
def test_what_can_be_read_in_two_ways_is_refused(ada: Any, call: str, given: dict[str, Any]) -> None:
    code, status, _ = refusal(getattr(ada, call), **given)
    assert (code, status) in {("ValidationException", 400), ("SerializationException", 400)}


@pytest.mark.parametrize(
    ("call", "given"),
    [
        ("execute_statement", {"Statement": 'SELECT * FROM "other"'}),
        ("batch_execute_statement", {"Statements": [{"Statement": 'SELECT * FROM "other"'}]}),
        ("execute_transaction", {"TransactStatements": [{"Statement": "DELETE FROM \"other\" WHERE pk='ada'"}]}),
    ],
)
def test_statements_of_partiql_are_refused_by_name(world: World, tables: Any, call: str, given: dict[str, Any]) -> None:
    """Of everybody: whose table and key a statement means is not read here."""
    code, status, sentence = refusal(getattr(session(world, allow("*")).client("dynamodb"), call), **given)
    assert (code, status) == ("NotImplementedException", 501)
    assert "DynamoDB" in sentence


def test_attributes_are_those_that_any_expression_names(world: World, tables: Any) -> None:
    some: Session = session(
        world,
        allow(
            "dynamodb:GetItem",
            arn("dynamodb", "table/own"),
            **{
                "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "email"]},
                "StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"},
            },
        ),
    )
    client = some.client("dynamodb")
    told = client.get_item(TableName="own", Key=key("ada"), ProjectionExpression="email")["Item"]
    assert told == {"email": {"S": "ada@example.com"}}
    for projection, names in (("secret", None), ("#s", {"#s": "secret"}), ("email, secret.x", None)):
        given: dict[str, Any] = {"ProjectionExpression": projection}
        if names:
            given["ExpressionAttributeNames"] = names
        assert refusal(client.get_item, TableName="own", Key=key("ada"), **given)[0] == "AccessDeniedException"
    assert refusal(client.get_item, TableName="own", Key=key("ada"), AttributesToGet=["secret"])[1] == 400


def test_another_account_s_table_is_not_taken_for_one_of_this(ada: Any) -> None:
    elsewhere = f"arn:aws:dynamodb:us-east-1:{'9' * 12}:table/own"
    assert refusal(ada.get_item, TableName=elsewhere, Key=key("ada"))[0] == "AccessDeniedException"
    assert ACCOUNT not in elsewhere
