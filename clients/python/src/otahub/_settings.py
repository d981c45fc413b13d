"""Where the hub is, who calls, and what is tried again."""

import base64
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.protobuf.descriptor import MethodDescriptor

from otahub import v1

# The largest answer that is read, in bytes.
_ANSWER_BYTES_MAX = 64 << 20
_READS = ("Get", "List")
_RETRY = {
    "maxAttempts": 5,
    "initialBackoff": "0.25s",
    "maxBackoff": "4s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_SERVICES = [file.DESCRIPTOR for name, file in vars(v1).items() if name.endswith("_service_pb2")]


@dataclass(frozen=True)
class Settings:
    """What a channel is made of."""

    target: str
    credentials: grpc.ChannelCredentials | None
    metadata: tuple[tuple[str, str], ...]

    @staticmethod
    def of(
        address: str,
        *,
        user: str | None,
        password: str | None,
        token: str | None,
        ca: str | Path | None,
        cert: str | Path | None,
        key: str | Path | None,
    ) -> "Settings":
        """Reads what the constructor of a hub was given; `ValueError` if it makes no sense."""
        url = urlsplit(address)
        if url.scheme not in {"http", "https"} or url.hostname is None:
            raise ValueError(f"{address} is no address: http://HOST:PORT or https://HOST:PORT")
        if (cert is None) != (key is None):
            raise ValueError("a certificate and its key, or neither")
        credentials = None
        if url.scheme == "https":
            credentials = grpc.ssl_channel_credentials(_read(ca), _read(key), _read(cert))
        authorization = _authorization(user, password, token)
        metadata = () if authorization is None else (("authorization", authorization),)
        return Settings(url.netloc, credentials, metadata)

    @staticmethod
    def options() -> list[tuple[str, str | int]]:
        """The options of a channel."""
        return [
            ("grpc.service_config", _service_config()),
            ("grpc.max_receive_message_length", _ANSWER_BYTES_MAX),
            ("grpc.keepalive_time_ms", 20_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.http2.max_pings_without_data", 0),
            ("grpc.max_reconnect_backoff_ms", 5_000),
            ("grpc.initial_reconnect_backoff_ms", 250),
            ("grpc.min_reconnect_backoff_ms", 250),
        ]


def _read(file: str | Path | None) -> bytes | None:
    return None if file is None else Path(file).read_bytes()


def _authorization(user: str | None, password: str | None, token: str | None) -> str | None:
    if token is not None and user is not None:
        raise ValueError("a token or a user, not both")
    if token is not None:
        return f"Bearer {token}"
    if user is not None:
        pair = f"{user}:{password or ''}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    return None


def _service_config() -> str:
    """gRPC's own retries, for the calls that may be made twice."""
    names = [
        {"service": service.full_name, "method": method.name}
        for file in _SERVICES
        for service in file.services_by_name.values()
        for method in service.methods
        if _is_repeatable(method)
    ]
    return json.dumps({"methodConfig": [{"name": names, "retryPolicy": _RETRY}]})


def _is_repeatable(method: MethodDescriptor) -> bool:
    """Whether it only reads, or tells the hub by a request id that it is a repetition."""
    has_id = "request_id" in method.input_type.fields_by_name
    return method.name.startswith(_READS) or has_id


def identify(request: Any) -> None:
    """Gives a request that may be repeated an id, unless it has one."""
    if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
        request.request_id = str(uuid.uuid4())
