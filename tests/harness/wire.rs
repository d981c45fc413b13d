//! HTTP/1.1 by hand over one connection: for load that costs little and for requests that no
//! well-behaved client sends.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HEADERS_MAX: usize = 48;

/// A kept-alive connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    used: usize,
}

/// An answer; its body is [`Wire::body`] until the next exchange.
#[derive(Debug, Clone, Copy)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Where the body begins in the buffer.
    start: usize,
    /// Where it ends.
    end: usize,
}

enum Length {
    Known(usize),
    Chunked,
}

impl Wire {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens there.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(8 << 10), used: 0 })
    }

    /// The connection itself, for what is not HTTP.
    pub fn stream(&mut self) -> &mut TcpStream {
        &mut self.stream
    }

    /// Sends a whole request and reads the whole answer.
    ///
    /// # Errors
    /// If the connection breaks or the answer is not HTTP.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Reply> {
        self.stream.write_all(request).await?;
        self.answer().await
    }

    /// Reads the next answer.
    ///
    /// # Errors
    /// If the connection breaks or the answer is not HTTP.
    pub async fn answer(&mut self) -> Result<Reply> {
        self.buffer.drain(..self.used);
        self.used = 0;
        loop {
            if let Some((status, start, length)) = self.head()? {
                let end = self.read_body(start, length).await?;
                self.used = end.1;
                return Ok(Reply { status, start, end: end.0 });
            }
            self.more().await?;
        }
    }

    /// The body of the last answer.
    #[must_use]
    pub fn body(&self, reply: Reply) -> &[u8] {
        &self.buffer[reply.start..reply.end]
    }

    fn head(&self) -> Result<Option<(u16, usize, Length)>> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        let parsed = response.parse(&self.buffer).map_err(|e| Error::other(format!("{e}")))?;
        let httparse::Status::Complete(start) = parsed else {
            return Ok(None);
        };
        let status = response.code.unwrap_or_default();
        let bodiless = status == 204 || status == 304 || status < 200;
        let length = if bodiless { Length::Known(0) } else { length_of(response.headers) };
        Ok(Some((status, start, length)))
    }

    /// Where the body ends, and where the answer does. Chunks are joined in place.
    async fn read_body(&mut self, start: usize, length: Length) -> Result<(usize, usize)> {
        if let Length::Known(size) = length {
            while self.buffer.len() < start + size {
                self.more().await?;
            }
            return Ok((start + size, start + size));
        }
        let (mut joined, mut next) = (start, start);
        loop {
            let (size, data) = self.chunk_size(next).await?;
            while self.buffer.len() < data + size + 2 {
                self.more().await?;
            }
            self.buffer.copy_within(data..data + size, joined);
            (joined, next) = (joined + size, data + size + 2);
            if size == 0 {
                return Ok((joined, next));
            }
        }
    }

    async fn chunk_size(&mut self, at: usize) -> Result<(usize, usize)> {
        loop {
            match httparse::parse_chunk_size(&self.buffer[at..]) {
                Ok(httparse::Status::Complete((skip, size))) => {
                    let size = usize::try_from(size).map_err(Error::other)?;
                    return Ok((size, at + skip));
                }
                Ok(httparse::Status::Partial) => self.more().await?,
                Err(_) => return Err(Error::other("a chunk without a size")),
            }
        }
    }

    async fn more(&mut self) -> Result<()> {
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

fn length_of(headers: &[httparse::Header<'_>]) -> Length {
    let value = |name: &str| {
        let found = headers.iter().find(|h| h.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(found.value).ok()
    };
    match value("transfer-encoding") {
        Some(coding) if coding.contains("chunked") => Length::Chunked,
        _ => Length::Known(value("content-length").and_then(|v| v.parse().ok()).unwrap_or(0)),
    }
}
