//! Reading what a server has compressed (RFC 7692), each message by itself.

use flate2::{Decompress, FlushDecompress};

use super::frames::Malformed;

/// What is offered: whatever the server does with it, one inflater is enough for all sockets.
pub(crate) const OFFER: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

/// The end of a message that is left out on the wire.
const TAIL: [u8; 4] = [0, 0, 0xFF, 0xFF];

/// The longest text that is believed.
const LONGEST: usize = 16 * 1024 * 1024;

/// What inflates, and room for what comes of it.
#[derive(Debug)]
pub(crate) struct Inflater {
    inflate: Decompress,
    text: Vec<u8>,
}

impl Inflater {
    pub(crate) fn new() -> Self {
        Self { inflate: Decompress::new(false), text: Vec::with_capacity(256 * 1024) }
    }

    /// The text of a compressed message.
    pub(crate) fn inflate(&mut self, message: &[u8]) -> Result<&[u8], Malformed> {
        self.inflate.reset(false);
        self.text.clear();
        for part in [message, TAIL.as_slice()] {
            let mut rest = part;
            while !rest.is_empty() {
                let before = self.inflate.total_in();
                let inflated = self.inflate.decompress_vec(rest, &mut self.text, FlushDecompress::Sync);
                inflated.map_err(|_| Malformed::NotDeflated)?;
                rest = &rest[(self.inflate.total_in() - before) as usize..];
                if !rest.is_empty() {
                    if self.text.len() >= LONGEST {
                        return Err(Malformed::TooLong);
                    }
                    self.text.reserve(self.text.capacity());
                }
            }
        }
        Ok(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};

    use super::*;

    #[test]
    fn what_is_compressed_is_read_however_long_it_is() {
        let mut inflater = Inflater::new();
        for length in [0, 1, 1_000, 1_000_000] {
            let text = vec![b'x'; length];
            let mut message = Vec::with_capacity(length + 100);
            let mut compress = Compress::new(Compression::best(), false);
            compress.compress_vec(&text, &mut message, FlushCompress::Sync).unwrap();
            assert_eq!(inflater.inflate(message.strip_suffix(&TAIL).unwrap()).unwrap(), text);
        }
        assert_eq!(inflater.inflate(&[0xFF; 20]), Err(Malformed::NotDeflated));
    }
}
