//! The bitstream that LLVM keeps bitcode in: numbers of any width, packed from the lowest bit on, in nested blocks of records.
//!
//! A block is as many 32-bit words long as it says, so a reader may skip it. A record is a code and numbers. Most records are
//! written in the form that needs no abbreviation; only a blob cannot be had without one.

/// Bits that say what comes next, outside of any block.
const OUTERMOST_WIDTH: u32 = 2;
/// What comes next: the end of a block, a block, an abbreviation's definition, a record without abbreviation.
const END_BLOCK: u64 = 0;
const ENTER_BLOCK: u64 = 1;
const DEFINE_ABBREVIATION: u64 = 2;
const UNABBREVIATED: u64 = 3;
/// A record by the first abbreviation of the block.
const FIRST_ABBREVIATION: u64 = 4;

/// A bitstream that is being written.
#[derive(Default)]
pub(super) struct Bitstream {
    bytes: Vec<u8>,
    /// What has not made a word yet, and how many bits of it: fewer than 32.
    pending: u64,
    bits: u32,
    /// Bits that say what comes next, in the block that is open.
    width: u32,
}

impl Bitstream {
    /// A stream that starts with these bytes, whose number is a multiple of four.
    pub fn new(magic: [u8; 4]) -> Bitstream {
        Bitstream { bytes: magic.to_vec(), width: OUTERMOST_WIDTH, ..Bitstream::default() }
    }

    /// The stream so far, filled up to whole words.
    pub fn finish(mut self) -> Vec<u8> {
        self.align();
        self.bytes
    }

    /// Writes the lowest `width` bits, at most 32; those above are zero.
    fn fixed(&mut self, value: u64, width: u32) {
        self.pending |= value << self.bits;
        self.bits += width;
        if self.bits >= 32 {
            self.bytes.extend((self.pending as u32).to_le_bytes());
            self.pending >>= 32;
            self.bits -= 32;
        }
    }

    /// Writes a number in chunks of `width` bits, of which the highest says that another chunk follows.
    pub fn vbr(&mut self, mut value: u64, width: u32) {
        let more = 1 << (width - 1);
        while value >= more {
            self.fixed(value & (more - 1) | more, width);
            value >>= width - 1;
        }
        self.fixed(value, width);
    }

    /// Goes on at the next word.
    fn align(&mut self) {
        if self.bits > 0 {
            self.fixed(0, 32 - self.bits);
        }
    }

    /// Writes a block. In it, `width` bits say what comes next.
    pub fn block(&mut self, id: u64, width: u32, content: impl FnOnce(&mut Bitstream)) {
        self.fixed(ENTER_BLOCK, self.width);
        self.vbr(id, 8);
        self.vbr(width.into(), 4);
        self.align();
        let start = self.bytes.len();
        self.bytes.extend([0; 4]);

        let outside = std::mem::replace(&mut self.width, width);
        content(self);
        self.fixed(END_BLOCK, self.width);
        self.align();
        self.width = outside;

        let words = (self.bytes.len() - start) / 4 - 1;
        self.bytes[start..start + 4].copy_from_slice(&(words as u32).to_le_bytes());
    }

    /// Writes a record.
    pub fn record(&mut self, code: u64, operands: &[u64]) {
        self.head(code, operands.len());
        for &operand in operands {
            self.vbr(operand, 6);
        }
    }

    /// Writes a record whose last operands are the bytes of a text.
    pub fn text(&mut self, code: u64, operands: &[u64], text: &str) {
        self.head(code, operands.len() + text.len());
        for operand in operands.iter().copied().chain(text.bytes().map(u64::from)) {
            self.vbr(operand, 6);
        }
    }

    fn head(&mut self, code: u64, operands: usize) {
        self.fixed(UNABBREVIATED, self.width);
        self.vbr(code, 6);
        self.vbr(operands as u64, 6);
    }

    /// Writes a record that ends with a blob. It is the only one of its block: it defines an abbreviation, the block's first.
    pub fn blob(&mut self, code: u64, operands: &[u64], blob: &[u8]) {
        const LITERAL: u64 = 1;
        const VBR: u64 = 2;
        const BLOB: u64 = 5;
        self.fixed(DEFINE_ABBREVIATION, self.width);
        self.vbr(operands.len() as u64 + 2, 5);
        self.fixed(LITERAL, 1);
        self.vbr(code, 8);
        for _ in operands {
            self.fixed(VBR << 1, 4);
            self.vbr(6, 5);
        }
        self.fixed(BLOB << 1, 4);

        self.fixed(FIRST_ABBREVIATION, self.width);
        for &operand in operands {
            self.vbr(operand, 6);
        }
        self.vbr(blob.len() as u64, 6);
        self.align();
        self.bytes.extend(blob);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// A signed number as one that variable-width chunks hold well: the sign is the lowest bit. The smallest 64-bit number is a zero
/// with a sign.
pub(super) fn signed(value: i64) -> u64 {
    match value {
        0.. => (value as u64) << 1,
        _ => value.unsigned_abs() << 1 | 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written after an empty magic, as bits from the first on, up to the end of a word.
    fn bits(write: impl FnOnce(&mut Bitstream)) -> String {
        let mut stream = Bitstream::new(*b"test");
        write(&mut stream);
        let bytes = stream.finish();
        let bits = bytes[4..].iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1));
        bits.map(|bit| char::from(b'0' + bit)).collect::<String>().trim_end_matches('0').to_owned()
    }

    #[test]
    fn numbers_are_packed_from_the_lowest_bit_on() {
        assert_eq!(bits(|stream| stream.fixed(0b1011, 4)), "1101");
        assert_eq!(bits(|stream| (0..9).for_each(|_| stream.fixed(0b10001, 5))), "10001".repeat(9));
        assert_eq!(bits(|stream| stream.fixed(u64::from(u32::MAX), 32)), "1".repeat(32));
    }

    #[test]
    fn chunks_say_whether_another_follows() {
        assert_eq!(bits(|stream| stream.vbr(7, 4)), "111");
        assert_eq!(bits(|stream| stream.vbr(27, 4)), "11011100".trim_end_matches('0'));
        assert_eq!(bits(|stream| stream.vbr(u64::MAX, 6)), ["111111"; 12].concat() + "1111");
    }

    #[test]
    fn blocks_count_their_words() {
        let mut stream = Bitstream::new(*b"test");
        stream.block(8, 3, |stream| {
            stream.record(1, &[2]);
            stream.block(9, 4, |_| ());
        });
        let words: Vec<u32> =
            stream.finish().chunks(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).collect();
        assert_eq!(words.len(), 8);
        assert_eq!((words[2], words[5]), (5, 1));
    }

    #[test]
    fn signs_are_the_lowest_bit() {
        assert_eq!([0, 1, -1, 5, -5, i64::MAX].map(signed), [0, 2, 3, 10, 11, u64::MAX - 1]);
        assert_eq!(signed(i64::MIN), 1);
    }
}
