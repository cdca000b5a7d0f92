//! The text of a panic in a constant, joined from parts.
//!
//! In: texts and numbers, known while compiling. Out: one text of at most [`LIMIT`] bytes, with `…`
//! in place of a rest that does not fit. It knows no schema and no rules.
//!
//! ```text
//! let mut message = Message::new();
//! message.push("there is no key `");
//! message.push(key);
//! message.push("`");
//! panic!("{}", message.as_str());
//! ```

/// The maximum length of a message, in bytes: a screenful.
pub(crate) const LIMIT: usize = 1024;

const MORE: &str = "…";

/// The message so far.
#[derive(Debug, Clone, Copy)]
pub struct Message {
    /// With room for [`MORE`] beyond the limit.
    buffer: [u8; LIMIT + MORE.len()],
    len: usize,
    /// Whether something was left out; more text after it would make no sense.
    cut: bool,
}

impl Message {
    pub(crate) const fn new() -> Self {
        Self {
            buffer: [0; LIMIT + MORE.len()],
            len: 0,
            cut: false,
        }
    }

    /// Adds a text, or as many of its characters as fit.
    pub(crate) const fn push(&mut self, text: &str) {
        if self.cut {
            return;
        }
        let room = LIMIT - self.len;
        if text.len() <= room {
            self.write(text);
            return;
        }
        let mut end = room;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        if let Some((start, _)) = text.split_at_checked(end) {
            self.write(start);
        }
        self.write(MORE);
        self.cut = true;
    }

    /// Adds segments of a key, after a slash where there are segments before them.
    pub(crate) const fn push_segments(&mut self, segments: &str) {
        if self.len > 0 && !segments.is_empty() {
            self.push("/");
        }
        self.push(segments);
    }

    /// Whether a part did not fit.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut
    }

    /// Adds a number in decimal.
    pub(crate) const fn push_number(&mut self, number: i128) {
        // As many digits as `i128::MIN` has, with its sign.
        let mut digits = [0; 40];
        let mut rest: &mut [u8] = &mut digits;
        let mut left = number.unsigned_abs();
        let mut count = 0;
        while let Some((last, before)) = rest.split_last_mut() {
            // The digit is below ten, so it is one byte.
            *last = b'0' + (left % 10) as u8;
            count += 1;
            left /= 10;
            rest = before;
            if left == 0 {
                break;
            }
        }
        if number < 0 {
            self.push("-");
        }
        let (_, digits) = digits.split_at(digits.len() - count);
        if let Ok(digits) = core::str::from_utf8(digits) {
            self.push(digits);
        }
    }

    /// The whole text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        let (text, _) = self.buffer.split_at(self.len);
        match core::str::from_utf8(text) {
            Ok(text) => text,
            // Only whole characters are ever written.
            Err(_) => "",
        }
    }

    /// Writes a text for which there is room.
    const fn write(&mut self, text: &str) {
        let (_, free) = self.buffer.split_at_mut(self.len);
        let (place, _) = free.split_at_mut(text.len());
        place.copy_from_slice(text.as_bytes());
        self.len += text.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{LIMIT, MORE, Message};

    fn from_parts(parts: &[String]) -> Message {
        let mut message = Message::new();
        for part in parts {
            message.push(part);
        }
        message
    }

    #[test]
    fn it_is_made_while_compiling() {
        const MESSAGE: Message = {
            let mut message = Message::new();
            message.push("between ");
            message.push_number(-1);
            message.push(" and ");
            message.push_number(64);
            message
        };
        assert_eq!(MESSAGE.as_str(), "between -1 and 64");
    }

    #[test]
    fn what_fits_exactly_is_not_cut() {
        let full = "x".repeat(LIMIT);
        let mut message = from_parts(std::slice::from_ref(&full));
        message.push("");
        assert_eq!(message.as_str(), full);
        message.push("y");
        assert_eq!(message.as_str(), format!("{full}{MORE}"));
    }

    proptest! {
        #[test]
        fn short_parts_are_joined(parts in proptest::collection::vec("[aé…𝄞]{0,20}", 0..12)) {
            let joined = parts.concat();
            prop_assume!(joined.len() <= LIMIT);
            let message = from_parts(&parts);
            prop_assert_eq!(message.as_str(), joined);
        }

        #[test]
        fn long_parts_are_cut_at_a_character(parts in proptest::collection::vec("[aé…𝄞]{0,300}", 4..12)) {
            let joined = parts.concat();
            let message = from_parts(&parts);
            let shown = message.as_str();
            if joined.len() <= LIMIT {
                prop_assert_eq!(shown, joined);
            } else {
                let kept = shown.strip_suffix(MORE).unwrap();
                prop_assert!(joined.starts_with(kept));
                // The next character would not have fitted.
                prop_assert!(kept.len() <= LIMIT && kept.len() + 4 > LIMIT);
            }
        }

        #[test]
        fn numbers_are_written_as_everywhere(number: i128) {
            for number in [number, i128::MIN, i128::MAX, 0, -1] {
                let mut message = Message::new();
                message.push_number(number);
                prop_assert_eq!(message.as_str(), number.to_string());
            }
        }
    }
}
