//! A pattern written anew, in the few signs that ECMA-262 and the crate `regex` read alike.

use super::CLASS_RANGES_MAX;
use super::ast::{Ast, Node, NodeId};
use regex_syntax::hir::ClassUnicode;
use std::fmt::Write;

/// The writer recurses.
const NESTING_LEVELS_MAX: usize = 64;

/// `None` for look-around, back-references and word boundaries, and for what is too large: there are no such signs.
pub(super) fn write(ast: &Ast) -> Option<String> {
    if ast.depth > NESTING_LEVELS_MAX || ast.is_truncated || ast.modifiers_offset.is_some() {
        return None;
    }
    let mut text = String::new();
    let mut ranges_left = CLASS_RANGES_MAX;
    node(ast, ast.root, &mut ranges_left, &mut text)?;
    Some(text)
}

fn node(ast: &Ast, id: NodeId, ranges_left: &mut usize, text: &mut String) -> Option<()> {
    match &ast.nodes[id] {
        Node::Empty => text.push_str("(?:)"),
        Node::Char(letter) => character(*letter, text),
        Node::Class(id) => {
            let ranges = &ast.classes[*id];
            *ranges_left = ranges_left.checked_sub(ranges.ranges().len())?;
            class(ranges, text)?;
        }
        Node::Start => text.push('^'),
        Node::End => text.push('$'),
        Node::Capture { body, .. } => group(ast, *body, ranges_left, text)?,
        Node::Repeat(repeat) => {
            group(ast, repeat.body, ranges_left, text)?;
            let _ = match repeat.max {
                Some(max) => write!(text, "{{{},{max}}}", repeat.min),
                None => write!(text, "{{{},}}", repeat.min),
            };
        }
        Node::Concat(terms) => terms.iter().try_for_each(|&term| node(ast, term, ranges_left, text))?,
        Node::Alternation(terms) => {
            text.push_str("(?:");
            for (at, &term) in terms.iter().enumerate() {
                if at > 0 {
                    text.push('|');
                }
                node(ast, term, ranges_left, text)?;
            }
            text.push(')');
        }
        Node::WordBoundary { .. } | Node::Look { .. } | Node::BackReference(_) => return None,
    }
    Some(())
}

fn group(ast: &Ast, body: NodeId, ranges_left: &mut usize, text: &mut String) -> Option<()> {
    text.push_str("(?:");
    node(ast, body, ranges_left, text)?;
    text.push(')');
    Some(())
}

fn class(class: &ClassUnicode, text: &mut String) -> Option<()> {
    if class.ranges().is_empty() {
        return None;
    }
    text.push('[');
    for range in class.ranges() {
        character(range.start(), text);
        text.push('-');
        character(range.end(), text);
    }
    text.push(']');
    Some(())
}

fn character(letter: char, text: &mut String) {
    if letter.is_ascii_alphanumeric() {
        text.push(letter);
    } else {
        let _ = write!(text, "\\u{{{:X}}}", u32::from(letter));
    }
}
