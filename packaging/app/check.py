"""A test in a container of its own: signs somebody up, reads the code at management, and asks the app who is there.

docker compose run --rm check
"""

import json
import os
import secrets
import urllib.request
from urllib.parse import quote

COGNITO, MANAGEMENT, APP = os.environ["COGNITO"], os.environ["MANAGEMENT"], os.environ["APP"]
TOKEN = os.environ["MANAGEMENT_TOKEN"]
CLIENT = "composetests"


def answer(request: urllib.request.Request | str) -> dict:
    with urllib.request.urlopen(request, timeout=20) as answered:
        return json.loads(answered.read() or b"{}")


def cognito(operation: str, **members: object) -> dict:
    headers = {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
    }
    return answer(urllib.request.Request(COGNITO, json.dumps(members).encode(), headers))


def code_for(email: str) -> str:
    address = f"{MANAGEMENT}/messages/latest?username={quote(email)}&wait_s=5"
    return answer(urllib.request.Request(address, headers={"Authorization": f"Bearer {TOKEN}"}))["code"]


def main() -> None:
    email, password = f"grace-{secrets.token_hex(4)}@example.com", "Hopper-1906"
    named = [{"Name": "email", "Value": email}]
    cognito("SignUp", ClientId=CLIENT, Username=email, Password=password, UserAttributes=named)
    cognito("ConfirmSignUp", ClientId=CLIENT, Username=email, ConfirmationCode=code_for(email))
    signed_in = cognito(
        "InitiateAuth",
        ClientId=CLIENT,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": email, "PASSWORD": password},
    )
    user = cognito("GetUser", AccessToken=signed_in["AuthenticationResult"]["AccessToken"])
    print(f"signed up and in: {user['Username']}")
    as_a_browser = urllib.request.Request(APP, headers={"Accept": "text/html"})
    with urllib.request.urlopen(as_a_browser, timeout=20) as page:
        print(f"the app sends people to {page.url.partition('?')[0]}")


if __name__ == "__main__":
    main()
