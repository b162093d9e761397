//! A client that costs next to nothing: bytes out, bytes in, over connections
//! that are kept.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// One connection that is kept.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(1 << 20),
        })
    }

    /// Sends a request and reads the answer. Gives its body.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some((head, length)) = head(&self.buffer)? {
                while self.buffer.len() < head + length {
                    ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "cut off");
                }
                return self.buffer.get(head..head + length).context("too short");
            }
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "cut off");
        }
    }
}

/// Where the body begins and how long it is, once the head is there.
fn head(bytes: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
    if !text.starts_with("HTTP/1.1 200") {
        bail!(
            "not what was asked for: {text}\n{}",
            String::from_utf8_lossy(bytes)
        );
    }
    let length = text
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .context("an answer without a length")?;
    Ok(Some((end + 4, length.1.parse()?)))
}

/// A POST as it goes over the wire.
pub(crate) fn post(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// Answers a second over some connections during `time`.
pub(crate) async fn rate(
    to: SocketAddr,
    request: &[u8],
    connections: usize,
    time: Duration,
) -> Result<f64> {
    let begin = Instant::now();
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let request = request.to_vec();
        asking.spawn(async move {
            let mut connection = Connection::open(to).await?;
            let mut count = 0u32;
            while begin.elapsed() < time {
                connection.ask(&request).await?;
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let mut count = 0;
    while let Some(asked) = asking.join_next().await {
        count += asked??;
    }
    Ok(f64::from(count) / begin.elapsed().as_secs_f64())
}
