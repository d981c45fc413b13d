//! Keys that encrypt artifacts, each with an id, so that they can be replaced.

/// The most characters of a key's id.
const ID_MAX: usize = 64;

/// Keys by their ids. New artifacts are encrypted with the first; the others are there to read
/// what was encrypted before.
#[derive(Clone)]
pub struct KeyRing {
    keys: Vec<Key>,
}

/// 32 bytes with a name.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) secret: [u8; 32],
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys.iter().map(|key| &key.id)).finish()
    }
}

impl KeyRing {
    /// Reads `ID = SECRET` on each line, or divided by commas. An id has 1 to 64 letters, digits
    /// and `._-`; a secret is 64 hexadecimal digits. Empty lines and what follows a `#` are
    /// passed over.
    ///
    /// # Errors
    /// A sentence that says what is wrong, without any secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
        let entries = lines.flat_map(|line| line.split(',')).map(str::trim);
        let mut keys: Vec<Key> = Vec::new();
        for (at, entry) in (1..).zip(entries.filter(|entry| !entry.is_empty())) {
            let key = read(entry).map_err(|why| format!("artifact key {at}: {why}"))?;
            if keys.iter().any(|other| other.id == key.id) {
                return Err(format!("artifact key {at}: there is another one called {}", key.id));
            }
            keys.push(key);
        }
        if keys.is_empty() {
            return Err("there is no artifact key".to_owned());
        }
        Ok(Self { keys })
    }

    /// The one that encrypts.
    pub(super) fn current(&self) -> Option<&Key> {
        self.keys.first()
    }

    /// The one of this id.
    pub(super) fn find(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }
}

fn read(entry: &str) -> Result<Key, &'static str> {
    let (id, digits) = entry.split_once('=').ok_or("is not of the form ID = SECRET")?;
    let (id, digits) = (id.trim(), digits.trim());
    let is_id = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if id.is_empty() || id.len() > ID_MAX || !id.chars().all(is_id) {
        return Err("its id is not 1 to 64 letters, digits and ._-");
    }
    let mut secret = [0; 32];
    hex::decode_to_slice(digits, &mut secret).map_err(|_| "its secret is not 64 hex digits")?;
    Ok(Key { id: id.to_owned(), secret })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(digit: &str) -> String {
        digit.repeat(64)
    }

    #[test]
    fn keys_are_read_from_lines_and_lists() {
        let (one, two) = (secret("1"), secret("a"));
        for text in [
            format!("# keys\n\nnew = {one}  # since May\r\n2025.old={two}\n"),
            format!("new={one},2025.old={}", two.to_uppercase()),
        ] {
            let keys = KeyRing::parse(&text).unwrap();
            assert_eq!(keys.current().unwrap().id, "new");
            assert_eq!(keys.find("2025.old").unwrap().secret, [0xaa; 32]);
            assert!(keys.find("2025").is_none());
            assert_eq!(format!("{keys:?}"), "[\"new\", \"2025.old\"]");
        }
    }

    #[test]
    fn what_makes_no_sense_is_told_without_secrets() {
        let fine = secret("7");
        for (text, says) in [
            (String::new(), "there is no artifact key"),
            ("# nothing".into(), "there is no artifact key"),
            (fine.clone(), "artifact key 1: is not of the form ID = SECRET"),
            (format!("={fine}"), "artifact key 1: its id is not 1 to 64 letters, digits and ._-"),
            (
                format!("a b={fine}"),
                "artifact key 1: its id is not 1 to 64 letters, digits and ._-",
            ),
            (format!("a={fine}7"), "artifact key 1: its secret is not 64 hex digits"),
            (format!("a={fine}\nb=xyz"), "artifact key 2: its secret is not 64 hex digits"),
            (format!("a={fine},a={fine}"), "artifact key 2: there is another one called a"),
        ] {
            assert_eq!(KeyRing::parse(&text).unwrap_err(), says);
        }
    }
}
