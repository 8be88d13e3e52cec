//! A service that answers what a test says, behind a layer.

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use once_again::http::{AnswerBody, IdempotencyLayer, RequestBody};
use once_again::storage::{Applied, MemoryStore, OpKind, Store, StoreError, StoreOp};
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::sync::watch;
use tower::util::BoxCloneSyncService;
use tower::{Layer, ServiceExt, service_fn};

pub(crate) type Asked = Request<RequestBody<Full<Bytes>>>;
pub(crate) type Answered = Result<Response<Pieces>, io::Error>;

/// A service behind a layer.
#[derive(Clone)]
pub(crate) struct Server {
    service: BoxCloneSyncService<Request<Full<Bytes>>, Response<AnswerBody<Pieces>>, io::Error>,
    runs: Arc<AtomicU32>,
}

impl Server {
    pub(crate) fn new<H, F>(layer: &IdempotencyLayer, handler: H) -> Self
    where
        H: Fn(u32, Asked) -> F + Clone + Send + Sync + 'static,
        F: Future<Output = Answered> + Send + 'static,
    {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = runs.clone();
        let inner = service_fn(move |request| handler(counted.fetch_add(1, Ordering::SeqCst) + 1, request));
        Self { service: BoxCloneSyncService::new(layer.layer(inner)), runs }
    }

    /// Answers the number of the run, as text.
    pub(crate) fn counting(layer: &IdempotencyLayer) -> Self {
        Self::new(layer, async |run, _| Ok(answer(&run.to_string())))
    }

    /// How many handlers have begun.
    pub(crate) fn runs(&self) -> u32 {
        self.runs.load(Ordering::SeqCst)
    }

    pub(crate) async fn try_ask(
        &self,
        request: Request<Full<Bytes>>,
    ) -> io::Result<Response<AnswerBody<Pieces>>> {
        self.service.clone().oneshot(request).await
    }

    /// The answer's head, and its body as text.
    pub(crate) async fn ask(&self, request: Request<Full<Bytes>>) -> (http::response::Parts, String) {
        let (head, body) = self.try_ask(request).await.unwrap().into_parts();
        (head, text(body).await)
    }
}

pub(crate) async fn text<B: Body<Data = Bytes, Error: std::fmt::Debug>>(body: B) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// A POST under a key.
pub(crate) fn post(key: &str) -> Request<Full<Bytes>> {
    post_of(key, "{}")
}

pub(crate) fn post_of(key: &str, body: &str) -> Request<Full<Bytes>> {
    let request =
        Request::post("/orders").header("idempotency-key", key).header("content-type", "application/json");
    request.body(Full::from(body.to_owned())).unwrap()
}

pub(crate) fn header<'a>(head: &'a http::response::Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name).map(|value| value.to_str().unwrap())
}

/// The `type` of a problem.
pub(crate) fn problem(body: &str) -> String {
    let problem: serde_json::Value = serde_json::from_str(body).unwrap();
    problem["type"].as_str().unwrap().into()
}

/// One piece of a body.
pub(crate) type Piece = Result<Frame<Bytes>, io::Error>;

/// A body that a test hands out piece by piece: those it has, and those that come.
pub(crate) struct Pieces {
    ready: VecDeque<Piece>,
    coming: Option<tokio::sync::mpsc::UnboundedReceiver<Piece>>,
    length: Option<u64>,
    panics: bool,
}

pub(crate) fn answer(text: &str) -> Response<Pieces> {
    let bytes = Bytes::from(text.to_owned());
    let length = Some(bytes.len() as u64);
    Response::new(Pieces { ready: [Ok(Frame::data(bytes))].into(), coming: None, length, panics: false })
}

#[expect(clippy::unnecessary_wraps, reason = "what a body hands out")]
pub(crate) fn piece(text: &'static str) -> Piece {
    Ok(Frame::data(Bytes::from_static(text.as_bytes())))
}

/// All of these pieces at once, without a length.
pub(crate) fn pieces(pieces: impl IntoIterator<Item = Piece>) -> Response<Pieces> {
    Response::new(Pieces { ready: pieces.into_iter().collect(), coming: None, length: None, panics: false })
}

/// The same, and where it should end it panics.
pub(crate) fn panicking(ready: &[&'static str]) -> Response<Pieces> {
    pieces(ready.iter().map(|text| piece(text))).map(|body| Pieces { panics: true, ..body })
}

/// A body whose pieces the test sends.
pub(crate) fn coming() -> (tokio::sync::mpsc::UnboundedSender<Piece>, Response<Pieces>) {
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    (
        sender,
        Response::new(Pieces { ready: VecDeque::new(), coming: Some(receiver), length: None, panics: false }),
    )
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Piece>> {
        match (self.ready.pop_front(), &mut self.coming) {
            (Some(piece), _) => Poll::Ready(Some(piece)),
            (None, Some(coming)) => coming.poll_recv(context),
            (None, None) => {
                assert!(!self.panics, "the body panics");
                Poll::Ready(None)
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::new, SizeHint::with_exact)
    }
}

/// A memory store in front of which operations of some kinds wait, or fail, until the test lets them through.
#[derive(Clone)]
pub(crate) struct Gate {
    store: MemoryStore,
    closed: watch::Sender<Vec<OpKind>>,
    fails: Arc<Mutex<bool>>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { store: MemoryStore::default(), closed: watch::Sender::new(Vec::new()), fails: Arc::default() }
    }

    /// Operations of these kinds wait.
    pub(crate) fn close(&self, kinds: &[OpKind]) {
        self.closed.send_replace(kinds.to_vec());
    }

    pub(crate) fn open(&self) {
        self.close(&[]);
    }

    /// Whether every operation fails.
    pub(crate) fn fail(&self, fails: bool) {
        *self.fails.lock().unwrap() = fails;
    }
}

impl Store for Gate {
    fn apply(&self, op: StoreOp) -> Applied<'_> {
        Box::pin(async move {
            let mut closed = self.closed.subscribe();
            let kind = op.kind();
            let open = closed.wait_for(|kinds| !kinds.contains(&kind)).await;
            drop(open.map_err(StoreError::unavailable)?);
            if *self.fails.lock().unwrap() {
                return Err(StoreError::because("the test took it away"));
            }
            self.store.apply(op).await
        })
    }
}
