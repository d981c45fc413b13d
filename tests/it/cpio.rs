//! Packs files as `cpio -o -H crc` does: the container of SWUpdate's images.

/// The archive of `files`, each a name and its content, in order.
pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (inode, (name, content)) in (1..).zip(files) {
        entry(&mut out, inode, name, content);
    }
    entry(&mut out, 0, "TRAILER!!!", &[]);
    out.resize(out.len().next_multiple_of(512), 0);
    out
}

fn entry(out: &mut Vec<u8>, inode: u32, name: &str, content: &[u8]) {
    let sum = content.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    let (mode, links) = (0o100_644, 1);
    let size = u32::try_from(content.len()).expect("less than 4 GiB");
    let name_size = u32::try_from(name.len() + 1).expect("a short name");
    out.extend_from_slice(b"070702");
    for field in [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name_size, sum] {
        out.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    out.extend_from_slice(name.as_bytes());
    out.push(0);
    out.resize(out.len().next_multiple_of(4), 0);
    out.extend_from_slice(content);
    out.resize(out.len().next_multiple_of(4), 0);
}

#[test]
fn an_entry_is_padded_to_four_bytes() {
    let packed = archive(&[("a", b"xyz")]);
    assert_eq!(&packed[..6], b"070702");
    assert_eq!(&packed[110..116], b"a\0xyz\0");
    assert_eq!(packed.len(), 512);
}
