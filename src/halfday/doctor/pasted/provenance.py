"""Where a pasted line comes from, by a host, a path, an operation or a library's name in it."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from halfday.doctor.pasted.error_names import oauth_words

PATHS = {
    "/oauth2/token": "token",
    "/oauth2/revoke": "revoke",
    "/oauth2/userinfo": "userinfo",
    "/logout": "logout",
    **dict.fromkeys(
        ("/oauth2/authorize", "/oauth2/idpresponse", "/saml2/idpresponse", "/login", "/error"), "authorize"
    ),
}
_IDENTITY = r"GetId|GetCredentialsForIdentity|GetOpenIdToken\w*|\w*IdentityPool\w*|\w*Identities|DescribeIdentity"
_USER_POOL = (
    r"Admin[A-Z]\w+|InitiateAuth|RespondToAuthChallenge|SignUp|ConfirmSignUp|ForgotPassword|ConfirmForgotPassword|"
    r"ResendConfirmationCode|GetTokensFromRefreshToken|GlobalSignOut|AssociateSoftwareToken|VerifySoftwareToken|"
    r"SetUserMFAPreference|\w*UserPool\w*|\w*UserAttribute\w*|ConfirmDevice|ForgetDevice|\w*ResourceServer\w*|"
    r"\w*UserImportJob\w*|\w*WebAuthn\w*|GetSigningCertificate|AddCustomAttributes|RevokeToken"
)
_SURE: tuple[tuple[str, str], ...] = (
    (r"accounts\.google\.com|facebook\.com/\S*oauth|appleid\.apple\.com", "provider"),
    (r"cognito-identity(?:-fips)?\.[\w-]+\.amazonaws|AWSCognitoIdentityService|cognitoidentity\.model|"
     r"service: '?\"?(?:Amazon)?CognitoIdentity\b|Cognito Identity:|CognitoIdentity(?:Exception|::Errors|\.Model|\\)|"
     r"AWS::Cognito::IdentityPool\w*|aws_cognito_identity_pool\w*", "identity"),
    (r"cognito-idp(?:-fips)?\.[\w-]+\.amazonaws|CognitoIdentityProvider|"
     r"Cognito Identity Provider:|CognitoIdentityServiceProvider|AmazonCognitoIdentityProvider|"
     r"AWS::Cognito::UserPool\w*|aws_cognito_user\w*|aws_cognito_\w+|"
     r"Cognito User ?Pool\b|cognito-idp:\w+", "idp"),
    (r"execute-api\.[\w-]+\.amazonaws", "gateway"),
    (r"appsync(?:-api|-realtime-api)?\.[\w-]+\.amazonaws|on type (?:Query|Mutation|Subscription)", "appsync"),
    (r"awselb/2\.0|authenticate-cognito|InvalidLoadBalancerAction", "alb"),
    (r"AssumeRoleWithWebIdentity|sts\.(?:[\w-]+\.)?amazonaws", "sts"),
    (r"signin\.aws\.amazon\.com/federation", "console"),
)  # fmt: skip
_HOSTED = re.compile(
    r"(?P<host>(?<![\w.-])[\w.-]+\.auth(?:-fips)?\.[\w-]+\.amazoncognito\.com|(?:https?://)[\w.:-]+)"
    r"(?P<path>/(?:oauth2|saml2)/\w+|/(?:error|login|logout)(?=/?\?))|"
    r"(?<![\w./-])(?P<bare>/oauth2/(?:token|authorize|revoke|userinfo))(?![\w/])",
    re.IGNORECASE,
)
_CALLED = re.compile(
    r"when calling the (?P<a>\w+) operation|X-Amz-Target: ?\w+\.(?P<b>\w+)|operation error [\w ]+: (?P<c>\w+)|"
    r"\b(?P<d>[A-Z]\w+) was refused: \w+|\b(?:Amazon|AWS)\w*Service\.(?P<e>\w+)|\b(?P<f>[A-Z]\w+)Command\b"
)
_OWN = re.compile(
    r"(?P<asked>token|revocation) request was refused with|(?P<back>sign-in came back with)|"
    r"route=(?P<route>/\S+)|\"(?:GET|POST) (?P<log>/\S*?)[? ]"
)
_ONLY_OF_USER_POOLS = re.compile(
    r"\b(?:UserNotFound|UserNotConfirmed|UsernameExists|AliasExists|CodeMismatch|ExpiredCode|CodeDeliveryFailure|"
    r"PasswordResetRequired|InvalidPassword|PasswordHistoryPolicyViolation|UserLambdaValidation|UnexpectedLambda|"
    r"InvalidLambdaResponse|MFAMethodNotFound|SoftwareTokenMFANotFound|EnableSoftwareTokenMFA|RefreshTokenReuse|"
    r"InvalidSmsRole\w+|InvalidEmailRole\w+|InvalidUserPoolConfiguration|UserPoolTagging|UserPoolAddOnNotEnabled|"
    r"ScopeDoesNotExist|UnsupportedTokenType|WebAuthn\w+|UserImportInProgress|DuplicateProvider)Exception\b"
)
_ONLY_OF_IDENTITY_POOLS = re.compile(
    r"\b(?:InvalidIdentityPoolConfiguration|DeveloperUserAlreadyRegistered|ExternalService)Exception\b"
)


_BACK = re.compile(
    r"code_error\b|error_description[\"']?\s*(?:=>|[:=])\s*[\"']?(?:invalid_scope|unauthorized_client)\b", re.IGNORECASE
)


def came_back(text: str) -> bool:
    """Whether it looks like what a browser brought back: only there one OAuth word describes another one."""
    return bool(_BACK.search(text))


def place_of_url(url: str) -> str:
    """Where a URL is asked, as the catalogue of causes calls it; empty for anything else."""
    parts = urlsplit(url)
    if parts.hostname == "accounts.google.com":
        return "provider"
    return PATHS.get(parts.path.lower().rstrip("/"), "")


def place_of(text: str) -> str:
    """The place that the text itself names; empty when it names none."""
    if place := (oauth_words(text) and _hosted(text)) or _called(text) or _own(text) or _hosted(text):
        return place  # no API's operation says OAuth's words, even where one is named too
    for pattern, place in _SURE:
        if re.search(pattern, text, re.IGNORECASE):
            return place
    if _ONLY_OF_USER_POOLS.search(text):
        return "idp"
    return "identity" if _ONLY_OF_IDENTITY_POOLS.search(text) else ""


def _called(text: str) -> str:
    found = next((group for match in _CALLED.finditer(text) for group in match.groups() if group), "")
    if not found:
        return ""
    if found == "AssumeRoleWithWebIdentity":
        return "sts"
    if re.fullmatch(_USER_POOL, found):
        return "idp"
    if re.fullmatch(_IDENTITY, found):
        return "identity"
    if f"{found}Command" in text:  # a name of anybody's
        return ""
    named = re.search(r"Cognito Identity Provider|cognito-idp", text)
    return "idp" if named else "" if "ognito" in text or _is_shared(found) else "aws"


def _is_shared(operation: str) -> bool:
    """Names that user pools have in common with IAM and others."""
    return operation in ("GetUser", "ListUsers", "CreateGroup", "GetGroup", "DeleteGroup", "DeleteUser", "TagResource")


def _own(text: str) -> str:
    """Halfday's own errors, and lines of access logs."""
    found = _OWN.search(text)
    if found is None:
        return ""
    if found["asked"]:
        return "revoke" if found["asked"] == "revocation" else "token"
    return "authorize" if found["back"] else _of_path(found["route"] or found["log"] or "")


def _hosted(text: str) -> str:
    found = [_of_path(match["path"] or match["bare"]) for match in _HOSTED.finditer(text)]
    return found[0] if found else ""


def _of_path(path: str) -> str:
    return PATHS.get(path.lower().partition("?")[0].rstrip("/"), "")
