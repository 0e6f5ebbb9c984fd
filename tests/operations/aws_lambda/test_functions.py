"""Functions by Lambda's API: made, shown, changed, invoked and deleted, over a real socket by boto3."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from asking import refusal, status
from halfday.server import reachability as reach
from halfday.server.outside.functions import workers
from lambda_api import ACCOUNT, ECHO, TRUSTS_LAMBDA, Made, python, zipped

ARN = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:"
BAD = "InvalidParameterValueException"
GIVEN = {"FunctionName": "heavy", "Runtime": "python3.12", "Handler": "app.handler"}


def code_files(made: Made) -> set[str]:
    return {path.name for path in (made.world.data / "functions" / "code").glob("*")}


def test_a_function_is_shown_as_it_was_made(made: Made) -> None:
    given = {"Description": "d", "Timeout": 7, "MemorySize": 256, "Environment": {"Variables": {"TABLE": "people"}}}
    shown = made.function("shown", **given, Tags={"team": "a"}, Architectures=["arm64"], Publish=False)
    assert shown["FunctionArn"] == f"{ARN}shown"
    assert {name: shown[name] for name in given} == given
    assert (shown["State"], shown["LastUpdateStatus"], shown["PackageType"]) == ("Active", "Successful", "Zip")
    assert shown["ResponseMetadata"]["HTTPStatusCode"] == 201
    read = made.api.get_function(FunctionName="shown")
    assert read["Tags"] == {"team": "a"}
    without = {name: value for name, value in shown.items() if name != "ResponseMetadata"}
    assert read["Configuration"] == without
    assert made.api.get_function_configuration(FunctionName=f"{ARN}shown")["CodeSha256"] == shown["CodeSha256"]
    assert made.api.get_function(FunctionName=f"{ACCOUNT}:shown:$LATEST")["Configuration"] == without
    made.api.get_waiter("function_active_v2").wait(FunctionName="shown")


def test_functions_are_listed_page_by_page(made: Made) -> None:
    names = [f"listed-{n}" for n in range(5)]
    for name in names:
        made.function(name)
    pages = list(made.api.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    assert len(pages) >= 3
    listed = [each["FunctionName"] for page in pages for each in page["Functions"]]
    assert [name for name in listed if name.startswith("listed-")] == names
    assert refusal(made.api.list_functions, Marker="!") == (BAD, "Invalid marker")
    versions = made.api.list_versions_by_function(FunctionName=names[0])["Versions"]
    assert [(each["Version"], each["FunctionArn"]) for each in versions] == [("$LATEST", f"{ARN}{names[0]}:$LATEST")]


def test_a_name_is_taken_once_and_of_another_region_free(made: Made) -> None:
    made.function("taken")
    assert refusal(made.function, name="taken") == ("ResourceConflictException", "Function already exist: taken")
    assert status(made.function, name="taken") == 409
    elsewhere = made.world.boto3("lambda", region_name="eu-west-1")
    assert refusal(elsewhere.get_function, FunctionName="taken")[0] == "ResourceNotFoundException"
    sentence = "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')"
    assert refusal(elsewhere.get_function, FunctionName=f"{ARN}taken") == ("ResourceNotFoundException", sentence)
    code = {"ZipFile": python(ECHO)}
    settings = {"Runtime": "nodejs22.x", "Handler": "a.b", "Role": made.role}
    assert ":eu-west-1:" in elsewhere.create_function(FunctionName="taken", Code=code, **settings)["FunctionArn"]


@pytest.mark.parametrize("name", ["nobody", f"{ARN}nobody"])
def test_what_is_unknown_cannot_be_found(made: Made, name: str) -> None:
    told = ("ResourceNotFoundException", f"Function not found: {ARN}nobody")
    for call in (made.api.get_function, made.api.delete_function, made.api.invoke):
        assert refusal(call, FunctionName=name) == told
        assert status(call, FunctionName=name) == 404


def test_no_other_version_than_the_latest_is_there(made: Made) -> None:
    made.function("somebody")
    told = ("ResourceNotFoundException", f"Function not found: {ARN}somebody:live")
    assert refusal(made.api.get_function, FunctionName="somebody", Qualifier="live") == told


def test_its_answer_its_prints_and_its_failure(made: Made) -> None:
    made.function(
        "speaks",
        """
        import os
        def handler(event, context):
            print("printed", os.environ["TABLE"], os.environ["AWS_LAMBDA_FUNCTION_NAME"], context.memory_limit_in_mb)
            if event.get("fail"):
                raise ValueError("no luck")
            return {"got": event, "arn": context.invoked_function_arn}
        """,
        Environment={"Variables": {"TABLE": "people"}},
        MemorySize=512,
    )
    answer = made.api.invoke(FunctionName="speaks", Payload=b'{"a": [1]}', LogType="Tail")
    assert json.loads(answer["Payload"].read()) == {"got": {"a": [1]}, "arn": f"{ARN}speaks"}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert "FunctionError" not in answer
    log = base64.b64decode(answer["LogResult"]).decode()
    assert "printed people speaks 512" in log
    assert log.startswith("START RequestId: ")
    failed = made.api.invoke(FunctionName="speaks", Payload=b'{"fail": true}')
    assert failed["FunctionError"] == "Unhandled"
    told = json.loads(failed["Payload"].read())
    assert (told["errorMessage"], told["errorType"]) == ("no luck", "ValueError")
    assert 'raise ValueError("no luck")' in told["stackTrace"][0]


def test_a_node_function_of_a_folder(made: Made) -> None:
    source = "exports.handler = async (event, context) => ({ ...event, by: context.functionName })"
    made.function("node", zipped({"src/index.js": source}), Runtime="nodejs22.x", Handler="src/index.handler")
    assert made.invoke("node", {"a": 1}) == {"a": 1, "by": "node"}


def test_a_python_package_within_the_zip(made: Made) -> None:
    files = {
        "pkg/__init__.py": "",
        "pkg/inner.py": "from helper import X\nhandler = lambda e, c: X",
        "helper.py": "X = 3",
    }
    made.function("package", zipped(files), Handler="pkg/inner.handler")
    assert made.invoke("package") == 3


def test_a_dry_run_runs_nothing_and_an_event_is_not_waited_for(made: Made, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    made.function("marks", f"def handler(event, context):\n    open({str(mark)!r}, 'w').write(event['say'])\n")
    event = json.dumps({"say": "hello"})
    assert made.api.invoke(FunctionName="marks", InvocationType="DryRun", Payload=event)["StatusCode"] == 204
    assert not mark.exists()
    assert made.api.invoke(FunctionName="marks", InvocationType="Event", Payload=event)["StatusCode"] == 202
    until(lambda: mark.exists() and mark.read_text() == "hello")


def until(holds: Any) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_no_json_is_not_sent(made: Made) -> None:
    made.function("picky")
    for payload in (b"{", b"NaN", b"\xff", b'{"a": 1}, "x": {}'):
        assert refusal(made.api.invoke, FunctionName="picky", Payload=payload)[0] == "InvalidRequestContentException"
    assert made.api.invoke(FunctionName="picky")["Payload"].read() == b"{}"


def test_new_code_and_new_settings_are_what_runs(made: Made) -> None:
    made.function("changes", "def handler(e, c):\n    return 1\n")
    assert made.invoke("changes") == 1
    before = code_files(made)
    first = made.api.get_function_configuration(FunctionName="changes")
    second = made.api.update_function_code(
        FunctionName="changes", ZipFile=python("import os\ndef other(e, c):\n    return os.environ['AB']\n")
    )
    assert second["RevisionId"] != first["RevisionId"]
    assert second["CodeSha256"] != first["CodeSha256"]
    assert len(code_files(made)) == len(before), "the older code is gone"
    assert made.invoke("changes")["errorType"] == "Runtime.HandlerNotFound"
    given = {"Handler": "app.other", "Environment": {"Variables": {"AB": "b"}}, "Timeout": 9, "Description": "d"}
    made.api.update_function_configuration(FunctionName="changes", **given)
    assert made.invoke("changes") == "b"
    stale = {"FunctionName": "changes", "RevisionId": first["RevisionId"]}
    assert refusal(made.api.update_function_configuration, **stale)[0] == "PreconditionFailedException"
    assert refusal(made.api.update_function_code, **stale, ZipFile=python(ECHO))[0] == "PreconditionFailedException"
    planned = made.api.update_function_code(FunctionName="changes", ZipFile=python(ECHO), DryRun=True)
    assert planned["CodeSha256"] != second["CodeSha256"]
    assert made.invoke("changes") == "b"


def test_a_deleted_function_is_gone_with_its_code(made: Made) -> None:
    before = code_files(made)
    made.function("gone")
    assert made.invoke("gone", 1) == 1
    made.permit("gone")
    assert code_files(made) - before
    answer = made.api.delete_function(FunctionName="gone")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert code_files(made) == before
    assert refusal(made.api.invoke, FunctionName="gone")[0] == "ResourceNotFoundException"
    made.function("gone")
    assert refusal(made.api.get_policy, FunctionName="gone")[0] == "ResourceNotFoundException", "its policy went too"


SLOW = """
    import time
    def handler(event, context):
        open(event["mark"], "w").close()
        time.sleep(0.7)
        import later
        return later.X
"""


@pytest.mark.parametrize("deleted", [False, True])
def test_updated_or_deleted_while_it_is_invoked_it_answers_as_it_was(made: Made, tmp_path: Path, deleted: bool) -> None:
    """It may still load more of its own code: that goes when it has answered."""
    name, mark = f"busy-{deleted}", tmp_path / "mark"
    made.function(name, zipped({"app.py": dedent(SLOW), "later.py": "X = 'old'"}))
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(made.invoke, name, {"mark": str(mark)})
        until(mark.exists)
        if deleted:
            made.api.delete_function(FunctionName=name)
            assert refusal(made.api.invoke, FunctionName=name)[0] == "ResourceNotFoundException"
        else:
            made.api.update_function_code(FunctionName=name, ZipFile=python(ECHO))
            assert made.invoke(name, "new") == "new"
        assert unpacked(made, "later.py")
        assert answer.result() == "old"
    until(lambda: not unpacked(made, "later.py"))


def unpacked(made: Made, name: str) -> list[Path]:
    return list((made.world.data / "functions" / "unpacked").glob(f"*/*/{name}"))


def test_a_function_has_its_own_time(made: Made) -> None:
    made.function("slow", "import time\ndef handler(e, c):\n    time.sleep(5)\n", Timeout=1)
    told = made.invoke("slow")
    assert told["errorType"] == "Sandbox.Timedout"
    assert told["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")


@pytest.mark.parametrize(
    ("code", "handler", "told"),
    [
        ({"other.py": ECHO}, "app.handler", ("Runtime.ImportModuleError", "Unable to import module 'app': ")),
        (
            {"app.py": "import nothing_such"},
            "app.handler",
            ("Runtime.ImportModuleError", "Unable to import module 'app': "),
        ),
        ({"app.py": "x ="}, "app.handler", ("Runtime.UserCodeSyntaxError", "Unable to import module 'app': ")),
        ({"app.py": ECHO}, "app.other", ("Runtime.HandlerNotFound", "Handler 'other' missing on module 'app'")),
        ({"app.py": "import os\nos._exit(3)"}, "app.handler", ("Runtime.ExitError", "RequestId: ")),
    ],
)
def test_a_handler_that_is_not_there_fails_when_it_is_invoked(
    made: Made, code: dict[str, str], handler: str, told: tuple[str, str]
) -> None:
    name = f"missing-{next(made.world.counter)}"
    made.function(name, zipped(code), Handler=handler)
    answer = made.invoke(name)
    assert answer["errorType"] == told[0]
    assert answer["errorMessage"].startswith(told[1])


def test_a_node_handler_that_is_not_there(made: Made) -> None:
    made.function("nonode", zipped({"a.js": ""}), Runtime="nodejs20.x", Handler="index.handler")
    assert made.invoke("nonode")["errorType"] == "Runtime.ImportModuleError"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"Role": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, (BAD, "cannot be assumed by Lambda.")),
        ({"Role": "arn:aws:iam::999999999999:role/r"}, (BAD, "Cross-account pass role is not allowed.")),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, (BAD, "Reserved keys used in this request: AWS_REGION")),
        ({"Environment": {"Variables": {"AB": "x" * 5000}}}, (BAD, 'exceeded the 4KB limit. String measured: {"AB":')),
        ({"Runtime": "python3.7"}, (BAD, "We recommend you use a supported runtime while")),
        ({"Runtime": "java21"}, ("NotImplementedException", "functions here are of Python or Node.js")),
        ({"Runtime": "cobol"}, ("ValidationException", "Member must satisfy enum value set")),
        ({"Timeout": 901}, ("ValidationException", "Member must have value less than or equal to 900")),
        ({"MemorySize": 10241}, ("ValidationException", "Member must have value less than or equal to 10240")),
        ({"EphemeralStorage": {"Size": 10241}}, ("ValidationException", "must have value less than or equal to 10240")),
        ({"Tags": {"aws:mine": "x"}}, (BAD, "aws: prefixed tag key names are not allowed for external use.")),
        ({"Publish": True}, ("NotImplementedException", "Publish")),
        ({"PackageType": "Image"}, ("NotImplementedException", "PackageType Image")),
        ({"Layers": ["arn:aws:lambda:us-east-1:123456789012:layer:l:1"]}, ("NotImplementedException", "Layers")),
        ({"TracingConfig": {"Mode": "Active"}}, ("NotImplementedException", "TracingConfig.Mode Active")),
        ({"LoggingConfig": {"LogFormat": "JSON"}}, ("NotImplementedException", "LoggingConfig.LogFormat JSON")),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, ("NotImplementedException", "VpcConfig")),
        ({"Code": {}}, (BAD, "Please provide a source for function code.")),
        ({"Code": {"ZipFile": b""}}, (BAD, "Uploaded file must be a non-empty zip")),
        ({"Code": {"ZipFile": b"x", "S3Key": "k"}}, (BAD, "when providing a ZipFile.")),
        ({"Code": {"ImageUri": "x"}}, ("NotImplementedException", "Code.ImageUri")),
    ],
)  # fmt: skip
def test_what_lambda_or_this_server_does_not_take_is_refused(
    made: Made, given: dict[str, Any], told: tuple[str, str]
) -> None:
    code, sentence = refusal(made.function, name="refused", **given)
    assert code == told[0]
    assert told[1] in sentence
    assert refusal(made.api.get_function, FunctionName="refused")[0] == "ResourceNotFoundException"


@pytest.mark.parametrize("before", ["", "function:", ARN])
def test_a_name_has_64_characters_at_most(made: Made, before: str) -> None:
    name = f"{next(made.world.counter)}".ljust(64, "n")
    sentence = f"Value '{name}n' at 'functionName' failed to satisfy constraint: Member must have length less than"
    told = (BAD, f"1 validation error detected: {sentence} or equal to 64")
    assert refusal(made.function, name=f"{before}{name}n") == told
    assert made.function(f"{before}{name}")["FunctionName"] == name


def test_a_zip_of_fifty_megabytes_comes_by_s3_alone(made: Made) -> None:
    code = zipped({"app.py": ECHO}) + b"\0" * 100
    longer = code[:100] + os.urandom(52_428_800 - 100)
    told = ("RequestEntityTooLargeException", "Zipped size must be smaller than 52428800 bytes")
    assert refusal(made.function, name="heavy", code=longer) == told
    assert status(made.api.create_function, **{**GIVEN, "Code": {"ZipFile": longer}, "Role": made.role}) == 413
    made.function("light")
    assert refusal(made.api.update_function_code, FunctionName="light", ZipFile=longer) == told


MISMATCH = (BAD, "The derived qualifier from the function name does not match the specified qualifier.")
NO_LATEST = (BAD, "We currently do not support adding policies for $LATEST.")
UNDELETED = (BAD, "$LATEST version cannot be deleted without deleting the function.")
PERMISSION = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}


def test_one_version_is_meant(made: Made) -> None:
    """Names, qualifiers and both, as LocalStack recorded of AWS."""
    name = f"meant-{next(made.world.counter)}"
    made.function(name)
    api = made.api
    for call, given in (
        (api.get_function, {}),
        (api.get_function_configuration, {}),
        (api.delete_function, {}),
        (api.add_permission, PERMISSION),
        (api.invoke, {}),
    ):
        for qualified, qualifier in (("1", "$LATEST"), ("$LATEST", "1")):
            assert refusal(call, FunctionName=f"{name}:{qualified}", Qualifier=qualifier, **given) == MISMATCH
    for latest in ({"FunctionName": name, "Qualifier": "$LATEST"}, {"FunctionName": f"{ARN}{name}:$LATEST"}):
        assert refusal(api.delete_function, **latest) == UNDELETED
        assert refusal(api.add_permission, **latest, **PERMISSION) == NO_LATEST
        assert api.get_function(**latest)["Configuration"]["FunctionName"] == name
    missing = ("ResourceNotFoundException", f"Function not found: {ARN}missing:$LATEST")
    assert refusal(api.get_function, FunctionName="missing", Qualifier="$LATEST") == missing


def test_a_policy_of_no_function_is_missing_in_lambda_s_words(made: Made) -> None:
    api, code = made.api, "ResourceNotFoundException"
    assert refusal(api.get_policy, FunctionName="no") == (code, "The resource you requested does not exist.")
    told = (code, f"No policy found for: {ARN}no")
    assert refusal(api.remove_permission, FunctionName="no", StatementId="s") == told


def test_tags_are_of_the_whole_function(made: Made) -> None:
    arn = made.function("whole")["FunctionArn"]
    told = (BAD, "Tags on function aliases and versions are not supported. Please specify a function ARN.")
    assert refusal(made.api.tag_resource, Resource=f"{arn}:$LATEST", Tags={"a": "b"}) == told
    assert refusal(made.api.list_tags, Resource=f"{arn}:one") == told
    told = (BAD, "An error occurred and the request cannot be processed.")
    assert refusal(made.api.tag_resource, Resource=arn, Tags={}) == told
    told = (BAD, "aws: prefixed tag key names are not allowed for external use.")
    assert refusal(made.api.tag_resource, Resource=arn, Tags={"AWS:a": "b"}) == told


def test_what_may_be_said_of_the_default_is_honoured(made: Made) -> None:
    made.function(
        "default",
        TracingConfig={"Mode": "PassThrough"},
        SnapStart={"ApplyOn": "None"},
        LoggingConfig={"LogFormat": "Text", "LogGroup": "/aws/lambda/default"},
        VpcConfig={"SubnetIds": [], "SecurityGroupIds": []},
        EphemeralStorage={"Size": 1024},
        Layers=[],
    )
    assert made.api.get_function_configuration(FunctionName="default")["EphemeralStorage"] == {"Size": 1024}
    assert made.api.get_function_code_signing_config(FunctionName="default")["FunctionName"] == "default"


def test_tags_are_put_and_taken_away(made: Made) -> None:
    arn = made.function("tagged", Tags={"a": "1"})["FunctionArn"]
    made.api.tag_resource(Resource=arn, Tags={"b": "2", "c": "3"})
    made.api.untag_resource(Resource=arn, TagKeys=["a", "b"])
    assert made.api.list_tags(Resource=arn)["Tags"] == {"c": "3"}


def test_a_function_has_fifty_tags_at_most(made: Made) -> None:
    tags, told = {f"k{n}": "v" for n in range(50)}, (BAD, "Number of tags exceeds resource tag limit.")
    arn = made.function("many", Tags=tags)["FunctionArn"]
    assert refusal(made.api.tag_resource, Resource=arn, Tags={"one": "more"}) == told
    assert refusal(made.function, name="too-many", Tags={**tags, "one": "more"}) == told
    assert refusal(made.api.get_function, FunctionName="too-many")[0] == "ResourceNotFoundException"


def test_who_signs_nothing_is_told_so_in_lambda_s_words(made: Made) -> None:
    unsigned = boto3.client(
        "lambda", region_name="us-east-1", endpoint_url=made.world.for_tools, config=Config(signature_version=UNSIGNED)
    )
    told = ("MissingAuthenticationTokenException", "Missing Authentication Token")
    assert refusal(unsigned.list_functions) == told
    assert status(unsigned.list_functions) == 403


def test_a_path_that_lambda_has_not(made: Made) -> None:
    request = urllib.request.Request(f"{made.world.for_tools}/2015-03-31/functions/a/nothing")
    with pytest.raises(urllib.error.HTTPError) as answered:
        urllib.request.urlopen(request, timeout=10)
    assert answered.value.code == 404
    assert answered.value.headers["x-amzn-errortype"] == "UnknownOperationException"
    assert refusal(made.api.list_aliases, FunctionName="a")[0] == "NotImplementedException"


def test_at_aws_s_own_host_names(made: Made) -> None:
    """What the proxy for AWS's names passes on is Lambda's there, and nothing else is."""
    client = reach.is_aws_host("lambda.us-east-1.amazonaws.com"), reach.is_aws_host("lambdas.us-east-1.amazonaws.com")
    assert client == (True, False)


KEYS = """
import os
def handler(event, context):
    names = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
    return [os.environ[name] for name in names]
"""


def _called_by(made: Made, keys: list[str]) -> str:
    return str(_client(made, keys, "sts").get_caller_identity()["Arn"])


def _client(made: Made, keys: list[str], service: str) -> Any:
    return boto3.Session(*keys, region_name="us-east-1").client(service, endpoint_url=made.world.for_tools)


def test_a_function_calls_as_its_role_and_may_do_what_the_role_may(made: Made) -> None:
    """Whoever may make a function has what its role has, and nothing of the account's root."""
    iam, name = made.world.boto3("iam"), "of-a-function"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUSTS_LAMBDA))["Role"]["Arn"]
    made.function("calls", KEYS, Role=role)
    keys = made.invoke("calls")
    assert _called_by(made, keys) == f"arn:aws:sts::123456789012:assumed-role/{name}/calls"
    idp = _client(made, keys, "cognito-idp")
    assert refusal(idp.list_user_pools, MaxResults=1)[0] == "AccessDeniedException"
    allow = {"Effect": "Allow", "Action": "cognito-idp:ListUserPools", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    assert "UserPools" in idp.list_user_pools(MaxResults=1)
    assert made.invoke("calls") == keys, "one session for as long as it lasts"
    made.world.clock.advance(11 * 3600 + 46 * 60)
    assert made.invoke("calls") != keys, "its successor began with new ones"
    iam.delete_role_policy(RoleName=name, PolicyName="p")
    iam.delete_role(RoleName=name)
    made.world.clock.advance(12 * 3600)
    told = ("AccessDeniedException", "The role defined for the function cannot be assumed by Lambda.")
    assert refusal(made.invoke, name="calls") == told
    made.world.clock.advance(-(23 * 3600 + 46 * 60))


def test_an_invocation_whose_process_begins_while_the_code_is_changed_is_answered_by_the_older(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.function("begins", "def handler(e, c):\n    return 'older'\n")
    goes_on, begun, really = threading.Event(), threading.Event(), workers.Worker.begin

    async def slowly(*given: Any) -> Any:
        if not begun.is_set():
            begun.set()
            assert await asyncio.to_thread(goes_on.wait, 30)
        return await really(*given)

    monkeypatch.setattr(workers.Worker, "begin", slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(made.invoke, "begins")
        assert begun.wait(30)
        made.api.update_function_code(FunctionName="begins", ZipFile=python("def handler(e, c):\n    return 'newer'\n"))
        assert made.invoke("begins") == "newer"
        time.sleep(0.2)
        goes_on.set()
        assert first.result(30) == "older"
