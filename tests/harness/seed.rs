//! Chance that can be had again: every seed is printed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// The seed of a test: `OTAHUB_TEST_SEED`, or a new one.
#[derive(Debug, Clone, Copy)]
pub struct Seed(pub u64);

impl Seed {
    /// The seed of this run of the named test, printed so that it can be had again.
    ///
    /// # Panics
    /// If `OTAHUB_TEST_SEED` is not a number.
    #[must_use]
    pub fn of(test: &str) -> Self {
        let seed = match std::env::var("OTAHUB_TEST_SEED") {
            Ok(text) => text.parse().expect("OTAHUB_TEST_SEED is a number"),
            Err(_) => rand::rng().random(),
        };
        println!("{test}: OTAHUB_TEST_SEED={seed}");
        Self(seed)
    }

    /// A generator of its own for part `number` of the test.
    #[must_use]
    pub fn part(self, number: u64) -> StdRng {
        StdRng::seed_from_u64(self.0.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }
}

/// `size` bytes that follow from `seed`.
#[must_use]
pub fn bytes_of(seed: u64, size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    StdRng::seed_from_u64(seed).fill(bytes.as_mut_slice());
    bytes
}
