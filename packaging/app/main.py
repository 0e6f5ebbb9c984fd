"""A web app that signs people in. Where it finds Cognito stands in HALFDAY_* variables; on AWS they name AWS."""

from typing import Annotated

from fastapi import Depends, FastAPI

from halfday.web.starlette import SignIn, WebSession

app = FastAPI()
sign_in = SignIn(app)


@app.get("/")
def home(session: Annotated[WebSession, Depends(sign_in.signed_in)]) -> dict[str, str]:
    return {"hello": str(session.claims["email"])}
