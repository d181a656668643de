//! A Greenroom within the test's own process.

use std::any::Any;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Once;

use greenroom::app::App;
use greenroom::cli::Flags;
use greenroom::config::Config;
use tempfile::TempDir;

use super::Host;

/// The very application that `main` runs, on a free port, with its own directory.
pub(crate) struct Server {
    app: Option<App>,
    config: Config,
    dir: TempDir,
}

impl Server {
    /// Without limits of pace: tests say more in a second than people do.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// With the limits that hold where nothing is said.
    pub(crate) async fn start_with_limits() -> Self {
        Self::start_with(|config| config.no_limits = false).await
    }

    /// Starts one that is configured otherwise.
    pub(crate) async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        keep_wanted_panics_quiet();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        let flags = Flags { listen, data: Some(dir.path().join("data")), no_limits: Some(true), ..Flags::default() };
        let mut config = Config::from(flags).expect("flags alone are a configuration");
        configure(&mut config);
        let app = App::start(&config).await.expect("the server starts");
        config.listen = app.address();
        Self { app: Some(app), config, dir }
    }

    /// Where it keeps its data.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Stops in order, and starts again on the same directory and port.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.app = Some(App::start(&self.config).await.expect("the server starts again"));
    }

    /// Changes its configuration; a restart brings it about.
    pub(crate) fn configure(&mut self, configure: impl FnOnce(&mut Config)) {
        configure(&mut self.config);
    }

    /// Stops in order.
    pub(crate) async fn stop(&mut self) {
        let app = self.app.take().expect("it runs");
        assert!(app.stop().await, "all of it stops in time");
    }

    /// Sends an actor a message whose handler panics.
    pub(crate) async fn crash(&self, actor: &str) {
        assert!(self.app().engine().lab().crash(actor).await, "{actor} is alive before it is crashed");
    }

    /// A living room as an observer sees it.
    pub(crate) async fn look(&self, room: &str) -> Option<greenroom_actors::RoomSnapshot> {
        self.app().engine().lab().room(&super::room(room)).await
    }

    pub(crate) fn app(&self) -> &App {
        self.app.as_ref().expect("it runs")
    }
}

impl Host for Server {
    fn address(&self) -> SocketAddr {
        self.config.listen
    }
}

/// The panics that the fault laboratory causes are the point of a test, not its failure.
fn keep_wanted_panics_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let said: &(dyn Any + Send) = panic.payload();
            if said.downcast_ref::<&str>() != Some(&"crashed by the fault laboratory") {
                usual(panic);
            }
        }));
    });
}
