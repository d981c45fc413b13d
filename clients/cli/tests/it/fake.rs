//! A hub over real TCP that answers each rpc as it is told to.

use axum::Router;
use axum::extract::Request;
use axum::http::Response;
use axum::serve::ListenerExt;
use futures::future::BoxFuture;
use otactl::Streams;
use otahub_client::proto::{
    Artifact, DownloadArtifactRequest, DownloadArtifactResponse, UploadArtifactRequest,
};
use std::collections::HashMap;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tonic::body::Body;
use tonic::server::Grpc;
use tonic::{Code, Status, Streaming};
use tonic_prost::ProstCodec;
use tonic_types::{ErrorDetails, StatusExt};
use tower::service_fn;

type Handler = Arc<dyn Fn(Request) -> BoxFuture<'static, Response<Body>> + Send + Sync>;

/// A hub in the making.
#[derive(Default)]
pub(crate) struct Fake {
    handlers: HashMap<&'static str, Handler>,
}

/// A hub that answers.
pub(crate) struct Running {
    pub(crate) url: String,
    /// Path and credential of every call.
    pub(crate) calls: Arc<Mutex<Vec<(String, String)>>>,
}

impl Fake {
    /// Answers `path` (`TargetService/GetTarget`) with what `answer` says.
    pub(crate) fn unary<Q, A>(
        mut self,
        path: &'static str,
        answer: impl Fn(Q) -> Result<A, Status> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: prost::Message + Default + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        let handler: Handler = Arc::new(move |request| {
            let answer = answer.clone();
            Box::pin(async move {
                let service = service_fn(move |q: tonic::Request<Q>| {
                    std::future::ready(answer(q.into_inner()).map(tonic::Response::new))
                });
                let codec = ProstCodec::<A, Q>::default();
                Grpc::new(codec).unary(service, request).await
            })
        });
        self.handlers.insert(path, handler);
        self
    }

    /// Answers `path` with the messages that `tell` says, and ends with the first refusal.
    pub(crate) fn stream<Q, A>(
        mut self,
        path: &'static str,
        tell: impl Fn(Q) -> Vec<Result<A, Status>> + Clone + Send + Sync + 'static,
    ) -> Self
    where
        Q: prost::Message + Default + Send + Sync + 'static,
        A: prost::Message + Default + Send + Sync + 'static,
    {
        let handler: Handler = Arc::new(move |request| {
            let tell = tell.clone();
            Box::pin(async move {
                let service = service_fn(move |q: tonic::Request<Q>| {
                    let stream = futures::stream::iter(tell(q.into_inner()));
                    std::future::ready(Ok::<_, Status>(tonic::Response::new(stream)))
                });
                let codec = ProstCodec::<A, Q>::default();
                Grpc::new(codec).server_streaming(service, request).await
            })
        });
        self.handlers.insert(path, handler);
        self
    }

    /// Takes uploads.
    pub(crate) fn upload<F, R>(mut self, take: F) -> Self
    where
        F: Fn(Streaming<UploadArtifactRequest>) -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<Artifact, Status>> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |request| {
            let take = take.clone();
            Box::pin(async move {
                let service =
                    service_fn(move |q: tonic::Request<Streaming<UploadArtifactRequest>>| {
                        let taken = take(q.into_inner());
                        async move { taken.await.map(tonic::Response::new) }
                    });
                let codec = ProstCodec::<Artifact, UploadArtifactRequest>::default();
                Grpc::new(codec).client_streaming(service, request).await
            })
        });
        self.handlers.insert("SoftwareService/UploadArtifact", handler);
        self
    }

    /// Gives downloads: the pieces that `give` says.
    pub(crate) fn download(
        self,
        give: impl Fn(DownloadArtifactRequest) -> Vec<Result<Vec<u8>, Status>>
        + Clone
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.stream("SoftwareService/DownloadArtifact", move |q: DownloadArtifactRequest| {
            let piece = |data: Vec<u8>| DownloadArtifactResponse { data: data.into() };
            give(q).into_iter().map(|given| given.map(piece)).collect()
        })
    }

    /// Starts to answer.
    pub(crate) async fn start(self) -> Running {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(Mutex::new(Vec::new()));
        let (log, handlers) = (Arc::clone(&calls), Arc::new(self.handlers));
        let app = Router::new().fallback(move |request: Request| {
            let path = request.uri().path().trim_start_matches("/otahub.v1.").to_owned();
            let credential = request.headers().get("authorization");
            let credential = credential.map(|v| v.to_str().unwrap().to_owned());
            log.lock().unwrap().push((path.clone(), credential.unwrap_or_default()));
            let handler = handlers.get(path.as_str()).cloned();
            async move {
                match handler {
                    Some(handler) => handler(request).await,
                    None => Status::unimplemented(format!("{path} is not scripted")).into_http(),
                }
            }
        });
        let listener = listener.tap_io(|tcp| tcp.set_nodelay(true).unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Running { url, calls }
    }
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Running {
    pub(crate) async fn run(&self, args: &[&str]) -> Ran {
        run(&[&["--hub", self.url.as_str()], args].concat()).await
    }

    pub(crate) async fn json(&self, args: &[&str]) -> serde_json::Value {
        let ran = self.run(&[&["--output", "json"], args].concat()).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        serde_json::from_str(&ran.out).unwrap()
    }
}

/// Runs a command.
pub(crate) async fn run(args: &[&str]) -> Ran {
    let (out, err) = (Buffer::default(), Buffer::default());
    let streams = Streams { out: Box::new(out.clone()), err: Box::new(err.clone()) };
    let args = ["otactl"].iter().chain(args).map(|arg| arg.into());
    let code = otactl::run(args, streams).await;
    Ran { code, out: out.text(), err: err.text() }
}

/// A refusal as the hub sends it.
pub(crate) fn refusal(code: Code, reason: &str, message: &str) -> Status {
    let details =
        ErrorDetails::with_error_info(reason, "otahub.dev", HashMap::<String, String>::new());
    Status::with_error_details(code, message, details)
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
