//! Downloads: conditions and ranges (RFC 9110 §13, §14) as hawkBit reads them, and answers in
//! constant memory.

mod disposition;
mod plan;
mod respond;

pub use disposition::disposition;
pub use plan::Plan;
pub use respond::respond;

/// A file that is downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its name, for `Content-Disposition`.
    pub name: String,
    /// Its length in bytes.
    pub size_bytes: u64,
    /// Its SHA-1 in lower-case hexadecimal: the ETag.
    pub sha1: String,
    /// When it was made, in milliseconds since 1970: `Last-Modified`.
    pub modified_millis: i64,
}
