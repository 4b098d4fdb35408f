//! Keys that are made once per process and reused by every hierarchy.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use rcgen::KeyPair;

/// The P-256 key of a role, such as `leaf` or `forged leaf`: the same in every hierarchy of the process, and
/// different from every other role's. Generating costs more than all the rest of a hierarchy.
pub(crate) fn key(role: &str) -> Result<Arc<KeyPair>, rcgen::Error> {
    static KEYS: LazyLock<Mutex<HashMap<String, Arc<KeyPair>>>> = LazyLock::new(Mutex::default);
    // A panic elsewhere leaves whole entries only, so a poisoned lock is still good.
    let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(key) = keys.get(role) {
        return Ok(Arc::clone(key));
    }
    let key = Arc::new(KeyPair::generate()?);
    keys.insert(role.to_owned(), Arc::clone(&key));
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_per_role() {
        let first = key("key test a").unwrap();
        assert!(Arc::ptr_eq(&first, &key("key test a").unwrap()));
        assert_ne!(first.public_key_raw(), key("key test b").unwrap().public_key_raw());
    }
}
