"""A hub, as the environment says where."""

import os
import uuid
from collections.abc import Iterator

import pytest

from otahub import Hub


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(os.environ["OTAHUB_ADDRESS"], **who()) as hub:
        yield hub


@pytest.fixture
def prefix() -> str:
    """What names of this test begin with."""
    return f"test-{uuid.uuid4().hex[:12]}"


def who() -> dict[str, str]:
    """The arguments that say who calls."""
    return {"user": os.environ["OTAHUB_USER"], "password": os.environ["OTAHUB_PASSWORD"]}
