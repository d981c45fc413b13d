//! Random filters.

use super::super::*;
use proptest::prelude::*;

pub(super) fn pattern() -> impl Strategy<Value = Pattern> {
    let piece = "[abA-C*\\\\\"'. äÄß%_-]{0,4}";
    prop::collection::vec(piece, 1..4).prop_map(Pattern::of)
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        9 => pattern().prop_map(Item::Text),
        1 => Just(Item::Call(Function::Now)),
        1 => Just(Item::Call(Function::Overdue)),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        1 => Just(Value::Null),
        5 => item().prop_map(Value::One),
        2 => prop::collection::vec(item(), 1..4).prop_map(Value::AnyOf),
    ]
}

fn term() -> impl Strategy<Value = Expr> {
    let segment = prop_oneof!["[a-z_]{1,5}", "[ -~äö]{0,5}", Just("AND".to_owned())];
    let path = prop::collection::vec(segment, 1..4);
    let op = prop::sample::select(Op::ALL.to_vec());
    (path, op, value()).prop_map(|(path, op, value)| Expr::Term(Term { path, op, value }))
}

pub(super) fn expr() -> impl Strategy<Value = Expr> {
    term().prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..5).prop_map(Expr::And),
            prop::collection::vec(inner.clone(), 2..5).prop_map(Expr::Or),
            inner.prop_map(|inner| Expr::Not(Box::new(inner))),
        ]
    })
}
