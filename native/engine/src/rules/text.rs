//! Checks of strings. The text is valid UTF-8; lengths are in code points.

use crate::pattern::Match;
use crate::schema::plan::{RuleId, TextRules};

impl TextRules {
    /// Calls `refuse` with each rule that the text does not meet.
    #[inline]
    pub fn check(&self, text: &[u8], steps_max: u64, mut refuse: impl FnMut(RuleId)) {
        if self.length_min.is_some() || self.length_max.is_some() {
            self.check_length(text, &mut refuse);
        }
        if let Some(pattern) = &self.pattern {
            match pattern.pattern.matches(text, steps_max) {
                Match::Yes => {}
                Match::No => refuse(pattern.rule),
                Match::Undecided => refuse(pattern.undecided),
            }
        }
        if let Some((rule, format)) = &self.format
            && !format.is_valid_bytes(text)
        {
            refuse(*rule);
        }
    }

    #[inline]
    fn check_length(&self, text: &[u8], refuse: &mut impl FnMut(RuleId)) {
        // A text has at most as many code points as bytes, and at least a quarter as many.
        let bytes = text.len() as u64;
        let surely_long = self.length_min.is_none_or(|(_, min)| bytes.div_ceil(4) >= min);
        let surely_short = self.length_max.is_none_or(|(_, max)| bytes <= max);
        if surely_long && surely_short {
            return;
        }
        let length = text.iter().filter(|&&byte| byte as i8 >= -64).count() as u64;
        if let Some((rule, min)) = self.length_min
            && length < min
        {
            refuse(rule);
        }
        if let Some((rule, max)) = self.length_max
            && length > max
        {
            refuse(rule);
        }
    }
}
