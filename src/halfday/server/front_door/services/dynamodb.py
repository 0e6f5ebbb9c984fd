"""DynamoDB: every table, index and key that a call touches, batches and transactions included.

Source: Service authorization reference, Amazon DynamoDB; DynamoDB developer guide, Using IAM policy conditions for
fine-grained access control, and How transactions work with IAM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from halfday.server.domain.aws.policies import known_keys
from halfday.server.domain.calls.arns import is_arn
from halfday.server.domain.calls.dynamodb_expressions import attributes_in, partition_value
from halfday.server.domain.calls.json_documents import Members
from halfday.server.domain.calls.refusals import CallRefused, not_built
from halfday.server.domain.s3.actions import Need
from halfday.server.front_door.services.calls import Ask, Plan, ServiceCall

KNOWN = known_keys(
    f"dynamodb:{name}"
    for name in "Attributes EnclosingOperation LeadingKeys ReturnConsumedCapacity ReturnValues Select".split()
)

_EXPRESSIONS = (
    "ProjectionExpression",
    "FilterExpression",
    "ConditionExpression",
    "UpdateExpression",
    "KeyConditionExpression",
)
_LEGACY = ("Expected", "AttributeUpdates", "KeyConditions", "QueryFilter", "ScanFilter")
_NOT_BUILT = frozenset(
    {"BatchExecuteStatement", "ExecuteStatement", "ExecuteTransaction"}
    | {"ExportTableToPointInTime", "ImportTable", "StartBulkPutItems", "CancelBulkOperation"}
    | {"DescribeBulkOperation", "ListBulkOperations"}
)
"""PartiQL, whose tables and keys stand in a statement; and what reads or writes S3 in the table's name."""
_EVERY_TABLE = frozenset(
    {"DescribeEndpoints", "DescribeLimits", "ListTables", "ListBackups", "ListExports", "ListGlobalTables"}
    | {"ListImports", "ListStreams", "ListContributorInsights"}
)
_TRANSACTED = {"Get": "GetItem", "Put": "PutItem", "Delete": "DeleteItem", "Update": "UpdateItem"}


async def plan(call: ServiceCall, ask: Ask) -> Plan:
    if call.operation in _NOT_BUILT:
        raise not_built(f"{call.operation} of DynamoDB")
    named = _Naming(call, ask)
    if call.operation in ("BatchGetItem", "BatchWriteItem"):
        needs, changed = await _batch(call, named)
    elif call.operation in ("TransactGetItems", "TransactWriteItems"):
        needs, changed = await _transaction(call, named)
    elif "TableName" in call.parameters or _asks_for_items(call):
        needs, changed = await _one_table(call, named)
    elif call.operation in _EVERY_TABLE:
        return Plan(call, (Need(call.action, "*"),), KNOWN)
    else:
        needs, changed = [_of_an_arn(call)], call
    return Plan(changed, tuple(needs), KNOWN)


class _Naming:
    """Names of tables, and the partition keys of those that items are asked of."""

    def __init__(self, call: ServiceCall, ask: Ask) -> None:
        self._call, self._ask = call, ask
        self._described: dict[str, Members] = {}

    def table(self, name: Any) -> str:
        """The plain name. Raises CallRefused."""
        if not isinstance(name, str) or not name:
            raise _invalid("The parameter 'TableName' is required but was not present in the request")
        plain = self._call.place.name_in(name, "dynamodb").removeprefix("table/") if is_arn(name) else name
        if not all(letter.isalnum() or letter in "_.-" for letter in plain):
            raise _invalid(f"TableName {plain[:64]!r} is no table's name")
        return plain

    async def partition_key(self, table: str, index: str = "") -> str | None:
        """The attribute, None where there is no such table or index."""
        if table not in self._described:
            asked = replace(self._call, operation="DescribeTable", parameters={"TableName": table})
            self._described[table] = (await self._ask(asked) or {}).get("Table", {})
        found = self._described[table]
        if index:
            several = [*found.get("GlobalSecondaryIndexes", ()), *found.get("LocalSecondaryIndexes", ())]
            found = next((one for one in several if one.get("IndexName") == index), {})
        return next((one["AttributeName"] for one in found.get("KeySchema", ()) if one["KeyType"] == "HASH"), None)


async def _one_table(call: ServiceCall, named: _Naming) -> tuple[list[Need], ServiceCall]:
    table, index = named.table(call.parameters.get("TableName")), call.text("IndexName")
    if index and not all(letter.isalnum() or letter in "_.-" for letter in index):
        raise _invalid(f"IndexName {index[:64]!r} is no index's name")
    key = await named.partition_key(table, index) if _asks_for_items(call) else None
    context = _context(call.parameters, _leading(call, key))
    resource = call.arn(f"table/{table}/index/{index}" if index else f"table/{table}")
    return [Need(call.action, resource, context)], call.changed(TableName=table)


def _asks_for_items(call: ServiceCall) -> bool:
    return call.operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query")


def _leading(call: ServiceCall, key: str | None) -> list[str]:
    if key is None:
        return []
    if call.operation == "Query":
        return [_asked_partition(call, key)]
    return [_value_of(call.members("Item" if call.operation == "PutItem" else "Key"), key)]


def _asked_partition(call: ServiceCall, key: str) -> str:
    expression, legacy = call.text("KeyConditionExpression"), call.members("KeyConditions")
    if bool(expression) == bool(legacy):
        raise _invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
    if expression:
        name = partition_value(expression, _names(call.parameters), key)
        return _value_of(call.members("ExpressionAttributeValues"), name)
    condition = legacy.get(key, {})
    values = condition.get("AttributeValueList", [])
    if condition.get("ComparisonOperator") != "EQ" or len(values) != 1:
        raise _invalid(f"Query condition missed key schema element: {key}")
    return _scalar(values[0], key)


async def _batch(call: ServiceCall, named: _Naming) -> tuple[list[Need], ServiceCall]:
    """One need a table. Two names of one table are refused: they would be one table's requests."""
    given, requests, needs = call.members("RequestItems"), {}, []
    if not given:
        raise _invalid("The requestItems parameter is required for BatchGetItem and BatchWriteItem")
    for name, asked in given.items():
        table = named.table(name)
        if table in requests:
            raise _invalid(f"The table {table} is named twice")
        requests[table] = asked
        key = await named.partition_key(table)
        if call.operation == "BatchGetItem":
            items, about = [_object(one) for one in _object(asked).get("Keys", ())], _object(asked)
        else:
            items, about = [_written(one) for one in asked], {}
        leading = [_value_of(item, key) for item in items] if key else []
        attributes = {name for item in items for name in item} | _attributes(about)
        needs.append(Need(call.action, call.arn(f"table/{table}"), _pack(call.parameters, leading, attributes)))
    return needs, call.changed(RequestItems=requests)


def _written(request: Any) -> Members:
    one = _object(request)
    if len(one) != 1 or not {"PutRequest", "DeleteRequest"} & set(one):
        raise _invalid("Supplied AttributeValue has more than one datatypes set, must contain exactly one")
    kind, inner = next(iter(one.items()))
    return _object(_object(inner).get("Item" if kind == "PutRequest" else "Key"))


async def _transaction(call: ServiceCall, named: _Naming) -> tuple[list[Need], ServiceCall]:
    """One need an action: those of the single operations, and ConditionCheckItem."""
    needs, changed = [], []
    for one in call.parameters.get("TransactItems") or ():
        entries = list(_object(one).items())
        if len(entries) != 1 or entries[0][0] not in (*_TRANSACTED, "ConditionCheck"):
            raise _invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        kind, inner = entries[0][0], _object(entries[0][1])
        table = named.table(inner.get("TableName"))
        key = await named.partition_key(table)
        item = _object(inner.get("Item" if kind == "Put" else "Key"))
        leading = [_value_of(item, key)] if key else []
        context = {**_context(inner, leading), "dynamodb:EnclosingOperation": call.operation}
        action = "dynamodb:" + _TRANSACTED.get(kind, "ConditionCheckItem")
        needs.append(Need(action, call.arn(f"table/{table}"), context))
        changed.append({kind: {**inner, "TableName": table}})
    if not needs:
        raise _invalid("Value at 'transactItems' failed to satisfy constraint: Member must have length at least 1")
    return needs, call.changed(TransactItems=changed)


def _of_an_arn(call: ServiceCall) -> Need:
    """What names a table, a backup or a stream by its ARN."""
    for name in ("ResourceArn", "TableArn", "BackupArn", "StreamArn", "ExportArn", "ImportArn", "SourceTableArn"):
        if arn := call.text(name):
            return Need(call.action, call.arn(call.place.name_in(arn, "dynamodb")))
    if name := call.text("GlobalTableName"):
        return Need(call.action, call.arn(f"global-table/{name}"))
    if call.operation == "GetRecords":
        raise not_built("GetRecords of a DynamoDB stream, whose iterator does not say which stream it is of")
    raise not_built(f"{call.operation} of DynamoDB, whose resource is not known")


def _context(given: Mapping[str, Any], leading: list[str]) -> dict[str, Any]:
    own = {name for part in ("Key", "Item") for name in _object(given.get(part, {}))}
    return _pack(given, leading, own | _attributes(given))


def _pack(given: Mapping[str, Any], leading: list[str], attributes: set[str]) -> dict[str, Any]:
    context: dict[str, Any] = {}
    if leading:
        context["dynamodb:LeadingKeys"] = list(dict.fromkeys(leading))
    if attributes:
        context["dynamodb:Attributes"] = sorted(attributes)
    for name in ("Select", "ReturnValues", "ReturnConsumedCapacity"):
        if isinstance(given.get(name), str):
            context[f"dynamodb:{name}"] = given[name]
    return context


def _attributes(given: Mapping[str, Any]) -> set[str]:
    """The attributes that expressions and their older forms name."""
    names = _names(given)
    expressions = [
        given[name] for name in (*_EXPRESSIONS, "KeyConditionExpression") if isinstance(given.get(name), str)
    ]
    found = {attribute for expression in expressions for attribute in attributes_in(expression, names)}
    found |= {name for part in _LEGACY for name in _object(given.get(part, {}))}
    return found | {name for name in given.get("AttributesToGet") or () if isinstance(name, str)}


def _names(given: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: value
        for name, value in _object(given.get("ExpressionAttributeNames", {})).items()
        if isinstance(value, str)
    }


def _value_of(item: Members, key: str) -> str:
    if key not in item:
        raise _invalid("The provided key element does not match the schema")
    return _scalar(item[key], key)


def _scalar(value: Any, key: str) -> str:
    """The text of a key's value: of a string, a number or bytes."""
    one = _object(value)
    if len(one) != 1 or next(iter(one)) not in ("S", "N", "B") or not isinstance(next(iter(one.values())), str):
        raise _invalid(f"One or more parameter values were invalid: Type mismatch for key {key}")
    return str(next(iter(one.values())))


def _object(value: Any) -> Members:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise CallRefused("SerializationException", "A member that has to be an object is none.")
    return value


def _invalid(sentence: str) -> CallRefused:
    return CallRefused("ValidationException", sentence)
