//! What else is made of Keccak: cSHAKE and KMAC (NIST SP 800-185).

use digest::{ExtendableOutput, Update, XofReader};

/// Which of the two strengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeccakStrength {
    /// 128 bits, a rate of 168 bytes.
    Bits128,
    /// 256 bits, a rate of 136 bytes.
    Bits256,
}

impl KeccakStrength {
    fn rate(self) -> usize {
        match self {
            Self::Bits128 => 168,
            Self::Bits256 => 136,
        }
    }
}

/// cSHAKE: `output_bits` of `data` under a function's name and a customization. Bits beyond the last whole byte are the high ones.
pub fn cshake(
    strength: KeccakStrength,
    data: &[u8],
    function: &[u8],
    customization: &[u8],
    output_bits: usize,
) -> Vec<u8> {
    fn run<const RATE: usize>(data: &[u8], function: &[u8], customization: &[u8], out: &mut [u8]) {
        let mut state = cshake::CShake::<RATE>::new_with_function_name(function, customization);
        state.update(data);
        state.finalize_xof().read(out);
    }
    let mut out = vec![0; output_bits.div_ceil(8)];
    match strength {
        KeccakStrength::Bits128 => run::<168>(data, function, customization, &mut out),
        KeccakStrength::Bits256 => run::<136>(data, function, customization, &mut out),
    }
    if let (Some(last), extra @ 1..) = (out.last_mut(), output_bits % 8) {
        *last &= 0xFF << (8 - extra);
    }
    out
}

fn significant(value: u64) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let zeros = bytes[..7].iter().take_while(|&&byte| byte == 0).count();
    bytes[zeros..].to_vec()
}

fn left_encode(value: u64) -> Vec<u8> {
    let bytes = significant(value);
    [vec![bytes.len() as u8], bytes].concat()
}

fn right_encode(value: u64) -> Vec<u8> {
    let mut bytes = significant(value);
    bytes.push(bytes.len() as u8);
    bytes
}

/// KMAC: `output_bits` of `data` under a key.
pub fn kmac(
    strength: KeccakStrength,
    key: &[u8],
    data: &[u8],
    customization: &[u8],
    output_bits: usize,
) -> Vec<u8> {
    let mut input = left_encode(strength.rate() as u64);
    input.extend(left_encode(key.len() as u64 * 8));
    input.extend_from_slice(key);
    input.resize(input.len().next_multiple_of(strength.rate()), 0);
    input.extend_from_slice(data);
    input.extend(right_encode(output_bits as u64));
    cshake(strength, &input, b"KMAC", customization, output_bits)
}
