//! Pace, retries and proofs.

use std::time::Duration;

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn the_narrowest_limit_counts() {
    let pace = Pace { per_minute: 10, in_progress: 4, random: false };
    assert_eq!(pace.allowance(0, 0), 4);
    assert_eq!(pace.allowance(8, 0), 2);
    assert_eq!(pace.allowance(12, 3), 0);
    assert_eq!(Pace::default().allowance(1_000_000, 1_000_000), u64::MAX);
}

#[test]
fn a_retry_waits_longer_each_time_and_comes_to_an_end() {
    let policy = RetryPolicy { attempts: 4, delay: MINUTE, codes: Vec::new() };
    let again = |minutes| AfterFailure::Again { after: MINUTE * minutes };
    let after: Vec<AfterFailure> = (1..=5).map(|attempt| policy.after(attempt, None)).collect();
    let stays = AfterFailure::Stays;
    assert_eq!(after, [again(1), again(2), again(4), stays, stays]);
}

#[test]
fn only_some_codes_are_worth_a_retry() {
    let policy = RetryPolicy { attempts: 2, delay: MINUTE, codes: vec![7] };
    assert_eq!(policy.after(1, Some(8)), AfterFailure::Stays);
    assert_eq!(policy.after(1, None), AfterFailure::Stays);
    assert_eq!(policy.after(1, Some(7)), AfterFailure::Again { after: MINUTE });
}

#[test]
fn a_proof_is_the_very_value() {
    let proof = Proof { attribute: "version".into(), value: "2".into(), timeout: MINUTE };
    assert!(proof.check().is_ok() && proof.is_given_by(Some("2")));
    assert!(!proof.is_given_by(Some("22")) && !proof.is_given_by(None));
    assert!(Proof { timeout: Duration::ZERO, ..proof }.check().is_err());
}
