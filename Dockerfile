# Halfday's server. docs/containers.md says how it is used, packaging/build-here.sh builds it where no registry is to be had.
#
#   docker build -t halfday .                                     without moto
#   docker build -t halfday:aws --build-arg EXTRAS=server,aws .   with moto: S3, DynamoDB, SQS … behind the front door
#
# The base is any Debian with Python 3.11 or newer and its venv module.
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS build
ARG EXTRAS=server
WORKDIR /src
RUN python3 -m venv /opt/halfday
COPY pyproject.toml README.md LICENSE ./
COPY releasing/metadata.py releasing/metadata.py
COPY src src
RUN /opt/halfday/bin/pip install --no-cache-dir --disable-pip-version-check ".[${EXTRAS}]" \
 && /opt/halfday/bin/pip uninstall --yes --quiet --disable-pip-version-check setuptools pip

FROM ${BASE}
LABEL org.opencontainers.image.title="Halfday" \
      org.opencontainers.image.description="An Amazon Cognito of one's own, to develop and test against" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/halfday /opt/halfday
COPY packaging/healthcheck.py /opt/halfday/healthcheck.py
# /halfday/halfday.toml is read if somebody mounts one. /halfday/.halfday is for a volume; a new one gets its owner and mode.
RUN mkdir -p /halfday/.halfday && chown 10001:10001 /halfday/.halfday && chmod 700 /halfday/.halfday
ENV PATH=/opt/halfday/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HALFDAY_SERVER_HOST=0.0.0.0
WORKDIR /halfday
USER 10001:10001
EXPOSE 4242 4244
HEALTHCHECK --interval=3s --timeout=3s --start-period=20s --retries=5 CMD ["python3", "-IS", "/opt/halfday/healthcheck.py"]
ENTRYPOINT ["halfday"]
CMD ["serve"]
