//! A codec that leaves messages as bytes: they are decoded where their type is known.

use bytes::{Buf, BufMut, Bytes};
use qairon::v1::ErrorReason;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use crate::call::elements::Scale;
use crate::call::heavy::weight;
use crate::call::memory::{Memory, Share};
use crate::error::{Error, ErrorKind, Result};

/// Bytes in, bytes out. What comes in is counted before anybody decodes it.
#[derive(Debug, Clone)]
pub struct BytesCodec {
    scale: Scale,
    /// The call takes one message.
    is_single: bool,
    /// What all messages together may take until they are done with.
    memory: Memory,
}

/// Smaller messages are not counted.
const SMALL: usize = 64 * 1024;

/// The bytes of a message, with their share of memory: it is given back with the last slice of them.
struct Counted {
    bytes: Bytes,
    _share: Share,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// A message of a request.
#[derive(Debug)]
pub struct Received {
    /// The message, encoded.
    pub bytes: Bytes,
    /// The weight of decoding it.
    pub weight: usize,
}

/// Takes messages off the wire.
#[derive(Debug)]
pub struct Reading {
    codec: BytesCodec,
    has_one: bool,
}

/// Puts messages on the wire.
#[derive(Debug)]
pub struct Writing;

impl BytesCodec {
    /// A codec for the calls of one method.
    pub fn new(scale: Scale, is_single: bool, memory: Memory) -> Self {
        Self { scale, is_single, memory }
    }

    /// Counts the bytes of a message among those of all.
    fn counted(&self, bytes: Bytes) -> Result<Bytes> {
        if bytes.len() < SMALL {
            return Ok(bytes);
        }
        let mut share = self.memory.share();
        match share.grow(bytes.len()) {
            Ok(()) => Ok(Bytes::from_owner(Counted { bytes, _share: share })),
            Err(_) => {
                let message = "messages of other calls take all the memory that received messages may take; try again, or \
                               send less at once";
                Err(Error::new(ErrorKind::Exhausted, ErrorReason::MemoryExhausted, message))
            }
        }
    }
}

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Result<Received>;
    type Encoder = Writing;
    type Decoder = Reading;

    fn encoder(&mut self) -> Writing {
        Writing
    }

    fn decoder(&mut self) -> Reading {
        Reading { codec: self.clone(), has_one: false }
    }
}

impl Encoder for Writing {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, buffer: &mut EncodeBuf<'_>) -> std::result::Result<(), Status> {
        buffer.put(item);
        Ok(())
    }
}

impl Decoder for Reading {
    type Item = Result<Received>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> std::result::Result<Option<Self::Item>, Status> {
        // The transport reads on to the end of the body, and takes what comes after the first message for nothing.
        if self.codec.is_single && std::mem::replace(&mut self.has_one, true) {
            let message =
                "the method takes one message, and the call has brought another; send each in a call of its own";
            return Err(Error::new(ErrorKind::InvalidArgument, ErrorReason::MalformedMessage, message).into());
        }
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        let received = self.codec.scale.count(&bytes).and_then(|elements| {
            let weight = weight(bytes.len(), elements);
            Ok(Received { weight, bytes: self.codec.counted(bytes)? })
        });
        Ok(Some(received))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}
