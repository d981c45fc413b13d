"""Names of resources."""

from urllib.parse import quote


def target_name(controller_id: str) -> str:
    """The name of a target, `targets/{controller_id}`, with the id percent-encoded."""
    return f"targets/{quote(controller_id, safe=':')}"
