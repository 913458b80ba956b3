//! What a run is doing, on standard error, where somebody may be waiting for it: one line, drawn over.

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::report::one_line;

/// How long a run may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);
/// Back to the first column, and nothing right of it.
const CLEAR: &str = "\r\u{1b}[K";

/// Says what is being done. When it is dropped, its line is gone.
pub struct Progress {
    line: Option<(Sender<String>, JoinHandle<()>)>,
}

impl Progress {
    /// Starts; silent where standard error is no terminal that can clear a line, or nothing is to be said.
    pub fn start(quiet: bool) -> Self {
        let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
        if quiet || dumb || !std::io::stderr().is_terminal() {
            return Self { line: None };
        }
        let width = terminal_size::terminal_size_of(std::io::stderr()).map_or(80, |(width, _)| usize::from(width.0));
        Self::drawn(std::io::stderr(), width, PATIENCE)
    }

    fn drawn(out: impl Write + Send + 'static, width: usize, patience: Duration) -> Self {
        let (sender, receiver) = channel();
        let thread = std::thread::spawn(move || draw(out, &receiver, width, patience));
        Self { line: Some((sender, thread)) }
    }

    /// Says what is being done now.
    pub fn say(&self, what: impl FnOnce() -> String) {
        if let Some((sender, _)) = &self.line {
            // The other end may be gone only with the thread, and then nobody reads.
            let _ = sender.send(what());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.line.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

/// Draws the last line that came, once patience is over, until nothing can come any more.
fn draw(mut out: impl Write, lines: &Receiver<String>, width: usize, patience: Duration) {
    let started = Instant::now();
    let (mut line, mut is_drawn) = (String::new(), false);
    loop {
        let wait = if is_drawn { Duration::from_secs(3600) } else { patience.saturating_sub(started.elapsed()) };
        match lines.recv_timeout(wait) {
            Ok(next) => line = one_line(&next).chars().take(width.saturating_sub(1)).collect(),
            Err(RecvTimeoutError::Timeout) => is_drawn = true,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if is_drawn {
            let _ = write!(out, "{CLEAR}{line}").and_then(|()| out.flush());
        }
    }
    if is_drawn {
        let _ = write!(out, "{CLEAR}").and_then(|()| out.flush());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);

    impl Screen {
        fn shown(&self) -> String {
            String::from_utf8(self.0.lock().expect("no panic").clone()).expect("UTF-8")
        }
    }

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_short_run_says_nothing() {
        let screen = Screen::default();
        let progress = Progress::drawn(screen.clone(), 80, Duration::from_secs(60));
        progress.say(|| "reading".to_owned());
        drop(progress);
        assert_eq!(screen.shown(), "");
    }

    #[test]
    fn a_long_one_draws_one_line_within_the_terminal_and_clears_it() {
        let screen = Screen::default();
        let progress = Progress::drawn(screen.clone(), 8, Duration::ZERO);
        progress.say(|| "reading a\u{1b}[31m topology".to_owned());
        while !screen.shown().contains("reading") {
            std::thread::yield_now();
        }
        drop(progress);
        let shown = screen.shown();
        assert!(shown.ends_with(&format!("{CLEAR}reading{CLEAR}")), "{shown:?}");
        assert!(!shown.contains('\n'), "{shown:?}");
    }
}
