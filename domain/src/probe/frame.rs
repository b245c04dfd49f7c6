//! Frames: `KIND NAME NODE_MS LENGTH\n` and LENGTH bytes.

use crate::time::Timestamp;

/// The probe sends at most half of this in one frame.
const LONGEST: usize = 1024 * 1024;
const LONGEST_HEAD: usize = 80;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub kind: FrameKind,
    /// The section's name.
    pub name: String,
    /// The node's clock when it was sent; zero when the node has none to tell.
    pub node_time: Timestamp,
    /// What is not UTF-8 is replaced.
    pub content: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// The section has this content now.
    Content,
    /// The section cannot be read; the content says why.
    Unreadable,
    /// A sign of life: `beat` names the sections read again and found unchanged, `refreshed` gives
    /// back the token of a request to read everything.
    Sign,
}

/// The stream is not the probe's: a login script printed something, or the node is hostile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("expected a frame's head such as \"= lvs 1795367321350 437\"; found {found:?}")]
    Head { found: String },
    #[error("a frame of {length} bytes is longer than the {LONGEST} that are read")]
    TooLong { length: usize },
}

/// Takes bytes as they come and gives whole frames.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
}

impl Decoder {
    pub fn feed(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next frame, when all of it has come. After an error nothing more can be read.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        let line = match self.buffer.iter().take(LONGEST_HEAD).position(|byte| *byte == b'\n') {
            Some(line) => line,
            None if self.buffer.len() < LONGEST_HEAD => return Ok(None),
            None => return Err(self.bad_head()),
        };
        let head = self.buffer.get(..line).and_then(Head::parse).ok_or_else(|| self.bad_head())?;
        if head.length > LONGEST {
            return Err(FrameError::TooLong { length: head.length });
        }
        let Some(content) = self.buffer.get(line + 1..line + 1 + head.length) else {
            return Ok(None);
        };
        let content = String::from_utf8_lossy(content).into_owned();
        self.buffer.drain(..line + 1 + head.length);
        Ok(Some(Frame { kind: head.kind, name: head.name, node_time: head.node_time, content }))
    }

    fn bad_head(&self) -> FrameError {
        let found = self.buffer.get(..LONGEST_HEAD).unwrap_or(&self.buffer);
        FrameError::Head { found: String::from_utf8_lossy(found).into_owned() }
    }
}

struct Head {
    kind: FrameKind,
    name: String,
    node_time: Timestamp,
    length: usize,
}

impl Head {
    fn parse(line: &[u8]) -> Option<Head> {
        let mut words = std::str::from_utf8(line).ok()?.split(' ');
        let kind = match words.next()? {
            "=" => FrameKind::Content,
            "!" => FrameKind::Unreadable,
            "." => FrameKind::Sign,
            _ => return None,
        };
        let head = Head {
            kind,
            name: words.next()?.to_owned(),
            node_time: Timestamp(words.next()?.parse().ok()?),
            length: words.next()?.parse().ok()?,
        };
        words.next().is_none().then_some(head)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(decoder: &mut Decoder) -> Vec<Frame> {
        std::iter::from_fn(|| decoder.next_frame().unwrap()).collect()
    }

    #[test]
    fn frames_come_whole_however_the_bytes_are_cut() {
        let bytes = b". beat 5 0\n= lvs 7 4\na\nb\n! vrrp_conf 9 2\nno";
        for cut in 0..bytes.len() {
            let mut decoder = Decoder::default();
            decoder.feed(&bytes[..cut]);
            let mut frames = all(&mut decoder);
            decoder.feed(&bytes[cut..]);
            frames.extend(all(&mut decoder));
            let names: Vec<_> = frames.iter().map(|f| (f.name.as_str(), &*f.content)).collect();
            assert_eq!(names, [("beat", ""), ("lvs", "a\nb\n"), ("vrrp_conf", "no")]);
        }
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for text in ["Welcome to Debian!\n", "= lvs 7 99999999999\n", "= lvs x 1\n", "= a 1 2 3\n"]
        {
            let mut decoder = Decoder::default();
            decoder.feed(text.as_bytes());
            assert!(decoder.next_frame().is_err(), "{text:?}");
        }
        let mut decoder = Decoder::default();
        decoder.feed(&[b'x'; 200]);
        assert!(decoder.next_frame().is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut decoder = Decoder::default();
            decoder.feed(&bytes);
            while let Ok(Some(_)) = decoder.next_frame() {}
        }
    }
}
