"""Templates are read as their tools left them: JSON, YAML with short tags, folders of CDK and SAM."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from appliers import BUILT

from halfday.server.templates import assets, documents, sam
from halfday.server.templates.errors import TemplateRefused

YAML = """
Resources:
  A:
    Type: X
    Properties:
      a: !Ref P
      b: !GetAtt Pool.Arn
      c: !Sub "${P}-x"
      d: !If [So, 1, !Join ["", [x, !Select [0, !Split [",", "a,b"]]]]]
      e: !ImportValue shared
      f: !FindInMap [A, B, C]
      g: !Base64 text
      h: !GetAZs ""
      i: {Version: 2012-10-17}
      j: !GetAtt Inner.Outputs.Id
Conditions:
  So: !Not [!Equals [a, b]]
"""


BOMB = "\n".join(
    [
        "Resources: {A: {Type: X}}",
        "Metadata:",
        " a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
        *(f" a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)),
    ]
)


def test_short_tags_are_the_functions_that_they_stand_for(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text(YAML)
    body = documents.read(tmp_path / "t.yaml").body
    properties = body["Resources"]["A"]["Properties"]
    assert properties["b"] == {"Fn::GetAtt": ["Pool", "Arn"]}
    assert properties["i"] == {"Version": "2012-10-17"}
    assert properties["j"] == {"Fn::GetAtt": ["Inner", "Outputs.Id"]}
    assert properties["d"]["Fn::If"][2] == {"Fn::Join": ["", ["x", {"Fn::Select": [0, {"Fn::Split": [",", "a,b"]}]}]]}
    assert body["Conditions"]["So"] == {"Fn::Not": [{"Fn::Equals": ["a", "b"]}]}
    assert json.loads(json.dumps(body)) == body


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Resources: {", "t.yaml:"),
        ("Resources: {}", "has no Resources"),
        ("[]", "no CloudFormation template"),
        ("Resources: {A: {Properties: {}}}", "resource A has no Type"),
        ("Resources: {A: {Type: X}}\nOutput: {}", "has no Output"),
        ("Resources: {A: {Type: X}, A: {Type: Y}}", "t.yaml:1: the key A stands here twice"),
        ("Resources:\n  A: [", "t.yaml:2: "),
        ("Resources: {A-b: {Type: X}}", "Resources: 'A-b' is no name"),
        ("Resources: {A: {Type: X}}\nParameters: {'a b': {Type: String}}", "Parameters: 'a b' is no name"),
        ("Resources: {A: {Type: X}}\nOutputs: {'a;date': {Value: x}}", "Outputs: 'a;date' is no name"),
        ("Resources: {A: {Type: X}}\nOutputs: {'$(date)': {Value: x}}", "Outputs: '$(date)' is no name"),
        (BOMB, "more than 500000 values"),
        ("Resources: &a {A: {Type: X, Metadata: *a}}", "more than 500000 values"),
        ("Resources: {A: !!python/object:os.system {}}", "t.yaml:1: "),
        ("\xff", "no CloudFormation template"),
    ],
)
def test_what_is_no_template_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(TemplateRefused) as refused:
        documents.read(tmp_path / "t.yaml")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Shop.template.json", "Shop"),
        ("notes/.aws-sam/build/template.yaml", "notes"),
        ("journal/.serverless/cloudformation-template-update-stack.json", "journal"),
        ("my_app.yaml", "my-app"),
        ("2024/template.yaml", "stack-2024"),
    ],
)
def test_a_stack_is_named_after_its_file_or_its_project(path: str, name: str, tmp_path: Path) -> None:
    assert documents.stack_name(tmp_path / path) == name


def test_a_folder_of_cdk_is_all_of_its_stacks_in_order(tmp_path: Path) -> None:
    stacks = {
        name: {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{name}.json"},
            "dependencies": needs,
        }
        for name, needs in (("Api", ["People", "Api.assets"]), ("People", []))
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {**stacks, "Api.assets": {"type": "other"}}}))
    assert [stack for _, stack in documents.found_at(tmp_path)] == ["People", "Api"]
    assert [path.name for path, _ in documents.found_at(BUILT / "cdk" / "built")] == ["Shop.template.json"]
    assert [path.name for path, _ in documents.found_at(BUILT / "sam" / "built")] == ["template.yaml"]
    with pytest.raises(TemplateRefused, match="no template in"):
        documents.found_at(BUILT / "cdk" / "app")


def test_a_sam_template_becomes_what_aws_makes_of_it() -> None:
    body = sam.transformed(documents.read(BUILT / "sam" / "built" / "template.yaml"), {"Stage": "dev"}, "eu-west-1")
    kinds = {name: one["Type"] for name, one in body["Resources"].items()}
    assert kinds["PreSignUp"] == "AWS::Lambda::Function"
    assert kinds["PreSignUpRole"] == "AWS::IAM::Role"
    assert body["Resources"]["People"]["Properties"]["LambdaConfig"]["PreSignUp"] == {
        "Fn::GetAtt": ["PreSignUp", "Arn"]
    }
    assert body["Resources"]["PreSignUp"]["Properties"]["Code"] == {"S3Bucket": sam.LOCAL, "S3Key": "PreSignUp"}


def test_what_sam_does_not_take_is_told_in_its_words(tmp_path: Path) -> None:
    text = "Transform: AWS::Serverless-2016-10-31\nResources: {F: {Type: 'AWS::Serverless::Function', Properties: {}}}"
    (tmp_path / "t.yaml").write_text(text)
    with pytest.raises(TemplateRefused, match=r"Resource with id .F. is invalid"):
        sam.transformed(documents.read(tmp_path / "t.yaml"), {}, "us-east-1")
    (tmp_path / "t.yaml").write_text("Transform: MyMacro\nResources: {A: {Type: X}}")
    with pytest.raises(TemplateRefused, match="the transform MyMacro runs at AWS only"):
        sam.transformed(documents.read(tmp_path / "t.yaml"), {}, "us-east-1")


def test_code_is_the_same_wherever_it_lies_and_whenever_it_was_written(tmp_path: Path) -> None:
    folder = BUILT / "sam" / "built"
    code = {"S3Bucket": sam.LOCAL, "S3Key": "PreSignUp"}
    first = assets.code_of(folder, code)
    moved = tmp_path / "PreSignUp"
    shutil.copytree(folder / "PreSignUp", moved, copy_function=shutil.copyfile)
    (moved / "__pycache__").mkdir()
    (moved / "__pycache__" / "app.pyc").write_bytes(b"x")
    (moved / "app.py").chmod((folder / "PreSignUp" / "app.py").stat().st_mode)
    assert assets.code_of(tmp_path, code) == first


def test_code_is_found_as_each_tool_left_it() -> None:
    listed = json.loads((BUILT / "cdk" / "built" / "Shop.assets.json").read_text())
    key = next(name for name, one in listed["files"].items() if one["source"]["packaging"] == "zip")
    assert (
        assets.local_file(BUILT / "cdk" / "built", "cdk-assets", f"{key}.zip") == BUILT / "cdk/built" / f"asset.{key}"
    )
    osls = BUILT / "osls" / "built"
    assert assets.local_file(osls, "bucket", "serverless/journal/dev/1-2026/journal.zip") == osls / "journal.zip"
    with pytest.raises(TemplateRefused, match=r"its code x/other.zip is not on this machine"):
        assets.code_of(osls, {"S3Bucket": "bucket", "S3Key": "x/other.zip"})
