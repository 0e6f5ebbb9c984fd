"""The architecture as it stands in the code: where SQL is, what operations are, what the two halves know of each other.

Who may import whom is import-linter's.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib
import pkgutil
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from botocore import xform_name

import halfday
from halfday.server import storage
from halfday.server.domain.sign_in.next_step import WHEN_ANSWERING, Refusal
from halfday.server.operations.families import FAMILIES
from halfday.server.operations.framework.dispatch import _COMMON
from halfday.server.operations.framework.model import SERVICES, operation_model, service_model, wire_code
from halfday.server.operations.framework.pass_role import PATHS
from halfday.server.operations.framework.registry import Operation, registered
from halfday.server.operations.framework.service_models import ListShape, MapShape, Shape, StructureShape
from halfday.server.storage.rows import Table
from halfday.server.storage.sqlite import migrate

HOUSE = Path(halfday.__file__).parent
OPERATIONS = HOUSE / "server" / "operations"
RULES = (HOUSE / "server" / "domain", HOUSE / "server" / "flows")
MODULES = sorted(HOUSE.rglob("*.py"))
STORAGE = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(storage.__path__, "halfday.server.storage.")
]
TABLES = {t.name: t for module in STORAGE for t in vars(module).values() if isinstance(t, Table)}
KEPT_BY_A_QUEUE = {"outgoing_messages"}
"""What flows/outgoing_mail drops once it has expired, and says so."""
NOT_OF_A_POOL = {"identity_pools", "identities", "identity_logins", "roles", "issued_credentials"} | {
    "managed_policies",
    "policy_versions",
    "oidc_providers",
    "saml_providers",
    "iam_users",
    "access_keys",
    "last_uses",
    "resource_pins",
    "template_stacks",
    "gateway_apis",
    "gateway_deployments",
    "gateway_stages",
    "lambda_functions",
    "outbound_federations",
    "retired_access_keys",
    "provisioned_limits",
    "deleted_pools",
    "configuration_version",
    "configuration_changes",
}

SQL = re.compile(r"\b(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|CREATE\s+TABLE)\b", re.DOTALL)


def place(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def strings(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    return (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def error_codes_in(path: Path) -> set[str]:
    """The codes of `Refused("Code", …)` and `ServiceError("Code", …)` in a file, and of the members of its rules."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    calls = [c for c in nodes if isinstance(c, ast.Call) and isinstance(c.func, ast.Name) and c.args]
    raised = [c.args[0] for c in calls if c.func.id in ("Refused", "ServiceError")]
    rules = [c for c in nodes if isinstance(c, ast.ClassDef) and "Rule" in {ast.unparse(base) for base in c.bases}]
    members = [m.value.elts[0] for rule in rules for m in rule.body if isinstance(m, ast.Assign)]
    return {code.value for code in (*raised, *members) if isinstance(code, ast.Constant)}


def families_on_disk() -> list[Path]:
    """By a decorator, or in a loop over entities that have the same five operations."""
    registers = re.compile(r"^(?:@|    )operation\(", re.MULTILINE)
    return [path for path in sorted(OPERATIONS.rglob("*.py")) if registers.search(path.read_text())]


def module_name(path: Path) -> str:
    return ".".join(("halfday", *path.relative_to(HOUSE).with_suffix("").parts))


def imported_by(path: Path) -> set[str]:
    """Every module that a file may mean: `from package import name` is both the package and package.name."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{one.name}" for one in node.names}
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return found


def codes_of(service: str) -> set[str]:
    model = service_model(service)
    shapes = map(model.shape_for, model.shape_names)
    return {wire_code(shape) for shape in shapes if shape.metadata.get("exception")}


def test_sql_stands_only_under_storage() -> None:
    with_sql = {place(path) for path in MODULES if any(SQL.search(text) for text in strings(path))}
    assert with_sql, "this does find SQL"
    assert all(name.startswith("server/storage/") for name in with_sql), with_sql


def test_no_file_is_longer_than_400_lines() -> None:
    long = {place(path): len(path.read_text().splitlines()) for path in MODULES}
    assert {name: lines for name, lines in long.items() if lines > 400} == {}


@pytest.mark.parametrize("operation", registered(), ids=lambda o: f"{o.service}-{o.name}")
def test_an_operation_is_a_function_of_its_name_in_a_family(operation: Operation) -> None:
    assert operation_model(operation.service, operation.name) is not None
    assert operation.handler.__name__ == xform_name(operation.name)
    assert operation.handler.__module__ in {family.__name__ for family in FAMILIES}


def test_every_operation_is_called_in_a_test() -> None:
    """By boto3's name for it or a paginator's: what is listed as answered has been seen to answer."""
    text = "\n".join(path.read_text() for path in (Path(__file__).parents[1]).rglob("test_*.py"))
    called = set(re.findall(r"\w+", text))
    uncalled = {xform_name(o.name) for o in registered() if not {xform_name(o.name), o.name} & called}
    assert uncalled == set(), f"no test calls these by boto3's name: {uncalled}"


def role_members(shape: Shape | None, before: str = "") -> Iterator[str]:
    """Paths of members that are ARNs of roles, by their names in the model. A map of them is one path, as a list is."""
    for name, member in (shape.members if isinstance(shape, StructureShape) else {}).items():
        inner = member
        while isinstance(inner, ListShape | MapShape):
            inner = inner.member if isinstance(inner, ListShape) else inner.value
        is_map_of_roles = name == "Roles" and inner.name.lower().startswith("arn")
        if re.search(r"(Role|Caller)Arn$", name, re.IGNORECASE) or is_map_of_roles:
            yield before + name
        yield from role_members(inner, f"{before}{name}.")


HANDED_A_ROLE = [o for o in registered() if o.service != "sts" and o.authority == "signed"]
"""STS is not handed a role to pass: it is asked for a role's credentials. So is GetCredentialsForIdentity."""


@pytest.mark.parametrize("operation", HANDED_A_ROLE, ids=lambda o: f"{o.service}-{o.name}")
def test_no_role_is_handed_on_without_permission_to_pass_it(operation: Operation) -> None:
    passed = PATHS.get((operation.service, operation.name), ())
    known = {path for one in passed for path in (one.replace(".*", ""), one.rpartition(".")[0])}
    forgotten = {path for path in role_members(operation.model.input_shape) if honoured(operation, path)} - known
    assert forgotten == set(), f"add to PATHS in framework/pass_role.py: {operation.name} {forgotten}"


def test_roles_in_maps_and_lists_are_found() -> None:
    model = operation_model("cognito-identity", "SetIdentityPoolRoles")
    assert model is not None
    found = set(role_members(model.input_shape))
    assert found == {"Roles", "RoleMappings.RulesConfiguration.Rules.RoleARN"}


def honoured(operation: Operation, path: str) -> bool:
    parts = path.split(".")
    return any(".".join(parts[:n]) in operation.honours for n in range(1, len(parts) + 1))


def test_every_family_is_imported_with_the_rest() -> None:
    on_disk = {module_name(path) for path in families_on_disk()}
    missing = on_disk ^ {family.__name__ for family in FAMILIES}
    assert missing == set(), f"add to operations/families.py: {missing}"


def test_families_do_not_import_each_other() -> None:
    """What two of them need stands beside them in their room, or in the framework."""
    names = {module_name(path) for path in families_on_disk()}
    for path in OPERATIONS.rglob("*.py"):
        if path.stem != "families":
            assert imported_by(path) & names == set(), place(path)


@pytest.mark.parametrize("path", sorted(OPERATIONS.rglob("*.py")), ids=place)
def test_every_error_code_is_one_of_the_service_s_or_of_all(path: Path) -> None:
    services = {
        o.service for o in registered() if o.handler.__module__.endswith(f".{path.parent.stem}.{path.stem}")
    } or set(SERVICES)
    known = _COMMON.union(*(codes_of(service) for service in services))
    unknown = error_codes_in(path) - known
    assert unknown == set(), f"{place(path)}: not in the model of {services}, nor in dispatch._COMMON; known: {known}"


def test_error_codes_are_found_where_they_are() -> None:
    assert "UsernameExistsException" in error_codes_in(HOUSE / "server" / "flows" / "sign_in" / "from_sign_up.py")
    assert "NotAuthorizedException" in error_codes_in(OPERATIONS / "account" / "recovery.py")
    assert "UserNotConfirmedException" in error_codes_in(RULES[0] / "sign_in" / "next_step.py"), "a rule's members"


@pytest.mark.parametrize("path", [path for room in RULES for path in sorted(room.rglob("*.py"))], ids=place)
def test_every_code_that_a_rule_refuses_with_is_in_a_model(path: Path) -> None:
    assert error_codes_in(path) - _COMMON.union(*(codes_of(service) for service in SERVICES)) == set()


NO_REFUSALS_OF_AWS = {
    "S3RequestRefused": "S3 has statuses and elements of its own, and no model here",
    "S3NotBuilt": "the same",
    "UnreadableUploads": "an answer of the upstream's, which nobody is told of",
    "CallRefused": "a call to a service whose model is not here: its status may be of the service's protocol",
    "MalformedDocument": "XML that cannot be read: each reader says what it is of",
    "MalformedPattern": "within a policy, whose reader says where",
    "MalformedCondition": "the same",
    "FileRefused": "a whole CSV file: its sentence becomes the job's CompletionMessage",
    "HashRefused": "a password hash of another product: whoever brings the file says where in it",
    "RowRefused": "a row of it: its sentence is for the log",
    "MalformedPath": "within a route key or a resource, whose checks say where",
    "GatewayRefused": "an API's refusal: its kind decides status and words, and the API may have words of its own",
    "OpenApiUnreadable": "a file that cannot be read: operations and seed say it in their own words",
    "EventTooLarge": "an event for a function: the integration's or the authorizer's failure is told",
    "TimedOut": "the same",
    "Unreadable": "a kept challenge of another version: whoever answers it is told that the session is expired",
}


def test_tokens_are_minted_in_one_place() -> None:
    """A user pool's. The identity service has tokens of its own, with other claims."""
    with_signature = {place(path) for path in MODULES if re.search(r"(?<!def )sign_claims\(", path.read_text())}
    assert with_signature == {"server/flows/tokens/minter.py", "server/flows/identity/openid_tokens.py"}


def test_a_rule_that_says_no_has_no_exception_of_its_own() -> None:
    """Each class more is one more translator at every edge. `Refused` says code and sentence where the rule is."""
    trees = [ast.parse(path.read_text()) for room in RULES for path in room.rglob("*.py")]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    kinds = {"Exception", "ValueError", "Refused"}
    for _ in range(3):  # and what is derived from them
        kinds |= {c.name for c in classes if kinds & {ast.unparse(base) for base in c.bases}}
    assert kinds - {"Exception", "ValueError", "Refused"} == set(NO_REFUSALS_OF_AWS)


def test_every_refusal_of_a_sign_in_is_declared_by_the_operations_that_sign_in() -> None:
    for name in ("InitiateAuth", "AdminInitiateAuth", "RespondToAuthChallenge", "AdminRespondToAuthChallenge"):
        model = operation_model("cognito-idp", name)
        assert model is not None
        refusals = set(Refusal) if name.endswith("Challenge") else set(Refusal) - WHEN_ANSWERING
        assert {refusal.code for refusal in refusals} <= {wire_code(shape) for shape in model.error_shapes}


@pytest.fixture(scope="module")
def schema() -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(":memory:", isolation_level=None)
    migrate(database)
    yield database
    database.close()


def test_every_table_is_declared_with_the_columns_of_its_record_and_its_key(schema: sqlite3.Connection) -> None:
    names = {row[0] for row in schema.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == set(TABLES)
    for table in TABLES.values():
        columns = list(schema.execute(f"PRAGMA table_info({table.name})"))
        missing, extra = (
            set(table.columns) - {row[1] for row in columns},
            {row[1] for row in columns} - set(table.columns),
        )
        assert not missing | extra, f"{table.name}: the schema lacks {missing}, the record lacks {extra}"
        by_place = sorted((row[5], row[1]) for row in columns if row[5])
        assert [name for _, name in by_place] == list(table.key), table.name


def test_the_store_has_every_table_of_the_schema(schema: sqlite3.Connection) -> None:
    """In a fresh interpreter: here the tables are imported one by one, whether or not the store knows them."""
    script = "import halfday.server.storage.store; from halfday.server.storage.rows import TABLES; print(*TABLES)"
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    names = {row[0] for row in schema.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert set(told.split()) == names, f"storage/store.py lacks {names - set(told.split())}"


def test_a_default_of_the_schema_is_the_default_of_the_field(schema: sqlite3.Connection) -> None:
    """Rows that are older than their column hold the schema's default: one that does not read loses them all."""
    assert wrong_defaults(schema) == []


def wrong_defaults(schema: sqlite3.Connection) -> list[str]:
    wrong = []
    for table in TABLES.values():
        fields = {field.name: field for field in dataclasses.fields(table._record)}
        for _, column, _, _, default, _ in schema.execute(f"PRAGMA table_info({table.name})"):
            if default is None:
                continue
            field = fields[column]
            made = field.default_factory() if callable(field.default_factory) else field.default
            try:
                read = table._readers[column](schema.execute(f"SELECT {default}").fetchone()[0], None)
            except Exception as error:
                read = error
            if read != made:
                wrong.append(
                    f"{table.name}.{column}: DEFAULT {default} reads as {read!r}, the field's default is {made!r}"
                )
    return wrong


def test_a_default_that_does_not_read_is_found() -> None:
    database = sqlite3.connect(":memory:", isolation_level=None)
    migrate(database)
    database.execute("ALTER TABLE identity_pools DROP COLUMN tags")
    database.execute("ALTER TABLE identity_pools ADD COLUMN tags TEXT NOT NULL DEFAULT ''")
    assert len(wrong_defaults(database)) == 1
    database.close()


def test_what_a_table_belongs_to_can_be_found_by_its_columns() -> None:
    """Deletes of pools, clients and users go by these columns, and no table of theirs is left out."""
    needed = {"pool": set(), "client": {"client_id"}, "user": {"username"}, None: set()}
    for table in TABLES.values():
        assert needed[table.belongs_to] <= set(table.columns), table.name
        assert (table.belongs_to is None) == (table.name in NOT_OF_A_POOL), table.name
        assert table.belongs_to is None or table.pool_column in table.columns, table.name
        of_a_user = {"pool_id", "username"} <= set(table.columns) and table.name != "attempts"
        assert of_a_user == (table.belongs_to == "user"), table.name


def test_what_expires_is_swept_by_an_index(schema: sqlite3.Connection) -> None:
    for table in TABLES.values():
        assert table.expires == ("expires_at" in table.columns and table.name not in KEPT_BY_A_QUEUE), table.name
        if table.expires:
            sql = f"EXPLAIN QUERY PLAN SELECT 1 FROM {table.name} WHERE expires_at <= 1"
            index = f"CREATE INDEX {table.name}_by_expiry ON {table.name} (expires_at)"
            assert "USING" in str(list(schema.execute(sql))), f"{table.name} expires: {index}"


def test_a_column_may_be_null_where_its_field_may_be_none(schema: sqlite3.Connection) -> None:
    """Of plain values: None in a column of JSON is the text `null`."""
    plain = {str, int, float, bool, type(None)}
    for table in TABLES.values():
        kinds = {name: set(get_args(kind)) for name, kind in get_type_hints(table._record).items()}
        may_be_none = {name for name, kind in kinds.items() if type(None) in kind <= plain}
        rows = schema.execute(f"PRAGMA table_info({table.name})")
        nullable = {column for _, column, _, not_null, _, key in rows if not not_null and not key}
        assert nullable == may_be_none & set(table.columns), f"{table.name}: NOT NULL but for {may_be_none}"


def test_what_is_secret_by_its_name_is_sealed() -> None:
    secret = re.compile(r"secret|verifier|salt|pem|session_token|memory|details")
    for table in TABLES.values():
        plain = {column for column in table.columns if secret.search(column)} - table._sealed
        assert plain == set(), table.name


def test_the_client_cannot_tell_the_server_from_aws() -> None:
    for path in (HOUSE / "client").rglob("*.py"):
        text = path.read_text()
        assert "halfday.server" not in text, place(path)
        assert "4242" not in text, place(path)


def test_operations_carry_no_proof_of_their_own() -> None:
    """An operation is handed a proven caller: no family reads tokens or signatures to find out who is calling."""
    for path in OPERATIONS.rglob("*.py"):
        if path.stem != "dispatch":
            assert "check_access_token" not in path.read_text(), place(path)
