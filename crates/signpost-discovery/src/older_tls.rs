//! What a client says that would be content with a version of TLS before 1.2, which no library here speaks.

/// A record with a ClientHello of TLS 1.1 (RFC 4346 section 7.4.1.2) for a host of at most 255 octets, with the one cipher
/// suite that every server of that version had.
pub(crate) fn client_hello(host: &str) -> Vec<u8> {
    const TLS_1_1: [u8; 2] = [3, 2];
    // RFC 6066 section 3: one name of the type host_name.
    let name = [&[0][..], &of_16_bits(host.as_bytes())].concat();
    let server_name = [&[0, 0][..], &of_16_bits(&of_16_bits(&name))].concat();
    let hello = [
        &TLS_1_1[..],
        // What should be random is not: nobody shall be deceived.
        &[0; 32],
        // No session is resumed.
        &[0],
        // TLS_RSA_WITH_AES_128_CBC_SHA, and no compression.
        &of_16_bits(&[0, 0x2f]),
        &[1, 0],
        &of_16_bits(&server_name),
    ]
    .concat();
    let handshake = [&[1, 0][..], &of_16_bits(&hello)].concat();
    [&[22, 3, 1][..], &of_16_bits(&handshake)].concat()
}

/// Octets behind their number, which has 16 bits.
fn of_16_bits(octets: &[u8]) -> Vec<u8> {
    let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], octets].concat()
}
