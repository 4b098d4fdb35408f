//! A hash that stays the same on every machine and in every version, for partitions and seeds.

/// FNV-1a with 64 bits, and one round of mixing because its high bits are weak on short texts.
pub(crate) fn stable_hash(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_never_changes() {
        assert_eq!(stable_hash("downgrade/starttls-stripped[pop3]"), 7_058_528_009_269_019_533);
    }
}
