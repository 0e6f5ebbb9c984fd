"""The AWS behind the front door: it receives calls whose signature and permissions were checked.

calls      a call, its answer, and the port
by_url     another server: MinIO, LocalStack, DynamoDB Local, moto's, AWS
moto       moto in this process, called as a WSGI application (`wsgi`)
choice     which of them has a service, by the settings
"""

from halfday.server.outside.upstreams.by_url import HttpUpstream, UpstreamKeys
from halfday.server.outside.upstreams.calls import (
    Answer,
    Body,
    Opened,
    Streamed,
    Upstream,
    UpstreamCall,
    UpstreamFailed,
    UpstreamHasNone,
    UpstreamStumbled,
    whole,
)
from halfday.server.outside.upstreams.choice import ByService, Declared, declared_by_setting, declared_in, make_upstream
from halfday.server.outside.upstreams.moto import MotoUpstream

__all__ = [
    "Answer",
    "Body",
    "ByService",
    "Declared",
    "HttpUpstream",
    "MotoUpstream",
    "Opened",
    "Streamed",
    "Upstream",
    "UpstreamCall",
    "UpstreamFailed",
    "UpstreamHasNone",
    "UpstreamKeys",
    "UpstreamStumbled",
    "declared_by_setting",
    "declared_in",
    "make_upstream",
    "whole",
]
