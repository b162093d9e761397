//! The real transport before servers on a loopback socket that misbehave.

use std::{future::Future, net::SocketAddr};

use http::StatusCode;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use tower::ServiceExt as _;

use super::*;

fn near(settings: HttpSettings) -> Transport {
    http(&HttpSettings {
        allow_private: true,
        ..settings
    })
    .expect("transport")
}

async fn get(transport: &Transport, url: String) -> Result<Response<Bytes>, TransportError> {
    let request = Request::get(url)
        .header("x-sent", "as is")
        .body(Bytes::new())
        .expect("request");
    transport.clone().oneshot(request).await
}

/// A server that reads the head of one request, then does as it likes.
async fn server<F: Future<Output = ()> + Send>(
    act: impl FnOnce(TcpStream, String) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("connection");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("request"));
        }
        act(stream, String::from_utf8(head).expect("text")).await;
    });
    address
}

async fn says(answer: &'static str) -> SocketAddr {
    server(async move |mut stream: TcpStream, _| {
        stream.write_all(answer.as_bytes()).await.expect("written");
    })
    .await
}

#[tokio::test]
async fn an_answer_comes_as_it_is() {
    let address = server(async |mut stream: TcpStream, head: String| {
        assert!(head.starts_with("GET /a%2Fb/?c=d HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("x-sent: as is\r\n"), "{head}");
        let answer = "HTTP/1.1 418 Teapot\r\nx-own: yes\r\ncontent-length: 3\r\n\r\nabc";
        stream.write_all(answer.as_bytes()).await.expect("written");
    })
    .await;
    let transport = near(HttpSettings::default());
    let answer = get(&transport, format!("http://{address}/a%2Fb/?c=d"))
        .await
        .expect("answer");
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.headers()["x-own"], "yes");
    assert_eq!(answer.body().as_ref(), b"abc");
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let address =
        says("HTTP/1.1 301 Moved\r\nlocation: /elsewhere/\r\ncontent-length: 0\r\n\r\n").await;
    let answer = get(&near(HttpSettings::default()), format!("http://{address}/")).await;
    assert_eq!(
        answer.expect("answer").status(),
        StatusCode::MOVED_PERMANENTLY
    );
}

#[tokio::test]
async fn what_was_not_sent_is_told_from_what_was_not_answered() {
    let transport = near(HttpSettings::default());
    let closed = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
        listener.local_addr().expect("address")
    };
    let refused = get(&transport, format!("http://{closed}/"))
        .await
        .expect_err("refused");
    assert!(
        matches!(&refused, TransportError::NotSent(why) if why.contains("refused")),
        "{refused}"
    );
    // hangs up on the handshake of TLS: the request itself was not sent
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let plain = listener.local_addr().expect("address");
    let hangs_up = tokio::spawn(async move { listener.accept().await.map(drop) });
    let no_tls = get(&transport, format!("https://{plain}/"))
        .await
        .expect_err("no TLS");
    assert!(matches!(no_tls, TransportError::NotSent(_)), "{no_tls}");
    hangs_up.await.expect("task").expect("connection");
    let hangs_up = server(async |stream: TcpStream, _| drop(stream)).await;
    let half = says("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nten bytes.").await;
    let nonsense = says("SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
    for address in [hangs_up, half, nonsense] {
        let failed = get(&transport, format!("http://{address}/"))
            .await
            .expect_err("no answer");
        assert!(matches!(failed, TransportError::Unanswered(_)), "{failed}");
        assert!(!failed.to_string().contains("127.0.0.1"), "{failed}");
    }
}

#[tokio::test]
async fn silence_and_dribble_end() {
    let transport = near(HttpSettings {
        total_timeout: Duration::from_millis(200),
        ..HttpSettings::default()
    });
    let silent = server(async |mut stream: TcpStream, _| {
        // until the client hangs up
        let _ = stream.read_u8().await;
    })
    .await;
    let dribbling = server(async |mut stream: TcpStream, _| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
        let mut going = stream.write_all(head.as_bytes()).await;
        while going.is_ok() {
            going = stream.write_all(b"x").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    for address in [silent, dribbling] {
        let failed = get(&transport, format!("http://{address}/"))
            .await
            .expect_err("too slow");
        assert!(
            matches!(&failed, TransportError::Unanswered(why) if why.contains("too long")),
            "{failed}"
        );
    }
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let address = server(async |mut stream: TcpStream, _| {
        let mut going = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        let chunk = vec![b' '; 1024 * 1024];
        while going.is_ok() {
            going = stream.write_all(&chunk).await;
        }
    })
    .await;
    let failed = get(&near(HttpSettings::default()), format!("http://{address}/")).await;
    assert_eq!(failed.expect_err("too large"), TransportError::TooLarge);
}

#[tokio::test]
async fn private_addresses_are_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("port");
    let port = listener.local_addr().expect("address").port();
    let transport = http(&HttpSettings::default()).expect("transport");
    for host in ["127.0.0.1", "[::ffff:127.0.0.1]", "localhost"] {
        let failed = get(&transport, format!("http://{host}:{port}/"))
            .await
            .expect_err(host);
        assert!(
            matches!(&failed, TransportError::Barred(why) if why.contains("public internet")),
            "{host}: {failed}"
        );
    }
    // a name that leads here is seen through when it is resolved
    let name = || "localhost".parse::<Name>().expect("name");
    let resolved = Checked {
        allow_private: false,
    }
    .resolve(name())
    .await;
    assert!(
        resolved
            .err()
            .expect("nothing public")
            .is::<NothingPublic>()
    );
    let resolved = Checked {
        allow_private: true,
    }
    .resolve(name())
    .await;
    assert!(
        resolved
            .expect("addresses")
            .all(|address| address.ip().is_loopback())
    );
    let nobody = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
    assert!(nobody.is_err(), "somebody connected");
}
