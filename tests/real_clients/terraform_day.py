"""What people do with the configuration of `terraform_everything` in a day, by boto3 and the pages. Nothing that it
changes is Terraform's to say: people sign up, sign in, change themselves, join groups, get credentials, put files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jwt
import requests

from federated import Identities
from halfday.protocol.srp import secret_hash
from halfday.server.domain.users.factors import totp
from world import PASSWORD, Pool, World

_UPDATED_TOO = (
    "Policies DeletionProtection LambdaConfig AutoVerifiedAttributes VerificationMessageTemplate "
    "SmsAuthenticationMessage MfaConfiguration DeviceConfiguration EmailConfiguration SmsConfiguration "
    "AdminCreateUserConfig UserPoolAddOns AccountRecoverySetting UserPoolTier AcrConfiguration"
).split()


@dataclass
class Day:
    """`there` and `secrets` are the configuration's outputs."""

    world: World
    there: dict[str, str]
    secrets: dict[str, str]

    @property
    def pool(self) -> Pool:
        return Pool(self.world, self.there["pool"])

    def sign_in(self, username: str = "ada") -> dict[str, Any]:
        client_id = self.there["client"]
        parameters = {
            "USERNAME": username,
            "PASSWORD": PASSWORD,
            "SECRET_HASH": secret_hash(username, client_id, self.secrets["web"]),
        }
        asked = {"ClientId": client_id, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters}
        answer: dict[str, Any] = self.world.idp.initiate_auth(**asked)
        return answer

    def people_sign_in(self) -> dict[str, str]:
        """Ada, and Carlos who signs up; the claims of Ada's ID token."""
        idp, named = self.world.idp, {"UserPoolId": self.there["pool"], "Username": "carlos"}
        hashed = secret_hash("carlos", self.there["client"], self.secrets["web"])
        asked = {"ClientId": self.there["client"], "SecretHash": hashed, "Username": "carlos"}
        email = {"Name": "email", "Value": "carlos@example.com"}
        idp.sign_up(**asked, Password=PASSWORD, UserAttributes=[email])
        idp.admin_confirm_sign_up(**named)
        idp.admin_add_user_to_group(**named, GroupName="editors")
        token = self.sign_in("carlos")["AuthenticationResult"]["AccessToken"]
        idp.update_user_attributes(AccessToken=token, UserAttributes=[{"Name": "name", "Value": "Carlos"}])
        secret = idp.associate_software_token(AccessToken=token)["SecretCode"]
        idp.verify_software_token(AccessToken=token, UserCode=totp(secret, int(self.world.clock()) // 30))
        preferred = {"Enabled": True, "PreferredMfa": True}
        idp.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings=preferred)
        assert self.sign_in("carlos")["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
        tokens = self.sign_in()["AuthenticationResult"]
        assert idp.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada"
        claims: dict[str, str] = jwt.decode(tokens["IdToken"], options={"verify_signature": False})
        return claims

    def credentials_are_the_group_s(self) -> None:
        """By the role mapping, and what they may do is by the policy of the role."""
        token = self.sign_in()["AuthenticationResult"]["IdToken"]
        client = {"ClientId": self.there["client"]}
        people = Identities(self.world, self.pool, client, self.there["identity_pool"], {})
        logins = {people.provider: token}
        identity_id = people.get_id(logins)
        credentials = people.credentials(logins, identity_id)
        assert people.role_of(credentials) == "people-editors"
        s3 = people.signed("s3", credentials)
        s3.put_object(Bucket="our-files", Key=f"{identity_id}/notes", Body=b"mine")
        people.signed("cognito-idp", credentials).list_user_pools(MaxResults=1)

    def machines_and_apis_are_served(self) -> None:
        host = {"Host": "people-of-ours.auth.us-east-1.amazoncognito.com"}
        form = {"grant_type": "client_credentials", "scope": "https://things.example.com/read"}
        credentials = (self.there["machine"], self.secrets["machine"])
        answer = requests.post(
            f"{self.world.origin}/oauth2/token", data=form, auth=credentials, headers=host, timeout=10
        )
        assert answer.json()["access_token"], answer.text
        url = f"{self.world.origin}/restapis/{self.there['rest_api']}/prod/_user_request_/things"
        assert requests.get(url, timeout=10).status_code == 401
        invoked = self.world.boto3("lambda").invoke(FunctionName="trigger-before", Payload=b'{"a":1}')
        assert invoked["Payload"].read() == b'{"a": 1}'

    def a_developer_has_a_key(self) -> None:
        keys = {"aws_access_key_id": self.there["key"], "aws_secret_access_key": self.secrets["key"]}
        arn = self.world.boto3("sts", **keys).get_caller_identity()["Arn"]
        assert arn == "arn:aws:iam::123456789012:user/before/developer"

    def what_the_provider_does_not_know(self) -> None:
        """Log delivery, a managed login style, and the issuer, by boto3, which hands back the pool's other settings."""
        idp, named = self.world.idp, {"UserPoolId": self.there["pool"]}
        group = {"LogGroupArn": "arn:aws:logs:us-east-1:123456789012:log-group:people"}
        delivered = {"LogLevel": "ERROR", "EventSource": "userNotification", "CloudWatchLogsConfiguration": group}
        idp.set_log_delivery_configuration(**named, LogConfigurations=[delivered])
        idp.create_managed_login_branding(**named, ClientId=self.there["client"], UseCognitoProvidedValues=True)
        shown = idp.describe_user_pool(**named)["UserPool"]
        kept = {name: shown[name] for name in _UPDATED_TOO if name in shown}
        kept["AdminCreateUserConfig"].pop("UnusedAccountValidityDays")
        idp.update_user_pool(**named, **kept, IssuerConfiguration={"Type": "UPDATED"})

    def check_what_was_set_beside(self) -> None:
        idp, named = self.world.idp, {"UserPoolId": self.there["pool"]}
        assert len(idp.get_log_delivery_configuration(**named)["LogDeliveryConfiguration"]["LogConfigurations"]) == 1
        style = idp.describe_managed_login_branding_by_client(**named, ClientId=self.there["client"])
        assert style["ManagedLoginBranding"]["UseCognitoProvidedValues"]
        assert idp.describe_user_pool(**named)["UserPool"]["IssuerConfiguration"] == {"Type": "UPDATED"}
        token = self.sign_in()["AuthenticationResult"]["IdToken"]
        issuer = f"https://issuer-cognito-idp.us-east-1.amazonaws.com/{self.there['pool']}"
        assert jwt.decode(token, options={"verify_signature": False})["iss"] == issuer
