//! An endpoint that answers what a test wants: KMS as it never is, or with values that are known.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::CertificateParams;
use rustls::pki_types::PrivateKeyDer;

/// What is answered to a request.
pub(crate) enum Answer {
    /// With status 200.
    Json(String),
    Status(u16, String),
    /// The same, with a Date.
    Dated(String, u16, String),
    /// A token of the metadata service of a machine, with the time that it is good for.
    Token(String),
    /// A body of JSON that never ends, as fast as it is taken.
    Endless,
    /// The beginning of a body, and then a space every 50 ms.
    Drops,
    /// Nothing, and the connection stays open.
    Silence,
    /// The connection is closed after half of the body.
    Half,
}

/// A request.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// `GET /path HTTP/1.1`.
    pub line: String,
    /// By name in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
    /// `ListKeys`, or the Action of STS's query protocol; empty for others.
    pub operation: String,
}

impl Asked {
    /// The access key that signed it; empty for none.
    pub(crate) fn signed_by(&self) -> &str {
        let header = self.headers.get("authorization");
        let scope = header.and_then(|text| text.split_once("Credential="));
        scope
            .and_then(|(_, scope)| scope.split('/').next())
            .unwrap_or_default()
    }

    /// A parameter of the query protocol.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = self.body.split('&').filter_map(|pair| pair.split_once('='));
        let mut found = pairs.filter(|(found, _)| *found == name);
        Some(found.next()?.1.replace("%3A", ":").replace("%2F", "/"))
    }
}

/// How a test answers.
type Answers = dyn Fn(&Asked) -> Answer + Send + Sync;

/// Serves for as long as the test runs; the URL.
pub(crate) fn serve(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> String {
    let address = listen(move |stream| {
        connection(stream, &answer);
    });
    format!("http://{address}")
}

/// Like [`serve`], over TLS: the URL, and the PEM certificate that is to be trusted.
pub(crate) fn serve_tls(
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (String, String) {
    let names = ["127.0.0.1".to_owned()];
    serve_certified(CertificateParams::new(names).expect("names"), answer)
}

/// Like [`serve_tls`], with another certificate.
pub(crate) fn serve_certified(
    certificate: CertificateParams,
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (String, String) {
    let key = rcgen::KeyPair::generate().expect("a key");
    let made = certificate.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("its key");
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .expect("TLS 1.2 and 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![made.der().clone()], key)
        .expect("a certificate that fits its key");
    let config = Arc::new(config);
    let address = listen(move |stream| {
        let session = rustls::ServerConnection::new(config.clone()).expect("a session");
        connection(rustls::StreamOwned::new(session, stream), &answer);
    });
    (format!("https://{address}"), made.pem())
}

pub(crate) fn listen(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    address
}

/// Until the client goes away.
fn connection(stream: impl Read + Write, answer: &Answers) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut asked = Asked::default();
        reader
            .read_line(&mut asked.line)
            .ok()
            .filter(|read| *read > 0)?;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let Some((name, value)) = line.trim().split_once(':') else {
                break;
            };
            let name = name.to_ascii_lowercase();
            asked.headers.insert(name, value.trim().to_owned());
        }
        let length = asked.headers.get("content-length");
        let mut body = vec![0; length.map_or(Some(0), |length| length.parse().ok())?];
        reader.read_exact(&mut body).ok()?;
        asked.body = String::from_utf8_lossy(&body).into_owned();
        asked.operation = match asked.headers.get("x-amz-target") {
            Some(target) => target.rsplit('.').next()?.to_owned(),
            None => asked.parameter("Action").unwrap_or_default(),
        };
        let head = |status: u16, length: usize| {
            format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\n\r\n"
            )
        };
        let writer = reader.get_mut();
        match answer(&asked) {
            Answer::Json(text) => write!(writer, "{}{text}", head(200, text.len())).ok()?,
            Answer::Status(status, text) => {
                write!(writer, "{}{text}", head(status, text.len())).ok()?;
            }
            Answer::Token(token) => {
                let head = head(200, token.len());
                let ttl = "\r\nx-aws-ec2-metadata-token-ttl-seconds: 21600\r\n";
                write!(writer, "{}{token}", head.replacen("\r\n", ttl, 1)).ok()?;
            }
            Answer::Dated(date, status, text) => {
                let head = head(status, text.len());
                let head = head.replacen("\r\n", &format!("\r\ndate: {date}\r\n"), 1);
                write!(writer, "{head}{text}").ok()?;
            }
            Answer::Endless => {
                write!(writer, "{}{{\"Keys\":[", head(200, 1 << 40)).ok()?;
                let chunk = r#"{"KeyId":"k"},"#.repeat(4096);
                loop {
                    writer.write_all(chunk.as_bytes()).ok()?;
                }
            }
            Answer::Drops => {
                write!(writer, "{}{{", head(200, 1 << 20)).ok()?;
                loop {
                    writer.write_all(b" ").ok()?;
                    thread::sleep(Duration::from_millis(50));
                }
            }
            Answer::Silence => {
                // Until the client goes.
                let _ = writer.read(&mut [0]);
                return None;
            }
            Answer::Half => {
                write!(writer, "{}{{\"Keys\":[", head(200, 1000)).ok()?;
                return None;
            }
        }
    }
}
