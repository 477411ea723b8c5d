//! The grammar `Pattern` of ECMA-262 (2025) with `UnicodeMode` and `NamedCaptureGroups`, and its early errors.
//! Open groups are kept on a stack of our own, so that any nesting can be parsed.

use std::collections::HashMap;

use regex_syntax::hir::ClassUnicode;

use super::ast::{Ast, ClassId, Node, NodeId, Repeat};
use super::cursor::Cursor;
use super::group::{GroupStart, group_name, group_start};
use super::{CLASS_RANGES_MAX, PatternError, class};

const ALWAYS_OPEN: &str = "the whole pattern stays open to the end";

pub(super) fn parse(source: &str) -> Result<Ast, PatternError> {
    let mut parser = Parser {
        cursor: Cursor::new(source),
        ast: Ast::default(),
        open: vec![Open::new(0, Kind::Plain, 0, 0)],
        names: Names::default(),
        class_ids: HashMap::new(),
        class_ranges: 0,
        references: Vec::new(),
        after_assertion: false,
    };
    while let Some(next) = parser.cursor.peek() {
        parser.step(next)?;
    }
    parser.finish()
}

/// A group whose closing parenthesis has not been read, or the whole pattern.
#[derive(Debug)]
struct Open {
    start: usize,
    kind: Kind,
    alternatives: Vec<NodeId>,
    terms: Vec<NodeId>,
    /// How many capture groups came before this one.
    captures_before: u32,
    /// How many names could take part in the match when the group began.
    names_before: usize,
    /// The names of the alternatives that are complete.
    names_done: Vec<NameId>,
}

impl Open {
    fn new(start: usize, kind: Kind, captures_before: u32, names_before: usize) -> Open {
        Open { start, kind, alternatives: Vec::new(), terms: Vec::new(), captures_before, names_before, names_done: Vec::new() }
    }
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Plain,
    Capture(u32),
    Look { behind: bool, negated: bool },
}

type NameId = usize;

/// Group names. Two groups may share one when they stand in different alternatives.
#[derive(Debug, Default)]
struct Names {
    ids: HashMap<String, NameId>,
    /// The capture groups of each name.
    groups: Vec<Vec<u32>>,
    /// The names that take part in a match together with what comes next.
    present: Vec<NameId>,
    is_present: Vec<bool>,
}

impl Names {
    fn id(&mut self, name: String) -> NameId {
        let next = self.groups.len();
        let id = *self.ids.entry(name).or_insert(next);
        if id == next {
            self.groups.push(Vec::new());
            self.is_present.push(false);
        }
        id
    }

    /// False when the name is present already.
    fn add(&mut self, id: NameId) -> bool {
        if self.is_present[id] {
            return false;
        }
        self.is_present[id] = true;
        self.present.push(id);
        true
    }

    fn end_alternative(&mut self, group: &mut Open) {
        for id in self.present.drain(group.names_before..) {
            self.is_present[id] = false;
            group.names_done.push(id);
        }
    }
}

enum Target {
    Number(String),
    Name(String),
}

/// A back-reference, which can only be checked when all groups are known.
struct Reference {
    start: usize,
    node: NodeId,
    target: Target,
}

struct Parser<'s> {
    cursor: Cursor<'s>,
    ast: Ast,
    open: Vec<Open>,
    names: Names,
    /// Classes by the source text that wrote them.
    class_ids: HashMap<&'s str, ClassId>,
    class_ranges: usize,
    references: Vec<Reference>,
    after_assertion: bool,
}

impl<'s> Parser<'s> {
    fn step(&mut self, next: char) -> Result<(), PatternError> {
        let start = self.cursor.at;
        let captures_before = self.ast.capture_count;
        let after_assertion = std::mem::take(&mut self.after_assertion);
        self.cursor.advance();
        let atom = match next {
            '|' => {
                self.end_alternative();
                let top = self.open.last_mut().expect(ALWAYS_OPEN);
                self.names.end_alternative(top);
                return Ok(());
            }
            '(' => return self.open_group(start),
            ')' => return self.close_group(start),
            '^' => return self.assertion(Node::Start),
            '$' => return self.assertion(Node::End),
            '\\' if self.cursor.eat("b") => {
                return self.assertion(Node::WordBoundary { negated: false });
            }
            '\\' if self.cursor.eat("B") => {
                return self.assertion(Node::WordBoundary { negated: true });
            }
            '*' | '+' | '?' | '{' => {
                return Err(nothing_to_repeat(start, next, after_assertion, self.cursor.source));
            }
            ']' | '}' => {
                let message = format!("{next} stands alone; write \\{next} for the character itself");
                return Err(PatternError::new(start, message));
            }
            '.' => self.class(start, |_| Ok(class::dot()))?,
            '[' => self.class(start, |cursor| class::bracketed(cursor, start))?,
            '\\' => self.atom_escape(start)?,
            literal => self.ast.push(Node::Char(literal)),
        };
        self.quantified(atom, captures_before)
    }

    fn top(&mut self) -> &mut Open {
        self.open.last_mut().expect(ALWAYS_OPEN)
    }

    fn assertion(&mut self, node: Node) -> Result<(), PatternError> {
        let node = self.ast.push(node);
        self.top().terms.push(node);
        self.after_assertion = true;
        Ok(())
    }

    fn end_alternative(&mut self) {
        let terms = std::mem::take(&mut self.top().terms);
        let alternative = match terms[..] {
            [] => self.ast.push(Node::Empty),
            [only] => only,
            _ => self.ast.push(Node::Concat(terms)),
        };
        self.top().alternatives.push(alternative);
    }

    fn open_group(&mut self, start: usize) -> Result<(), PatternError> {
        let captures_before = self.ast.capture_count;
        let kind = match group_start(&mut self.cursor, start)? {
            GroupStart::Plain => Kind::Plain,
            GroupStart::Look { behind, negated } => {
                self.ast.needs_backtracking = true;
                Kind::Look { behind, negated }
            }
            GroupStart::Modifiers => {
                self.ast.modifiers_offset.get_or_insert(start);
                Kind::Plain
            }
            GroupStart::Capture { name } => {
                self.ast.capture_count += 1;
                let index = self.ast.capture_count;
                if let Some(name) = name {
                    self.name_group(start, name, index)?;
                }
                Kind::Capture(index)
            }
        };
        let names_before = self.names.present.len();
        self.open.push(Open::new(start, kind, captures_before, names_before));
        if self.open.len() - 1 > self.ast.depth {
            self.ast.depth = self.open.len() - 1;
            self.ast.depth_offset = start;
        }
        Ok(())
    }

    fn name_group(&mut self, start: usize, name: String, index: u32) -> Result<(), PatternError> {
        let id = self.names.id(name);
        if !self.names.add(id) {
            return Err(PatternError::new(start, "the group name is used twice in one alternative; write a different name"));
        }
        self.names.groups[id].push(index);
        Ok(())
    }

    /// Ends the innermost group and gives its body.
    fn close(&mut self) -> (Open, NodeId) {
        self.end_alternative();
        let mut group = self.open.pop().expect("the caller has seen an open group");
        for name in std::mem::take(&mut group.names_done) {
            self.names.add(name);
        }
        let alternatives = std::mem::take(&mut group.alternatives);
        let body = match alternatives[..] {
            [only] => only,
            _ => self.ast.push(Node::Alternation(alternatives)),
        };
        (group, body)
    }

    fn close_group(&mut self, start: usize) -> Result<(), PatternError> {
        if self.open.len() == 1 {
            return Err(PatternError::new(start, ") closes no group; write \\) for the character itself"));
        }
        let (group, body) = self.close();
        match group.kind {
            Kind::Plain => self.quantified(body, group.captures_before),
            Kind::Capture(index) => {
                let node = self.ast.push(Node::Capture { index, body });
                self.quantified(node, group.captures_before)
            }
            Kind::Look { behind, negated } => self.assertion(Node::Look { behind, negated, body }),
        }
    }

    fn finish(mut self) -> Result<Ast, PatternError> {
        if self.open.len() > 1 {
            return Err(PatternError::new(self.top().start, "the group is not closed; write ) after it, or \\( for the character itself"));
        }
        let (_, root) = self.close();
        self.ast.root = root;
        self.resolve_references()?;
        Ok(self.ast)
    }

    fn resolve_references(&mut self) -> Result<(), PatternError> {
        for reference in std::mem::take(&mut self.references) {
            let groups = match &reference.target {
                Target::Name(name) => self.names.ids.get(name).map(|&id| self.names.groups[id].clone()),
                Target::Number(number) => {
                    number.parse().ok().filter(|&index: &u32| index <= self.ast.capture_count).map(|index| vec![index])
                }
            };
            let Some(groups) = groups else {
                let message = match &reference.target {
                    Target::Name(name) => format!("\\k<{name}> refers to no group; write the name of a group of the pattern"),
                    Target::Number(number) => format!(
                        "\\{number} refers to a group that does not exist; write the number of a group, or \\x and two hexadecimal digits for a character"
                    ),
                };
                return Err(PatternError::new(reference.start, message));
            };
            self.ast.nodes[reference.node] = Node::BackReference(groups);
        }
        Ok(())
    }

    /// An escape outside a class, other than `\b` and `\B`.
    fn atom_escape(&mut self, start: usize) -> Result<NodeId, PatternError> {
        match self.cursor.peek() {
            Some('d' | 'D' | 's' | 'S' | 'w' | 'W' | 'p' | 'P') => self.class(start, |cursor| {
                let class = class::class_escape(cursor, start)?;
                Ok(class.unwrap_or_else(ClassUnicode::empty))
            }),
            Some('1'..='9') => {
                let number = self.cursor.digits().to_owned();
                Ok(self.reference(start, Target::Number(number)))
            }
            Some('k') => {
                self.cursor.advance();
                if !self.cursor.eat("<") {
                    return Err(PatternError::new(start, "\\k needs the name of a group; write it like \\k<name>"));
                }
                let name = group_name(&mut self.cursor, start)?;
                Ok(self.reference(start, Target::Name(name)))
            }
            _ => {
                let code_point = self.cursor.character_escape(start)?;
                match char::from_u32(code_point) {
                    Some(character) => Ok(self.ast.push(Node::Char(character))),
                    None => self.class(start, |_| Ok(class::single(code_point))),
                }
            }
        }
    }

    fn reference(&mut self, start: usize, target: Target) -> NodeId {
        self.ast.needs_backtracking = true;
        let node = self.ast.push(Node::BackReference(Vec::new()));
        self.references.push(Reference { start, node, target });
        node
    }

    /// Stores the class whose source begins at `start` and which `read` takes from the cursor.
    fn class(
        &mut self,
        start: usize,
        read: impl FnOnce(&mut Cursor) -> Result<ClassUnicode, PatternError>,
    ) -> Result<NodeId, PatternError> {
        let class = read(&mut self.cursor)?;
        let text = &self.cursor.source[start..self.cursor.at];
        let id = match self.class_ids.get(text) {
            Some(&id) => id,
            None => {
                let id = self.store_class(class);
                self.class_ids.insert(text, id);
                id
            }
        };
        Ok(self.ast.push(Node::Class(id)))
    }

    fn store_class(&mut self, class: ClassUnicode) -> ClassId {
        self.class_ranges += class.ranges().len();
        let kept = if self.class_ranges > CLASS_RANGES_MAX {
            self.ast.is_truncated = true;
            ClassUnicode::empty()
        } else {
            class
        };
        self.ast.classes.push(kept);
        self.ast.classes.len() - 1
    }

    /// Adds a term to the open alternative, with the quantifier that may follow it.
    fn quantified(&mut self, atom: NodeId, captures_before: u32) -> Result<(), PatternError> {
        let Some((min, max)) = self.quantifier()? else {
            self.top().terms.push(atom);
            return Ok(());
        };
        let greedy = !self.cursor.eat("?");
        let node =
            self.ast.push(Node::Repeat(Repeat { body: atom, min, max, greedy, captures: captures_before + 1..self.ast.capture_count + 1 }));
        self.top().terms.push(node);
        Ok(())
    }

    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>, PatternError> {
        if self.cursor.eat("*") {
            return Ok(Some((0, None)));
        }
        if self.cursor.eat("+") {
            return Ok(Some((1, None)));
        }
        if self.cursor.eat("?") {
            return Ok(Some((0, Some(1))));
        }
        let start = self.cursor.at;
        if !self.cursor.eat("{") {
            return Ok(None);
        }
        let min = self.cursor.digits();
        let max = match self.cursor.eat(",") {
            true => Some(self.cursor.digits()),
            false => None,
        };
        if min.is_empty() || !self.cursor.eat("}") {
            return Err(PatternError::new(
                start,
                "{ does not begin a quantifier; write it like {2}, {2,} or {2,5}, or \\{ for the character itself",
            ));
        }
        match max {
            None => Ok(Some((bound(min), Some(bound(min))))),
            Some("") => Ok(Some((bound(min), None))),
            Some(max) if is_above(min, max) => {
                Err(PatternError::new(start, "the bounds of the quantifier are out of order; write the lower bound first"))
            }
            Some(max) => Ok(Some((bound(min), Some(bound(max))))),
        }
    }
}

/// A bound beyond `u32` cannot be told from `u32::MAX`, since no text is that long.
fn bound(digits: &str) -> u32 {
    digits.parse().unwrap_or(u32::MAX)
}

/// Compares two decimal numbers of any length.
fn is_above(left: &str, right: &str) -> bool {
    let left = left.trim_start_matches('0');
    let right = right.trim_start_matches('0');
    (left.len(), left) > (right.len(), right)
}

fn nothing_to_repeat(start: usize, found: char, after_assertion: bool, source: &str) -> PatternError {
    let follows_quantifier = source[..start].ends_with(['*', '+', '?', '}']);
    let message = if after_assertion {
        format!("an assertion cannot be repeated; write it without the {found}")
    } else if found == '+' && follows_quantifier {
        "possessive quantifiers are not in ECMA-262; write the quantifier without the second +".to_owned()
    } else {
        format!("{found} has nothing to repeat; write \\{found} for the character itself")
    };
    PatternError::new(start, message)
}
