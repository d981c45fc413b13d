//! Rollouts, in all their states.
