//! Texts with wildcards.

/// A text in which some places may stand for any characters: the pieces between these places.
/// Pieces between two such places are not empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    /// Exactly this text.
    #[must_use]
    pub fn literal(text: impl Into<String>) -> Self {
        Self { pieces: vec![text.into()] }
    }

    /// These pieces, with any characters between each two of them.
    #[must_use]
    pub fn of(pieces: impl IntoIterator<Item = String>) -> Self {
        let mut pieces: Vec<String> = pieces.into_iter().collect();
        let last = pieces.len().saturating_sub(1);
        let mut at = 0;
        pieces.retain(|piece| {
            let keep = at == 0 || at == last || !piece.is_empty();
            at += 1;
            keep
        });
        if pieces.is_empty() {
            pieces.push(String::new());
        }
        Self { pieces }
    }

    /// The pieces: one if there is no wildcard.
    #[must_use]
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The text, if there is no wildcard.
    #[must_use]
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// What every match starts with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.pieces.first().map_or("", String::as_str)
    }

    /// Whether it matches any text.
    #[must_use]
    pub fn is_anything(&self) -> bool {
        self.pieces.len() > 1 && self.pieces.iter().all(String::is_empty)
    }

    /// Whether it matches any text that starts with its prefix.
    #[must_use]
    pub fn is_prefix(&self) -> bool {
        self.pieces.len() == 2 && self.pieces.last().is_some_and(String::is_empty)
    }

    /// The same with A to Z in lower case.
    #[must_use]
    pub fn folded(&self) -> Self {
        Self { pieces: self.pieces.iter().map(|p| p.to_ascii_lowercase()).collect() }
    }

    /// Whether a text matches. Takes time in proportion to the text's length and its own.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (Some(first), Some(last)) = (self.pieces.first(), self.pieces.last()) else {
            return text.is_empty();
        };
        if self.pieces.len() == 1 {
            return text == first;
        }
        let Some(mut rest) =
            text.strip_prefix(first.as_str()).and_then(|rest| rest.strip_suffix(last.as_str()))
        else {
            return false;
        };
        for piece in &self.pieces[1..self.pieces.len() - 1] {
            // the first place that fits leaves the most to the pieces that follow
            match rest.find(piece.as_str()) {
                Some(at) => rest = &rest[at + piece.len()..],
                None => return false,
            }
        }
        true
    }
}
