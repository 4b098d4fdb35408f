//! Telling TLS records from speech on a raw socket.

/// Follows the framing of TLS records (RFC 8446 §5.1) and says where a client stops speaking TLS.
#[derive(Debug, Default)]
pub struct Records {
    header: Vec<u8>,
    /// Octets left of the record's fragment.
    fragment: usize,
    speech: bool,
}

/// What the octets of one read were.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Parted {
    /// Octets of TLS records.
    pub records: Vec<u8>,
    /// Everything from the first octet on that belongs to no record.
    pub speech: Vec<u8>,
}

/// A fragment with the most expansion that a peer may add (RFC 5246 §6.2.3).
const LONGEST_FRAGMENT: usize = (1 << 14) + 2048;

impl Records {
    /// Parts the next octets, however they were cut. The beginning of a record's header is kept until it is whole.
    pub fn part(&mut self, mut bytes: &[u8]) -> Parted {
        let mut parted = Parted::default();
        while !bytes.is_empty() {
            if self.speech {
                parted.speech.extend_from_slice(bytes);
                break;
            }
            if self.fragment > 0 {
                let (fragment, rest) = bytes.split_at(self.fragment.min(bytes.len()));
                parted.records.extend_from_slice(fragment);
                self.fragment -= fragment.len();
                bytes = rest;
                continue;
            }
            self.header.push(bytes[0]);
            bytes = &bytes[1..];
            match self.header.as_slice() {
                [content_type, ..] if !(20..=24).contains(content_type) => self.speech = true,
                [_, major, ..] if *major != 3 => self.speech = true,
                [_, _, _, high, low] => {
                    let length = usize::from(u16::from_be_bytes([*high, *low]));
                    if length > LONGEST_FRAGMENT {
                        self.speech = true;
                    } else {
                        self.fragment = length;
                        parted.records.append(&mut self.header);
                    }
                }
                _ => {}
            }
            if self.speech {
                parted.speech.append(&mut self.header);
            }
        }
        parted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_no_speech_and_a_command_is() {
        let alert = b"\x15\x03\x03\x00\x02\x02\x30";
        let check = |pieces: &[&[u8]], records: &[u8], speech: &[u8]| {
            let mut all = Parted::default();
            let mut reader = Records::default();
            for piece in pieces {
                let parted = reader.part(piece);
                all.records.extend(parted.records);
                all.speech.extend(parted.speech);
            }
            assert_eq!(all, Parted { records: records.to_vec(), speech: speech.to_vec() });
        };
        check(&[alert], alert, b"");
        check(&[b"EHLO x\r\n"], b"", b"EHLO x\r\n");
        check(
            &[&alert[..3], &alert[3..], b"QUIT\r\n", alert],
            alert,
            b"QUIT\r\n\x15\x03\x03\x00\x02\x02\x30",
        );
        check(&[b"\x16\x03\x01\xff\xff"], b"", b"\x16\x03\x01\xff\xff");
    }
}
