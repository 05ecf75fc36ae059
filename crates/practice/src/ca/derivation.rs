//! The key derivation of PKCS#12 (RFC 7292, appendix B.2), for the files that the practice cloud writes and
//! reads.

use sha1::digest::Digest;
use sha1::digest::core_api::BlockSizeUser;
use zeroize::Zeroizing;

/// The use of the derived bytes (appendix B.3).
#[derive(Debug, Clone, Copy)]
pub(super) enum DerivedUse {
    Key = 1,
    Vector = 2,
    Mac = 3,
}

/// Derives `length` bytes from a password, which is UTF-16 with two zero bytes at its end, or empty.
pub(super) fn derive<D: Digest + BlockSizeUser>(
    purpose: DerivedUse,
    password: &[u8],
    salt: &[u8],
    rounds: u32,
    length: usize,
) -> Zeroizing<Vec<u8>> {
    let width = D::block_size();
    let whole_blocks =
        |bytes: &[u8]| bytes.iter().copied().cycle().take(bytes.len().next_multiple_of(width)).collect();
    let parts: [Zeroizing<Vec<u8>>; 2] = [salt, password].map(|bytes| Zeroizing::new(whole_blocks(bytes)));
    let mut blocks = Zeroizing::new(parts.map(|part| part.to_vec()).concat());
    let diversifier = vec![purpose as u8; width];
    let mut derived = Zeroizing::new(Vec::with_capacity(length + width));
    while derived.len() < length {
        let mut digest = D::new().chain_update(&diversifier).chain_update(&*blocks).finalize();
        for _ in 1..rounds {
            digest = D::digest(&digest);
        }
        derived.extend_from_slice(&digest);
        // Each block is a number that grows by the repeated digest plus one.
        let added: Vec<u8> = digest.iter().copied().cycle().take(width).collect();
        for block in blocks.chunks_mut(width) {
            let mut carry = 1;
            for (byte, added) in block.iter_mut().zip(&added).rev() {
                let sum = u16::from(*byte) + u16::from(*added) + carry;
                [*byte, _] = sum.to_le_bytes();
                carry = sum >> 8;
            }
        }
    }
    derived.truncate(length);
    derived
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reference values of `openssl kdf … PKCS12KDF`; the first three are the vectors published with the
    /// format.
    #[test]
    fn openssl_derives_the_same() {
        let (smeg, queeg) = (b"\0s\0m\0e\0g\0\0", b"\0q\0u\0e\0e\0g\0\0");
        let salt = [0x0A, 0x58, 0xCF, 0x64, 0x53, 0x0D, 0x82, 0x3F];
        assert_eq!(
            hex(&derive::<sha1::Sha1>(DerivedUse::Key, smeg, &salt, 1, 24)),
            "8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3"
        );
        assert_eq!(hex(&derive::<sha1::Sha1>(DerivedUse::Vector, smeg, &salt, 1, 8)), "79993dfe048d3b76");
        let salt = [0x26, 0x32, 0x16, 0xFC, 0xC2, 0xFA, 0xB3, 0x1C];
        assert_eq!(
            hex(&derive::<sha1::Sha1>(DerivedUse::Mac, queeg, &salt, 1000, 20)),
            "5ec4c7a80df652294c3925b6489a7ab857c83476"
        );
        assert_eq!(
            hex(&derive::<sha2::Sha256>(DerivedUse::Key, queeg, b"saltSALT", 2048, 48)),
            "fc5c073ef2c32ccd2a74f41df6ea83da3907bfbce4346173ad2c3f16ab8c76b0522348c0cb37202fe964c54be81128e6"
        );
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}
