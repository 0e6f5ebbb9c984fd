"""docs/terraform.md: its configuration is applied by Terraform, planned without changes, and destroyed."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.blocks import blocks
from federated import Identities
from lambda_api import ECHO, python
from real_clients.terraform import Terraform, plugins
from world import PASSWORD, Pool, running

PROVIDER, EXAMPLE = [block.text for block in blocks("terraform.md") if block.language == "hcl"]
OUTPUT = """
output "there" {
  value = [aws_cognito_user_pool.people.id, aws_cognito_user_pool_client.web.id, aws_cognito_identity_pool.people.id]
}
"""


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_page_s_configuration_is_applied_and_nothing_drifts(tmp_path: Path) -> None:
    found = plugins()
    with running(tmp_path / "data", region="eu-west-1", issuer="aws") as world:
        terraform = Terraform(tmp_path, world.origin, found, attached=False)
        terraform.begin_with(PROVIDER.replace("http://127.0.0.1:4242", world.origin))
        (tmp_path / "claims.zip").write_bytes(python(ECHO))
        terraform.write(EXAMPLE + OUTPUT)
        terraform.apply()
        pool_id, client_id, identity_pool_id = terraform.outputs()["there"]
        people = Identities(world, Pool(world, pool_id), {"ClientId": client_id}, identity_pool_id, {})
        Pool(world, pool_id).user("ada@example.com", PASSWORD)
        tokens = Pool(world, pool_id).tokens({"ClientId": client_id}, "ada@example.com")
        login = {f"cognito-idp.eu-west-1.amazonaws.com/{pool_id}": tokens["IdToken"]}
        idp = people.signed("cognito-idp", people.credentials(login))
        assert idp.describe_user_pool(UserPoolId=pool_id)["UserPool"]["Name"] == "people"
        terraform.check_no_changes()
        terraform.destroy()
