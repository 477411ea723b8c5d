//! Where the records of a JSON document are: the part of JSONPath (RFC 9535) that a reader can follow who never looks back.

use crate::error::Error;

/// Bytes of a path.
const PATH_BYTES_MAX: usize = 4_096;
/// RFC 9535 keeps indexes within what every implementation can hold exactly.
const INDEX_MAX: u64 = (1 << 53) - 1;

/// One step down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.name` or `['name']`: a member of an object.
    Name(String),
    /// `[n]`: an element of an array, 0-based.
    Index(u64),
    /// `[*]` or `.*`: every element of an array, or every member of an object.
    Every,
}

/// Where the records are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPath {
    /// As it was written.
    pub text: String,
    /// From the top down.
    pub steps: Vec<Step>,
    /// Nobody named a path: the document has to be an array, since the members of an object would be no records that anyone meant.
    pub is_default: bool,
}

impl Default for RecordPath {
    fn default() -> Self {
        RecordPath { text: "$[*]".to_owned(), steps: vec![Step::Every], is_default: true }
    }
}

impl RecordPath {
    /// Reads a path.
    ///
    /// # Errors
    /// `option/invalid`, with what is not supported or not JSONPath.
    pub fn parse(text: &str) -> Result<RecordPath, Error> {
        let mut reader = Reader { text, at: 0 };
        let steps = reader.steps().map_err(|what| {
            let given = serde_json::Value::from(text);
            Error::new(
                "option/invalid",
                format!(
                    "recordPath is {given}: {what}. It takes $, and after it .name, ['name'], [n] from 0 on, [*] and .* in any number."
                ),
            )
        })?;
        Ok(RecordPath { text: text.to_owned(), steps, is_default: false })
    }

    /// The path of the first `count` steps, normalised (RFC 9535, 2.7).
    pub fn first(&self, count: usize) -> String {
        let step = |step: &Step| match step {
            Step::Name(name) => format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")),
            Step::Index(index) => format!("[{index}]"),
            Step::Every => "[*]".to_owned(),
        };
        std::iter::once("$".to_owned()).chain(self.steps[..count].iter().map(step)).collect()
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

type Read<T> = Result<T, String>;

impl Reader<'_> {
    fn steps(&mut self) -> Read<Vec<Step>> {
        if self.text.len() > PATH_BYTES_MAX {
            return Err(format!("a path has {PATH_BYTES_MAX} bytes at most"));
        }
        if !self.takes("$") {
            return Err("a path begins with $".to_owned());
        }
        let mut steps = Vec::new();
        loop {
            let blank_from = self.at;
            self.blank();
            if self.rest().is_empty() {
                return if self.at == blank_from { Ok(steps) } else { Err("it ends in white space".to_owned()) };
            }
            steps.push(if self.takes("..") {
                return Err(".. (descendants) is not supported".to_owned());
            } else if self.takes(".*") {
                Step::Every
            } else if self.takes(".") {
                self.shorthand()?
            } else if self.takes("[") {
                self.bracketed()?
            } else {
                return Err(format!("{:?} is neither .name nor [...]", self.rest()));
            });
        }
    }

    fn shorthand(&mut self) -> Read<Step> {
        let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
        let rest = self.rest();
        let end = rest.find(|c: char| !is_first(c) && !c.is_ascii_digit()).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        if !name.starts_with(is_first) {
            return Err("after . comes a letter, _ or *; other names are written ['like this']".to_owned());
        }
        self.at += end;
        Ok(Step::Name(name))
    }

    fn bracketed(&mut self) -> Read<Step> {
        self.blank();
        let step = match self.rest().chars().next() {
            Some('*') => {
                self.at += 1;
                Step::Every
            }
            Some('?') => return Err("[?...] (a filter) is not supported; leave out records by the schema".to_owned()),
            Some('-') => return Err("an index from the end ([-1]) is not supported: a stream does not know where it ends".to_owned()),
            Some(':') => return Err("a slice ([a:b]) is not supported".to_owned()),
            Some('0'..='9') => self.index()?,
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            _ => return Err("between [ and ] comes *, a number, or a name in quotes".to_owned()),
        };
        self.blank();
        match self.rest().chars().next() {
            Some(']') => self.at += 1,
            Some(',') => return Err("several selectors in one pair of brackets ([a,b]) are not supported".to_owned()),
            Some(':') => return Err("a slice ([a:b]) is not supported".to_owned()),
            _ => return Err("a ] is missing".to_owned()),
        }
        Ok(step)
    }

    fn index(&mut self) -> Read<Step> {
        let rest = self.rest();
        let digits = &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())];
        if digits.len() > 1 && digits.starts_with('0') {
            return Err("an index has no leading zero".to_owned());
        }
        let index = digits.parse().ok().filter(|&index| index <= INDEX_MAX);
        let index = index.ok_or_else(|| format!("an index is {INDEX_MAX} at most"))?;
        self.at += digits.len();
        Ok(Step::Index(index))
    }

    fn quoted(&mut self, quote: char) -> Read<Step> {
        self.at += 1;
        let mut name = String::new();
        loop {
            let next = self.rest().chars().next().ok_or("a quote is not closed")?;
            self.at += next.len_utf8();
            match next {
                _ if next == quote => return Ok(Step::Name(name)),
                '\\' => name.push(self.escape(quote)?),
                '\0'..'\u{20}' => return Err("a name in quotes has no control character; escape it".to_owned()),
                _ => name.push(next),
            }
        }
    }

    fn escape(&mut self, quote: char) -> Read<char> {
        let next = self.rest().chars().next().ok_or("a quote is not closed")?;
        self.at += next.len_utf8();
        Ok(match next {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            '/' | '\\' => next,
            'u' => {
                let high = self.unit()?;
                let code = match high {
                    0xD800..0xDC00 if self.takes("\\u") => {
                        let low = self.unit()?;
                        if !(0xDC00..0xE000).contains(&low) {
                            return Err("an escape is half a surrogate pair".to_owned());
                        }
                        0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00)
                    }
                    _ => high,
                };
                char::from_u32(code).ok_or("an escape is half a surrogate pair")?
            }
            _ if next == quote => quote,
            _ => return Err(format!("\\{next} is no escape")),
        })
    }

    fn unit(&mut self) -> Read<u32> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or("after \\u come four hexadecimal digits")?;
        self.at += 4;
        Ok(unit)
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.rest().starts_with(sign);
        self.at += if is_next { sign.len() } else { 0 };
        is_next
    }

    fn blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start_matches([' ', '\t', '\n', '\r']).len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(text: &str) -> Vec<Step> {
        RecordPath::parse(text).unwrap_or_else(|fault| panic!("{fault}")).steps
    }

    fn name(text: &str) -> Step {
        Step::Name(text.to_owned())
    }

    #[test]
    fn reads_what_a_stream_can_follow() {
        assert_eq!(steps("$"), []);
        assert_eq!(steps("$[*]"), [Step::Every]);
        assert_eq!(steps("$.*"), [Step::Every]);
        assert_eq!(steps("$.in_network[*]"), [name("in_network"), Step::Every]);
        assert_eq!(steps("$['a b'] [ 0 ].é9"), [name("a b"), Step::Index(0), name("é9")]);
        assert_eq!(steps(r#"$["it's"]['\'"\u00e9\ud834\udd1e\n']"#), [name("it's"), name("'\"é𝄞\n")]);
        assert_eq!(RecordPath::parse("$.a['b\\'c'][*][3]").expect("a path").first(3), "$['a']['b\\'c'][*]");
    }

    #[test]
    fn refuses_the_rest_by_name() {
        for (text, said) in [
            ("", "begins with $"),
            ("in_network[*]", "begins with $"),
            ("$..a", "descendants"),
            ("$.a[?@.b]", "filter"),
            ("$[1:2]", "slice"),
            ("$[:2]", "slice"),
            ("$[0,1]", "several"),
            ("$[-1]", "from the end"),
            ("$[01]", "leading zero"),
            ("$[9007199254740992]", "at most"),
            ("$.1a", "a letter"),
            ("$.", "a letter"),
            ("$a", "neither"),
            ("$[a]", "in quotes"),
            ("$['a'", "missing"),
            ("$['a", "not closed"),
            ("$['\\x']", "no escape"),
            ("$['\\ud800']", "surrogate"),
            ("$[*] ", "white space"),
        ] {
            let fault = RecordPath::parse(text).expect_err(text);
            assert_eq!(fault.code, "option/invalid");
            assert!(fault.message.contains(said), "{text}: {fault}");
        }
    }
}
