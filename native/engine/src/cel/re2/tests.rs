//! What Go says (golden.jsonl, made by tests/re2-golden.go), where RE2 goes another way, and what a refusal says.

use super::class::{folded, range};
use super::read;
use regex_automata::meta::Regex;
use std::fmt::Write;
use std::time::Instant;

fn compiled(pattern: &str) -> Result<Regex, String> {
    let hir = read(pattern)?;
    Ok(Regex::builder().build_from_hir(&hir).expect("an automaton"))
}

fn is_match(pattern: &str, text: &str) -> bool {
    compiled(pattern).expect(pattern).is_match(text)
}

#[test]
fn patterns_mean_what_they_mean_to_go() {
    let mut lines = include_str!("golden.jsonl").lines();
    let texts: Vec<String> = serde_json::from_str(lines.next().expect("texts")).expect("a list of texts");
    let mut count = (0, 0);
    for line in lines {
        let (pattern, wanted): (String, Option<String>) = serde_json::from_str(line).expect("a pattern");
        let found = compiled(&pattern).ok();
        let found = found.map(|regex| texts.iter().map(|text| if regex.is_match(text) { '+' } else { '-' }).collect::<String>());
        if found != wanted {
            let places = || found.iter().flat_map(|found| found.chars()).zip(wanted.iter().flat_map(|wanted| wanted.chars()));
            let unlike: Vec<_> = texts.iter().zip(places()).filter(|(_, (found, wanted))| found != wanted).collect();
            panic!("{pattern:?} is accepted: {} here, {} by Go; texts that are unlike: {unlike:?}", found.is_some(), wanted.is_some());
        }
        count = (count.0 + 1, count.1 + usize::from(wanted.is_some()));
    }
    assert!(count.0 > 250 && count.1 > 150 && count.0 - count.1 > 80, "the table was cut: {count:?}");
}

#[test]
fn names_of_properties_are_those_of_re2() {
    for name in ["greek", "Grek", "Letter", "L&", "LC", "Cn", "Unknown", "ASCII", "Old Italic", "lu", "uppercase letter", "gc=L"] {
        assert!(read(&format!("\\p{{{name}}}")).is_err_and(|fault| fault.contains(name)), "{name}");
    }
    assert!(read("\\pl").is_err());
    assert!(is_match("^\\p{Old_Italic}$", "\u{10300}") && is_match("^\\p{Nd}$", "٣") && !is_match("^\\p{Nd}$", "½"));
    // RE2 has no category of what is not assigned, and so none in C.
    assert!(is_match("^\\pC$", "\0") && is_match("^\\pC$", "\u{ad}") && is_match("^\\pC$", "\u{e000}"));
    assert!(!is_match("^\\pC$", "\u{378}") && is_match("^\\PC$", "\u{378}"));
}

#[test]
fn a_refusal_says_what_to_write() {
    for (pattern, said) in [
        ("a\\Z", "\\Z is not known here; write \\z for the end of the text, or \\n?\\z where a line feed may end it (at character 2)"),
        ("é\\C", "\\C is not known here; text is made of characters here, not of bytes, so write (?s:.) (at character 2)"),
        ("\\u0041", "write \\x{…}"),
        ("(a)\\1", "would refer to a group"),
        ("(?=a)", "what follows (? is not known; RE2 has (?:…)"),
        ("(?P<é>a)", "the name of a group"),
        ("(a", "a group is not closed; add ), or write"),
        ("a)", "a ) closes no group"),
        ("[a", "a class is not closed"),
        ("[b-a]", "ends before it begins"),
        ("[[:alfa:]]", "no class [:alfa:]"),
        ("\\p{Alpha}", "\\p{Alpha} is not known"),
        ("\\p", "takes a category or a script"),
        ("*a", "nothing for * to repeat"),
        ("a**", "* repeats what is repeated already"),
        ("a{2,1}", "{2,1} ends before it begins"),
        ("a{1001}", "more than 1000 copies"),
        ("\\x{g}", "hexadecimal"),
        ("a\\", "a backslash ends the pattern"),
    ] {
        let fault = read(pattern).expect_err(pattern);
        assert!(fault.contains(said), "{pattern}: {fault}");
    }
}

#[test]
fn case_is_forgotten_of_every_character_that_has_one() {
    let mut count = 0;
    for character in '\0'..=char::MAX {
        let alone = range(character.into(), character.into());
        let mut wanted = alone.clone();
        wanted.case_fold_simple();
        count += usize::from(wanted != alone);
        assert_eq!(folded(alone), wanted, "{character:?}");
    }
    assert!(count > 2_000, "{count} have a case");
}

#[test]
fn groups_nest_as_deep_as_in_re2() {
    let nested = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert!(is_match(&nested(1_000), "xa"));
    assert!(read(&nested(1_001)).is_err_and(|fault| fault.contains("nested deeper")));
}

/// Where `\B` was found within a character, each such place would begin the search anew.
#[test]
fn what_is_within_no_character_takes_linear_time() {
    let regex = compiled("\\B").expect("a pattern");
    let mut text = String::new();
    for _ in 0..200_000 {
        write!(text, "a ").expect("memory");
    }
    text.push_str("a٣a");
    let start = Instant::now();
    assert!(!regex.is_match(&text));
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
