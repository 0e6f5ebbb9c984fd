"""Sign-in, sign-out, sessions and token checks for web applications, over `client`.

    from halfday.web.starlette import SignIn      FastAPI and Starlette    pip install 'halfday[fastapi]'
    from halfday.web.flask import SignIn          Flask                    pip install 'halfday[flask]'
    "halfday.web.django.SignIn" in MIDDLEWARE     Django                   pip install 'halfday[django]'

The rules are in `relying_party` and `bearer`, which know no framework: an adapter hands them a `WebRequest` and sends
what they return, a `WebResponse`. Settings come from arguments, HALFDAY_* variables and the AWS profile, as everywhere.
"""
