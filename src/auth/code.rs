//! The code that a screen shows and a person types: what it is made of, and how forgivingly it is
//! read.

use rand::RngExt;

/// Letters and digits that are told apart from across a room, and that make no words.
const LETTERS: &[u8; 22] = b"CDFGHJKMNPQRTVWXY34679";
const LENGTH: usize = 6;

/// A code that is not taken yet.
pub(super) fn fresh(is_taken: impl Fn(&str) -> bool) -> String {
    let mut rng = rand::rng();
    loop {
        let letters = (0..LENGTH).map(|_| LETTERS[rng.random_range(0..LETTERS.len())]);
        let code: String = letters.map(char::from).collect();
        if !is_taken(&code) {
            return code;
        }
    }
}

/// What somebody typed, as the code is written: however it was parted, in whatever case. What is
/// too long stays so by one letter, and fits no code.
pub(super) fn typed(text: &str) -> String {
    let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let letters = letters.take(LENGTH + 1).map(|c| c.to_ascii_uppercase());
    letters.collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn a_code_has_six_letters_of_ours_and_is_not_one_that_is_taken() {
        let refused = RefCell::new(Vec::new());
        let code = fresh(|code| {
            let mut refused = refused.borrow_mut();
            refused.push(code.to_owned());
            refused.len() < 3
        });
        let refused = refused.into_inner();
        assert_eq!((refused.len(), refused.last()), (3, Some(&code)));
        for code in refused {
            assert!(code.len() == 6 && code.bytes().all(|letter| LETTERS.contains(&letter)));
        }
    }

    #[test]
    fn what_is_typed_is_read_however_it_is_parted() {
        for text in ["K7M4TX", "k7m-4tx", " K7M 4tx\n", "k 7 m - 4 t x"] {
            assert_eq!(typed(text), "K7M4TX", "{text:?}");
        }
        assert_eq!(typed("K7M4TX9999"), "K7M4TX9");
        assert_eq!(typed(""), "");
    }
}
