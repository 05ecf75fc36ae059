//! RC4, for the few old files that use it: no current crate of this generation has it, and it is ten lines.

/// Encrypts or decrypts, which is the same. `key` must not be empty.
pub(super) fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    let mut j = 0u8;
    for i in 0..256 {
        j = j.wrapping_add(state[i]).wrapping_add(key[i % key.len()]);
        state.swap(i, j.into());
    }
    let (mut i, mut j) = (0u8, 0u8);
    let keystream = std::iter::repeat_with(|| {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(i.into(), j.into());
        state[usize::from(state[usize::from(i)].wrapping_add(state[usize::from(j)]))]
    });
    data.iter().zip(keystream).map(|(octet, key)| octet ^ key).collect()
}

#[cfg(test)]
mod tests {
    use super::rc4;

    #[test]
    fn a_published_vector_comes_out() {
        assert_eq!(rc4(b"Key", b"Plaintext"), [0xBB, 0xF3, 0x16, 0xE8, 0xD9, 0x40, 0xAF, 0x0A, 0xD3]);
    }
}
