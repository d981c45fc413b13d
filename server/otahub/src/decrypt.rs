//! `otahub decrypt`: what a device does with an encrypted artifact.

use crate::settings::Settings;
use anyhow::Context;
use otahub_core::encryption::{KeyRing, decrypt};
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;
use tempfile::NamedTempFile;

/// Stands for standard input or output.
const STREAM: &str = "-";

/// Decrypts a file. If that fails there is no output file, and none is replaced.
pub(crate) fn run(settings: &Settings, from: &Path, to: &Path) -> anyhow::Result<()> {
    let keys = settings.artifact_keys().map_err(anyhow::Error::msg)?;
    let keys = keys.context("there are no keys: give --artifact-key-file")?;
    if from == Path::new(STREAM) {
        return write(&keys, &mut io::stdin().lock(), to);
    }
    let file = File::open(from).with_context(|| format!("cannot read {}", from.display()))?;
    write(&keys, &mut BufReader::new(file), to).with_context(|| format!("{}", from.display()))
}

fn write(keys: &KeyRing, from: &mut impl Read, to: &Path) -> anyhow::Result<()> {
    if to == Path::new(STREAM) {
        return Ok(decrypt(keys, from, &mut io::stdout().lock())?);
    }
    let unusable = || format!("cannot write {}", to.display());
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).with_context(unusable)?;
    decrypt(keys, from, &mut file)?;
    file.persist(to).with_context(unusable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use otahub_core::SystemEntropy;
    use otahub_core::encryption::{AesGcmEncryptor, Encryptor};
    use std::sync::Arc;

    #[tokio::test]
    async fn a_file_comes_out_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let keys = format!("mine={}", "7".repeat(64));
        std::fs::write(place("keys"), &keys).unwrap();
        let encryptor =
            AesGcmEncryptor::new(KeyRing::parse(&keys).unwrap(), Arc::new(SystemEntropy));
        let mut encryption = encryptor.begin().await.unwrap();
        let plain = vec![9; 200_000];
        let mut file = encryption.update(&plain).unwrap().to_vec();
        file.extend_from_slice(&encryption.finish().unwrap());
        std::fs::write(place("whole"), &file).unwrap();
        std::fs::write(place("cut"), &file[..150_000]).unwrap();
        let settings = Settings { artifact_key_file: Some(place("keys")), ..Settings::default() };
        run(&settings, &place("whole"), &place("plain")).unwrap();
        assert_eq!(std::fs::read(place("plain")).unwrap(), plain);
        let refused = run(&settings, &place("cut"), &place("other")).unwrap_err();
        assert!(format!("{refused:#}").contains("damaged"), "{refused:#}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 4);
        let none = run(&Settings::default(), &place("whole"), &place("other")).unwrap_err();
        assert_eq!(none.to_string(), "there are no keys: give --artifact-key-file");
    }
}
