//! A message on its way through DATA.

/// A message as DATA carries it: CRLF line ends, dots doubled, and the end mark (RFC 5321 §4.5.2).
pub(super) fn transparent(message: &[u8]) -> Vec<u8> {
    let mut content = Vec::with_capacity(message.len() + 16);
    let text = message.strip_suffix(b"\n").unwrap_or(message);
    for line in text.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.starts_with(b".") {
            content.push(b'.');
        }
        // A lone CR would be an end of line to some servers and not to others.
        content.extend(line.iter().filter(|&&byte| byte != b'\r'));
        content.extend_from_slice(b"\r\n");
    }
    content.extend_from_slice(b".\r\n");
    content
}
