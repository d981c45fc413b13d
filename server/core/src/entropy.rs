//! Randomness, handed in so that tests can seed it.

/// Gives random bytes.
pub trait Entropy: Send + Sync {
    /// 16 fresh bytes.
    fn bytes(&self) -> [u8; 16];
}

/// The operating system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes(&self) -> [u8; 16] {
        rand::random()
    }
}
