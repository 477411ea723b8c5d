//! What Node says (golden.tsv, made by tests/pattern-golden.mjs), where the standard is ahead of it, and the limits.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::backtrack::Backtracker;
use super::linear::Linear;
use super::{Match, NESTING_LEVELS_MAX, Pattern, is_ecma_regex, parser};

const BUDGET: u64 = 10_000_000;

const GOLDEN: &str = include_str!("golden.tsv");

struct Case {
    source: String,
    /// `None` when the pattern is invalid.
    texts: Option<Vec<(String, Match)>>,
}

fn golden() -> impl Iterator<Item = Case> {
    GOLDEN.lines().map(|line| {
        let (source, rest) = line.split_once('\t').expect("a tab follows the pattern");
        let texts = (rest != "invalid").then(|| {
            rest.split('\t')
                .map(|field| match field.split_at(1) {
                    ("+", text) => (unescape(text), Match::Yes),
                    (_, text) => (unescape(text), Match::No),
                })
                .collect()
        });
        Case { source: unescape(source), texts }
    })
}

fn unescape(escaped: &str) -> String {
    let mut pieces = escaped.split('\\');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    while let Some(piece) = pieces.next() {
        if piece.is_empty() {
            // Two backslashes are one, and what follows them is plain.
            text.push('\\');
            text.push_str(pieces.next().unwrap_or_default());
            continue;
        }
        let (digits, plain) = piece[2..].split_once('}').expect("\\u{…} is closed");
        let code_point = u32::from_str_radix(digits, 16).expect("hexadecimal digits");
        text.push(char::from_u32(code_point).expect("a character"));
        text.push_str(plain);
    }
    text
}

fn is_match(source: &str, text: &str) -> bool {
    let pattern = Pattern::compile(source).unwrap_or_else(|error| panic!("{source}: {error}"));
    match pattern.matches(text.as_bytes(), BUDGET) {
        Match::Yes => true,
        Match::No => false,
        Match::Undecided => panic!("{source} is undecided for {text:?}"),
    }
}

fn message(source: &str) -> String {
    match Pattern::compile(source) {
        Ok(_) => panic!("{source} compiles"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn agrees_with_node() {
    let mut pairs = 0;
    for Case { source, texts } in golden() {
        assert_eq!(is_ecma_regex(&source), texts.is_some(), "{source}");
        let compiled = Pattern::compile(&source);
        assert_eq!(compiled.is_ok(), texts.is_some(), "{source}");
        let (Ok(pattern), Some(texts)) = (compiled, texts) else {
            continue;
        };
        for (text, expected) in texts {
            let found = pattern.matches(text.as_bytes(), BUDGET);
            assert_eq!(found, expected, "{source} on {text:?}");
            pairs += 1;
        }
    }
    assert!(pairs > 2000, "only {pairs} pairs");
}

#[test]
fn engines_agree() {
    for Case { source, texts } in golden() {
        let Some(texts) = texts else { continue };
        let ast = parser::parse(&source).expect("the pattern is valid");
        if ast.needs_backtracking || source.contains("999") {
            continue;
        }
        let lazy = Linear::compile_lazy(&ast).expect("the pattern is small");
        let backtracker = Backtracker::compile(ast);
        for (text, expected) in texts {
            assert_eq!(lazy.is_match(text.as_bytes()), expected == Match::Yes, "{source} on {text:?}");
            let found = backtracker.search(text.as_bytes(), BUDGET);
            assert_eq!(found, expected, "{source} on {text:?}");
        }
    }
}

proptest! {
    #[test]
    fn engines_agree_on_any_text(
        source in "(\\^|\\\\b|\\\\B)?(([ab.é😀]|\\\\w|\\\\W|[(]a[|]b?[)]|\\[\\^aé\\])([*+?]|[{]1,2[}])?[?]?){1,4}(\\$|\\\\B|[|]b)?",
        text in "[ab_é😀\\n]{0,8}",
    ) {
        prop_assume!(is_ecma_regex(&source));
        let ast = parser::parse(&source).expect("the pattern is valid");
        let table = Linear::compile(&ast).expect("the pattern is small").is_match(text.as_bytes());
        let lazy = Linear::compile_lazy(&ast).expect("the pattern is small").is_match(text.as_bytes());
        let backtracked = Backtracker::compile(ast).search(text.as_bytes(), BUDGET);
        prop_assert_eq!(table, lazy);
        prop_assert_eq!(backtracked, if table { Match::Yes } else { Match::No });
    }

    #[test]
    fn places_agree_with_the_automaton(
        source in "\\^(([ab-]|\\\\d|[(]a[)]|\\[0-9a-fA-F_\\]|\\[a-zé\\]|\\[\\^a\\])([{](1[}]|2[}]|3,3[}]|0[}]|1,2[}]))?){0,8}\\$",
        texts in proptest::collection::vec("[ab0f_é-]{0,18}", 1..4),
    ) {
        let ast = parser::parse(&source).expect("the pattern is valid");
        let fast = Linear::compile(&ast).expect("the pattern is small");
        let lazy = Linear::compile_lazy(&ast).expect("the pattern is small");
        for text in &texts {
            prop_assert_eq!(fast.is_match(text.as_bytes()), lazy.is_match(text.as_bytes()), "{} on {:?}", source, text);
        }
    }

    #[test]
    fn never_panics(source in "([\\[\\](){}*+?|^$.\\\\,:=!<>\\-dkpuxcLsbB0-9a-cé😀]|\\(\\?|\\\\p\\{L\\}|\\\\u\\{){0,24}", text in "\\PC{0,8}") {
        let compiled = Pattern::compile(&source);
        prop_assert!(compiled.is_err() || is_ecma_regex(&source));
        match compiled {
            Ok(pattern) => { pattern.matches(text.as_bytes(), 10_000); }
            Err(error) => prop_assert!(source.is_char_boundary(error.offset)),
        }
    }

    #[test]
    fn escaped_text_matches_itself(text in any::<String>()) {
        let escaped: String = text
            .chars()
            .map(|character| format!("\\u{{{:x}}}", character as u32))
            .collect();
        for source in [format!("^{escaped}$"), format!("^(?=[^]*$){escaped}$")] {
            prop_assert!(is_match(&source, &text));
        }
    }
}

#[test]
fn a_match_never_begins_inside_a_character() {
    for text in ["aéb", "a😀b"] {
        assert!(!is_match("\\B", text));
        assert!(!is_match("(?!a)\\B", text));
    }
}

#[test]
fn lone_surrogates_match_nothing() {
    assert!(!is_match("\\uD83D", "😀"));
    assert!(is_match("^[^\\uD800-\\uDFFF]$", "😀"));
    assert!(is_match("^\\uD83D\\uDE00$", "😀"));
}

#[test]
fn inline_modifiers_are_ecma_but_not_supported() {
    for source in ["(?i:a)", "(?-i:a)", "(?im-s:a)", "a(?s:.)"] {
        assert!(is_ecma_regex(source), "{source}");
        assert!(message(source).starts_with("inline modifiers are not supported"));
    }
    for source in ["(?ii:a)", "(?i-i:a)", "(?-:a)", "(?g:a)", "(?i)", "(?i-:a", "(?I:a)"] {
        assert!(!is_ecma_regex(source), "{source}");
    }
    assert!(is_ecma_regex("(?i-:a)"));
}

#[test]
fn alternatives_may_share_a_group_name() {
    let source = "^(?:(?<y>a)|(?<y>b)|c)\\k<y>$";
    for (text, expected) in [("aa", true), ("bb", true), ("ab", false), ("c", true)] {
        assert_eq!(is_match(source, text), expected, "{text}");
    }
    assert!(is_match("^(?:(?:(?<x>a)|(?<x>b))\\k<x>)*$", "aabb"));
    for (source, valid) in [
        ("(?<a>x)|(?<b>(?<a>y))", true),
        ("(?:(?<a>x)|(?<b>y))|(?<a>z)(?<b>w)", true),
        ("(?<a>x)(?<a>y)", false),
        ("(?<a>(?<a>y))", false),
        ("(?:(?<a>x)|y)(?<a>z)", false),
        ("(?<a>x)(?:y|(?<a>z))", false),
        ("(?:(?<a>x)|(?<a>y))(?<a>z)", false),
        ("(?:(?<a>x)|y)|(?:z(?<a>w)(?:(?<a>v)|u))", false),
    ] {
        assert_eq!(is_ecma_regex(source), valid, "{source}");
    }
}

#[test]
fn errors_say_where_and_what_to_write() {
    for (source, expected) in [
        ("é\\A", "\\A is not in ECMA-262; write ^ for the start of the text (at byte 2)"),
        ("ab(c", "the group is not closed; write ) after it, or \\( for the character itself (at byte 2)"),
        ("a++", "possessive quantifiers are not in ECMA-262; write the quantifier without the second + (at byte 2)"),
        ("[[:alpha:]]", "] stands alone; write \\] for the character itself (at byte 10)"),
        ("^[z-a]", "the class range z-a is out of order; write the lower character first (at byte 2)"),
        ("(?=a)*", "an assertion cannot be repeated; write it without the * (at byte 5)"),
    ] {
        assert_eq!(message(source), expected);
    }
}

#[test]
fn property_names_are_exact() {
    for source in ["\\p{greek}", "\\p{Greek}", "\\p{l}", "\\p{sc=greek}", "\\p{WSpace}", "\\p{Alphabetic=Yes}"] {
        assert!(!is_ecma_regex(source), "{source}");
    }
    assert!(is_match("^\\p{Script=Greek}\\p{scx=Grek}\\p{gc=Lu}\\p{space}$", "πωΑ "));
    assert!(is_match("^\\p{CWKCF}\\P{CWKCF}\\p{Script=Unknown}\\P{Cs}$", "Aa\u{E000}x"));
}

#[test]
fn nested_repetition_is_linear() {
    let pattern = Pattern::compile("^(?:(a+)+)+$").expect("the pattern is valid");
    assert!(pattern.is_linear());
    let mut text = vec![b'a'; 1 << 20];
    assert_eq!(pattern.matches(&text, 0), Match::Yes);
    text.push(b'b');
    assert_eq!(pattern.matches(&text, 0), Match::No);
}

#[test]
fn the_budget_ends_what_would_not_end() {
    let pattern = Pattern::compile("^(a|a)*\\1b$").expect("the pattern is valid");
    assert!(!pattern.is_linear());
    let text = "a".repeat(64);
    assert_eq!(pattern.matches(text.as_bytes(), 1_000_000), Match::Undecided);
    assert_eq!(pattern.matches(b"aaab", 1_000_000), Match::Yes);
    assert_eq!(pattern.matches(b"aaab", 3), Match::Undecided);
    assert_eq!(pattern.matches(b"", 0), Match::Undecided);
    // An answer after an exhausted search shows that nothing of it is left behind.
    assert_eq!(pattern.matches(b"ab", 1_000_000), Match::No);
}

#[test]
fn the_stack_is_bounded_whatever_the_budget() {
    let pattern = Pattern::compile("^(?:(a)|b)*\\1$").expect("the pattern is valid");
    let text = vec![b'a'; 4 << 20];
    assert_eq!(pattern.matches(&text, u64::MAX), Match::Undecided);
}

#[test]
fn text_that_is_not_utf8_is_not_guessed_at() {
    let pattern = Pattern::compile("(?=a)").expect("the pattern is valid");
    assert_eq!(pattern.matches(b"\xFFa", BUDGET), Match::Undecided);
}

#[test]
fn nesting_is_bounded() {
    let nested = |open: &str, close: &str, levels: usize| format!("{}a{}", open.repeat(levels), close.repeat(levels));
    for (open, close) in [("(", ")"), ("(?:", ")*"), ("(?:b|", "){1,2}?c"), ("(?=", ")"), ("(?<=b|(?:", ")*)")] {
        let levels = NESTING_LEVELS_MAX / open.matches('(').count();
        let pattern = Pattern::compile(&nested(open, close, levels));
        let found = pattern.map(|pattern| pattern.matches(b"ba", 100_000));
        assert!(found.is_ok(), "{open} {found:?}");
        let error = message(&nested(open, close, levels + 1));
        assert!(error.starts_with("groups nest deeper than 250 levels"), "{error}");
        assert!(is_ecma_regex(&nested(open, close, 200_000)));
        assert!(!is_ecma_regex(&open.repeat(200_000)));
    }
}

#[test]
fn large_patterns_compile_in_bounded_time() {
    let sources = [
        "a{1,1000000}".to_owned(),
        "^(?:(?:(?:a{1,1000}){1,1000}){1,1000}){1,1000}$".to_owned(),
        "^\\p{L}{1,100000}$".to_owned(),
        "(?:\\p{L}|\\p{N}){999}".to_owned(),
        "[\\p{L}\\p{M}]".repeat(10_000),
        "(?:a|b|c){4294967295}".to_owned(),
        "(?:){4294967296}x".to_owned(),
        "(?:\\d{1,300}x){1,300}".to_owned(),
        "(a?){500}".repeat(20),
        format!("[{}]", "\\p{L}".repeat(10_000)),
        (0..10_000).map(|at| format!("[\\p{{L}}{}]", char::from_u32(0x4E00 + at).unwrap_or('a'))).collect(),
        (0..20_000).map(|at| format!("(?<n{at}>a)|")).collect(),
    ];
    for source in sources {
        let begun = Instant::now();
        let compiled = Pattern::compile(&source);
        let took = begun.elapsed();
        let head: String = source.chars().take(40).collect();
        assert!(took < Duration::from_secs(5), "{head} took {took:?}");
        if let Ok(pattern) = compiled {
            pattern.matches(b"aaaa", 100_000);
        }
    }
}

#[test]
fn repetitions_too_large_to_expand_keep_their_meaning() {
    let pattern = Pattern::compile("^.{3,100000}$").expect("the pattern is valid");
    assert!(!pattern.is_linear());
    for (text, expected) in [("ab", Match::No), ("abc", Match::Yes), ("ab\n", Match::No)] {
        assert_eq!(pattern.matches(text.as_bytes(), BUDGET), expected);
    }
    assert_eq!(pattern.matches("é".repeat(100_000).as_bytes(), BUDGET), Match::Yes);
    assert_eq!(pattern.matches("é".repeat(100_001).as_bytes(), BUDGET), Match::No);
}

/// Every byte at every place of a pattern of each length, against the automaton: lengths up to 8, and those that need several words.
#[test]
fn each_place_is_asked_for_its_own_characters() {
    for length in 1..=20 {
        let source: String = (0..length).map(|at| ["[A-Z]", "[0-9]", "[a-fA-F0-9]", "-"][at % 4]).collect();
        let ast = parser::parse(&format!("^{source}$")).expect("the pattern is valid");
        let fast = Linear::compile(&ast).expect("the pattern is small");
        assert!(matches!(fast, Linear::Places(_)), "{source}");
        let slow = Linear::compile_lazy(&ast).expect("the pattern is small");
        let text: Vec<u8> = b"Q7c-".iter().copied().cycle().take(length).collect();
        assert!(fast.is_match(&text) && !fast.is_match(&text[1..]) && !fast.is_match(&[&text[..], b"-"].concat()), "{source}");
        for at in 0..length {
            for byte in 0..128 {
                let mut text = text.clone();
                text[at] = byte;
                assert_eq!(fast.is_match(&text), slow.is_match(&text), "{source}, byte {byte} at {at}");
            }
        }
    }
}

#[test]
fn threads_share_a_pattern() {
    let source = "^[\\p{L}\\p{N} .,'-]{1,64}$";
    let pattern = Arc::new(Pattern::compile(source).expect("the pattern is valid"));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let pattern = Arc::clone(&pattern);
            thread::spawn(move || {
                (0..200).all(|_| {
                    pattern.matches("Étienne d'Arc".as_bytes(), 0) == Match::Yes && pattern.matches("Étienne!".as_bytes(), 0) == Match::No
                })
            })
        })
        .collect();
    for thread in threads {
        assert!(thread.join().expect("the thread ends"));
    }
}

#[test]
fn common_tables_are_small() {
    for (source, bytes_max) in [("^(?:[A-Z0-9]{2,3})$", 400), ("@example\\.(com|org)$", 2100), ("^\\p{L}+$", 66_000)] {
        let ast = parser::parse(source).expect("the pattern is valid");
        match Linear::compile(&ast) {
            Some(Linear::Table(table)) => {
                assert!(table.bytes() <= bytes_max, "{source}: {}", table.bytes())
            }
            other => panic!("{source} has no table but {other:?}"),
        }
    }
}
