//! Reading with an account of where one is.

use std::io::{self, Read};

use aws_lc_rs::digest;

use crate::EnvelopeError;

/// How much is made room for at once: a length in a file may lie.
const STEP: usize = 1 << 20;

/// An envelope being read.
pub(crate) struct Source<R> {
    from: R,
    /// Bytes read, from the envelope's start.
    pub offset: u64,
    /// Takes in what is read, where that is signed.
    pub digest: Option<digest::Context>,
}

impl<R: Read> Source<R> {
    pub(crate) fn new(from: R, offset: u64) -> Self {
        Source {
            from,
            offset,
            digest: None,
        }
    }

    /// Fills `out`. `part` is what the envelope breaks off in where there is less.
    pub(crate) fn fill(
        &mut self,
        out: &mut [u8],
        part: impl FnOnce() -> String,
    ) -> Result<(), EnvelopeError> {
        let have = read_up_to(&mut self.from, out)?;
        self.offset += have as u64;
        if have < out.len() {
            return Err(EnvelopeError::Truncated {
                part: part(),
                length: self.offset,
            });
        }
        if let Some(digest) = &mut self.digest {
            digest.update(out);
        }
        Ok(())
    }

    /// Fills `out` with the next `length` bytes, in place of what it holds.
    pub(crate) fn fill_vec(
        &mut self,
        out: &mut Vec<u8>,
        length: usize,
        part: impl Fn() -> String,
    ) -> Result<(), EnvelopeError> {
        out.truncate(length);
        let mut have = 0;
        while have < length {
            let upto = length.min(have + STEP);
            if out.len() < upto {
                out.resize(upto, 0);
            }
            self.fill(&mut out[have..upto], &part)?;
            have = upto;
        }
        Ok(())
    }

    pub(crate) fn array<const N: usize>(
        &mut self,
        part: impl FnOnce() -> String,
    ) -> Result<[u8; N], EnvelopeError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes, part)?;
        Ok(bytes)
    }

    /// # Errors
    /// [`EnvelopeError::Trailing`] where there is more.
    pub(crate) fn expect_end(&mut self) -> Result<(), EnvelopeError> {
        match read_up_to(&mut self.from, &mut [0])? {
            0 => Ok(()),
            _ => Err(EnvelopeError::Trailing {
                length: self.offset,
            }),
        }
    }
}

/// Reads until `out` is full or the input ends; how much that was.
pub(crate) fn read_up_to(from: &mut impl Read, out: &mut [u8]) -> Result<usize, EnvelopeError> {
    let mut have = 0;
    while have < out.len() {
        match from.read(&mut out[have..]) {
            Ok(0) => break,
            Ok(more) => have += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(EnvelopeError::Read(error)),
        }
    }
    Ok(have)
}
