//! hawkBit's documented examples, both ways.
