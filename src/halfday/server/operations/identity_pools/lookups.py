"""What operations on identity pools begin with: the pool that is named, the role ARNs that they take."""

from __future__ import annotations

from halfday.protocol.identifiers import is_role_arn
from halfday.server.domain.aws.identity_pools import IdentityPool
from halfday.server.domain.refusals import Refused, not_authorized
from halfday.server.operations.framework.registry import Call


async def the_identity_pool(call: Call) -> IdentityPool:
    pool_id = call.input["IdentityPoolId"]
    pool = await call.services.store.identity_pools.find(pool_id)
    if pool is None or not call.is_of_region(region_of(pool_id)):
        raise Refused("ResourceNotFoundException", f"IdentityPool '{pool_id}' not found.")
    return pool


def region_of(identity_pool_id: str) -> str:
    return identity_pool_id.partition(":")[0]


def check_role_arn(call: Call, text: str) -> None:
    """Raises Refused unless it is the ARN of a role of this account. AWS answers alike for names, malformed ARNs and
    roles of other accounts: aws/aws-sdk-js#908, boto/boto3#73, danilop/LambdAuth#40. Whether the role exists is not
    checked [inferred].
    """
    if not is_role_arn(text, call.account):
        raise not_authorized(f"Access to Role '{text}' is forbidden.")
