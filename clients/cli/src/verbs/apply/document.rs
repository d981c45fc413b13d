//! The documents of files: YAML or JSON, several in a file.

use crate::error::CliError;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// A document of a file.
#[derive(Debug)]
pub(super) struct Document {
    /// Which file, and the how manieth document of it.
    place: String,
    /// The folder that paths in it start from.
    pub(super) folder: PathBuf,
    /// `SoftwareModule`.
    pub(super) kind: String,
    /// Everything else that it says.
    pub(super) fields: Map<String, Value>,
}

impl Document {
    /// An error with the place of this document.
    pub(super) fn fault(&self, error: CliError) -> CliError {
        CliError::At(format!("{} ({})", self.place, self.kind), Box::new(error))
    }
}

/// All documents of files and folders; `-` is standard input.
pub(super) fn read(paths: &[PathBuf]) -> Result<Vec<Document>, CliError> {
    let mut documents = Vec::new();
    for path in paths {
        if path == Path::new("-") {
            let text = std::io::read_to_string(std::io::stdin());
            let text = text.map_err(|why| unreadable(path, &why))?;
            documents.extend(parse("standard input", Path::new("."), &text)?);
            continue;
        }
        for file in files(path).map_err(|why| unreadable(path, &why))? {
            let text = std::fs::read_to_string(&file).map_err(|why| unreadable(&file, &why))?;
            let folder = file.parent().unwrap_or(Path::new("."));
            documents.extend(parse(&file.display().to_string(), folder, &text)?);
        }
    }
    Ok(documents)
}

/// The file itself, or those of a folder and the folders in it, by name.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries: Vec<_> =
        std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        let extension = entry.extension().and_then(|extension| extension.to_str());
        if entry.is_dir() {
            found.extend(files(&entry)?);
        } else if matches!(extension, Some("yaml" | "yml" | "json")) {
            found.push(entry);
        }
    }
    Ok(found)
}

fn unreadable(path: &Path, why: &std::io::Error) -> CliError {
    CliError::Usage(format!("{} cannot be read: {why}", path.display()))
}

/// JSON is YAML, too. A list is as many documents as it has items; empty documents are none.
fn parse(file: &str, folder: &Path, text: &str) -> Result<Vec<Document>, CliError> {
    let mut documents = Vec::new();
    for (n, document) in yaml_serde::Deserializer::from_str(text).enumerate() {
        let place = format!("{file}, document {}", n + 1);
        let fail = |why: String| CliError::Usage(format!("{place}: {why}"));
        let value = Value::deserialize(document).map_err(|why| fail(why.to_string()))?;
        let items = match value {
            Value::Null => continue,
            Value::Array(items) => items,
            single => vec![single],
        };
        for item in items {
            let Value::Object(mut fields) = item else {
                return Err(fail("it is not an object".to_owned()));
            };
            let Some(Value::String(kind)) = fields.remove("kind") else {
                return Err(fail("kind: it is missing".to_owned()));
            };
            let folder = folder.to_owned();
            documents.push(Document { place: place.clone(), folder, kind, fields });
        }
    }
    Ok(documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_several_documents() {
        let text = "kind: A\nx: 1\n---\n---\n- {kind: B}\n- {\"kind\": \"C\"}\n";
        let documents = parse("f", Path::new("."), text).unwrap();
        let kinds: Vec<_> = documents.iter().map(|document| document.kind.as_str()).collect();
        assert_eq!(kinds, ["A", "B", "C"]);
        assert_eq!(documents[0].fields["x"], 1);
        assert_eq!(documents[2].place, "f, document 3");
        let why = parse("f", Path::new("."), "x: 1").unwrap_err().to_string();
        assert_eq!(why, "f, document 1: kind: it is missing");
        assert!(parse("f", Path::new("."), "a: [").is_err());
    }
}
