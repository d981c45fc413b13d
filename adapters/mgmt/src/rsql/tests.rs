//! The query language by the examples of its definition.

use super::parse::{Argument, Comparison, Node, OPERATORS, Operator, parse};
use super::*;
use proptest::prelude::*;

fn targets(query: &str) -> Result<String, Unfit> {
    filter(query, TARGETS)
}

#[test]
fn queries_become_filters() {
    for (query, wanted) in [
        ("name==a", r#"display_name = "a""#),
        ("NAME==A", r#"display_name = "A""#),
        ("id==a", r#"controller_id = "a""#),
        ("name!=a*b", r#"display_name != "a*b""#),
        ("name==''", r#"display_name = """#),
        ("name=='a;b'", r#"display_name = "a;b""#),
        (r#"name=="it's""#, r#"display_name = "it's""#),
        (r"name=='it\'s'", r#"display_name = "it's""#),
        (r"name==a\*b", r#"display_name = "a\\\*b""#),
        (r"name==a\*b*", r#"display_name = "a\*b*""#),
        (r"name=='a\\*b*'", r#"display_name = "a\*b*""#),
        (r#"name=='a"b'"#, r#"display_name = "a\"b""#),
        ("name==a%_b", r#"display_name = "a%_b""#),
        ("name=in=(a,'b c')", r#"display_name = ("a" OR "b c")"#),
        ("name=in=a*", r#"display_name = ("a\*")"#),
        ("name=OUT=( a , b )", r#"display_name != ("a" OR "b")"#),
        ("name=is=null", "display_name = null"),
        ("name=eq=NULL", "display_name = null"),
        ("name=not=null", "display_name != null"),
        ("name=ne=null", "display_name != null"),
        ("name=is='null'", r#"display_name = "null""#),
        ("name=is=a*", r#"display_name = "a*""#),
        ("name==null", r#"display_name = "null""#),
        ("createdat=lt=5", r#"create_time < "5""#),
        ("createdat=GE=5", r#"create_time >= "5""#),
        ("createdat<5", r#"create_time < "5""#),
        ("createdat >= 5", r#"create_time >= "5""#),
        ("lastcontrollerrequestat=le=${OVERDUE_TS}", "last_poll_time <= overdue()"),
        ("createdat<${now_ts}", "create_time < now()"),
        ("name==$${NOW_TS}", r#"display_name = "${NOW_TS}""#),
        ("name==${OTHER}", r#"display_name = "${OTHER}""#),
        ("attribute.Rev.x==1", r#"attributes."Rev.x" = "1""#),
        ("metadata.a=is=null", r#"metadata."a" = null"#),
        ("autoconfirm==true", r#"auto_confirmation_active = "true""#),
        ("assignedds.version==1", r#"assigned_set.version = "1""#),
    ] {
        assert_eq!(targets(query).as_deref(), Ok(wanted), "{query}");
    }
}

#[test]
fn and_binds_tighter_than_or_and_everything_is_bracketed() {
    for (query, wanted) in [
        ("id==a;id==b,id==c", r#"((A AND B) OR C)"#),
        ("id==a,id==b;id==c", r#"(A OR (B AND C))"#),
        ("id==a and id==b or id==c", r#"((A AND B) OR C)"#),
        ("id==a AND id==b", r#"(A AND B)"#),
        ("(id==a,id==b);id==c", r#"((A OR B) AND C)"#),
        ("((id==a))", "A"),
        ("( id==a or id==b ) and ( id==c )", r#"((A OR B) AND C)"#),
    ] {
        let short = |text: String| {
            text.replace("controller_id = \"a\"", "A")
                .replace("controller_id = \"b\"", "B")
                .replace("controller_id = \"c\"", "C")
        };
        assert_eq!(targets(query).map(short), Ok(wanted.to_owned()), "{query}");
    }
}

#[test]
fn what_is_no_query_is_told_from_what_names_no_field() {
    for query in [
        "name",
        "name==",
        "(name==a",
        "name==a)",
        "name=a",
        "name=li=a",
        "==a",
        "",
        " ",
        ";",
        "name==a b",
        "name==a;;name==b",
        "name==a;",
        "name==(a,b)",
        "name=in=()",
        "name=='a",
        "name==a andname==b",
        "name=gt=null",
        "name=~a",
        "name==a!b",
        "()",
    ] {
        assert_eq!(targets(query), Err(Unfit::Syntax), "{query:?}");
    }
    for query in [
        "colour==red",
        "attribute==a",
        "attribute.==a",
        "metadata==a",
        "assignedds==a",
        "assignedds.colour==a",
        "address==a",
        "controller_id==a",
        "display_name==a",
        "name.x==a",
        "lasttargetquery==1",
        "controllerattributes.x==1",
        "assigneddistributionset.name==a",
        "tags.name==a",
    ] {
        assert_eq!(targets(query), Err(Unfit::Field), "{query:?}");
    }
    assert_eq!(filter("target.id==1", ACTIONS), Err(Unfit::Field));
    assert_eq!(filter("lastactionstatuscode==1", ACTIONS), Err(Unfit::Field));
    assert_eq!(filter("modules.name==1", SETS), Err(Unfit::Field));
}

#[test]
fn the_words_of_an_actions_status_are_the_hubs() {
    for (query, wanted) in [
        ("status==ERROR", r#"state = "FAILED""#),
        ("status!=wait_for_confirmation", r#"state != "WAITING_FOR_CONFIRMATION""#),
        ("status=in=(warning,running)", r#"state = ("RUNNING")"#),
        ("status==warning", "id = null"),
        ("status=out=(warning,download)", "id != null"),
        ("status=is=null", "state = null"),
    ] {
        assert_eq!(filter(query, ACTIONS).as_deref(), Ok(wanted), "{query}");
    }
    for query in ["status==failed", "status==f*", "status=in=(running,dancing)"] {
        let refused = filter(query, ACTIONS);
        assert!(matches!(refused, Err(Unfit::Word(known)) if known.contains("finished")));
    }
}

#[test]
fn complete_may_occur_once_where_all_has_to_hold() {
    for (query, is_fine) in [
        ("complete==true", true),
        ("name==a;complete==false", true),
        ("complete==true;complete==true", false),
        ("complete==true,name==a", false),
        ("name==b;(complete==true,name==a)", false),
    ] {
        let said = filter(query, SETS);
        assert_eq!(said.is_ok(), is_fine, "{query}");
        assert!(is_fine || said == Err(Unfit::Syntax), "{query}");
    }
}

#[test]
fn what_a_query_may_cost_is_bounded() {
    let nested = |depth: usize| format!("{}id==a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(targets(&nested(32)).is_ok());
    assert!(targets(&nested(33)).is_err());
    assert!(targets(&"(".repeat(8_000)).is_err());
    assert!(targets(&vec!["id==a"; 128].join(",")).is_ok());
    assert!(targets(&vec!["id==a"; 129].join(";")).is_err());
    assert!(targets(&format!("id=={}", "x".repeat(8_192 - 4))).is_ok());
    assert!(targets(&format!("id=={}", "x".repeat(8_192 - 3))).is_err());
    let filter = targets(&format!("id=in=({})", vec!["a"; 4_000].join(","))).unwrap();
    assert!(filter.len() < 32 * 1024, "{}", filter.len());
}

/// A query as text, with every value in quotes.
fn rsql(query: &Node) -> String {
    let (parts, between) = match query {
        Node::And(parts) => (parts, ";"),
        Node::Or(parts) => (parts, ","),
        Node::Compare(comparison) => return comparison_text(comparison),
    };
    let parts: Vec<String> = parts.iter().map(rsql).collect();
    format!("({})", parts.join(between))
}

fn comparison_text(comparison: &Comparison) -> String {
    let operator = OPERATORS.iter().find(|(_, o)| *o == comparison.operator);
    let (operator, _) = operator.unwrap();
    let argument = |argument: &Argument| {
        if !argument.quoted {
            return argument.text.clone();
        }
        let escaped = argument.text.replace('\\', r"\\").replace('\'', r"\'");
        format!("'{escaped}'")
    };
    let arguments: Vec<String> = comparison.arguments.iter().map(argument).collect();
    format!("{}{operator}({})", comparison.selector, arguments.join(","))
}

fn query() -> impl Strategy<Value = Node> {
    let quoted = "[ -~äß]{0,6}".prop_map(|text| Argument { text, quoted: true });
    let bare = "[a-z*$.{}_-]{1,6}".prop_map(|text| Argument { text, quoted: false });
    let argument = prop_oneof![quoted, bare];
    let operator = prop::sample::select(OPERATORS.map(|(_, operator)| operator).to_vec());
    let compare = ("[a-zA-Z.]{1,6}", operator, prop::collection::vec(argument, 1..4)).prop_map(
        |(selector, operator, mut arguments)| {
            if !matches!(operator, Operator::In | Operator::Out) {
                arguments.truncate(1);
            }
            Node::Compare(Comparison { selector, operator, arguments })
        },
    );
    compare.prop_recursive(4, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..5).prop_map(Node::And),
            prop::collection::vec(inner, 2..5).prop_map(Node::Or),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_is_read_as_it_was(query in query()) {
        prop_assert_eq!(parse(&rsql(&query)), Some(query));
    }

    #[test]
    fn no_query_makes_the_reader_panic(query in "[ -~äß]{0,60}") {
        let _ = targets(&query);
    }

    #[test]
    fn a_filter_holds_a_value_in_quotes_and_nothing_beside_it(value in "[ -~]{0,12}") {
        let quoted = value.replace('\\', r"\\").replace('\'', r"\'");
        let filter = targets(&format!("name=in=('{quoted}')")).unwrap();
        let inner = filter.strip_prefix("display_name = (").and_then(|f| f.strip_suffix(')'));
        let mut signs = inner.unwrap().chars().peekable();
        let mut read = String::new();
        let is_call = signs.peek() != Some(&'"');
        signs.next();
        while let Some(sign) = signs.next() {
            match sign {
                '\\' => read.extend(signs.next()),
                '"' => break,
                other => read.push(other),
            }
        }
        prop_assert!(is_call || signs.next().is_none());
        prop_assert!(is_call || read == value || value.starts_with("$$"));
    }
}
