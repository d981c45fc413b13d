"""What schemathesis does not know by itself: bodies in CBOR."""

import cbor2
import schemathesis


@schemathesis.serializer("application/cbor")
def cbor(context, value) -> bytes:
    """The value as CBOR."""
    return cbor2.dumps(value)
