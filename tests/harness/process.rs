//! A child process whose words are kept and whose end is certain.

use rustix::process::{Pid, Signal, kill_process};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

type Lines = Arc<Mutex<Vec<String>>>;

/// A running child. Killed when dropped.
#[derive(Debug)]
pub struct Process {
    child: Child,
    pid: u32,
    out: Lines,
    err: Lines,
    seen: watch::Receiver<usize>,
    readers: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts `command` and reads what it prints.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn().expect("the program starts");
        let (out, err) = (Lines::default(), Lines::default());
        let (tell, seen) = watch::channel(0);
        let stdout = child.stdout.take().expect("stdout is piped");
        let stderr = child.stderr.take().expect("stderr is piped");
        let readers = vec![
            tokio::spawn(read(stdout, out.clone(), Some(tell))),
            tokio::spawn(read(stderr, err.clone(), None)),
        ];
        let pid = child.id().expect("a child that was just started has an id");
        Self { child, pid, out, err, seen, readers }
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Waits until a line equal to `line` stands on stdout; false if stdout ends without it.
    pub async fn says(&mut self, line: &str) -> bool {
        loop {
            self.seen.borrow_and_update();
            if self.stdout().iter().any(|l| l.trim() == line) {
                return true;
            }
            if self.seen.changed().await.is_err() {
                return self.stdout().iter().any(|l| l.trim() == line);
            }
        }
    }

    /// What it said on stdout so far.
    ///
    /// # Panics
    /// If a reader panicked.
    #[must_use]
    pub fn stdout(&self) -> Vec<String> {
        self.out.lock().expect("no reader panics").clone()
    }

    /// What it said on stderr so far.
    ///
    /// # Panics
    /// If a reader panicked.
    #[must_use]
    pub fn stderr(&self) -> Vec<String> {
        self.err.lock().expect("no reader panics").clone()
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// If the process is gone.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.pid).expect("ids are positive"));
        kill_process(pid.expect("ids are not 0"), signal).expect("the process is there");
    }

    /// Waits for its end, and for the last of its words; nothing after `limit`.
    ///
    /// # Panics
    /// If the system cannot tell.
    pub async fn ended(&mut self, limit: Duration) -> Option<ExitStatus> {
        let ended = timeout(limit, self.child.wait()).await.ok()?;
        let status = ended.expect("the child can be awaited");
        for reader in self.readers.drain(..) {
            let _ = timeout(Duration::from_secs(2), reader).await;
        }
        Some(status)
    }

    /// A line of `/proc/PID/status` in KiB, e.g. `VmHWM`.
    ///
    /// # Panics
    /// If the process is gone.
    #[must_use]
    pub fn memory_kib(&self, name: &str) -> u64 {
        let path = format!("/proc/{}/status", self.pid);
        let text = std::fs::read_to_string(path).expect("the process is there");
        let line = text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
        let digits = line.expect("the line is there").trim().trim_end_matches(" kB");
        digits.parse().expect("a number of kB")
    }

    /// CPU time spent so far, in user and kernel.
    ///
    /// # Panics
    /// If the process is gone.
    #[must_use]
    pub fn cpu(&self) -> Duration {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.pid));
        let text = text.expect("the process is there");
        let after_name = text.rsplit_once(") ").expect("the name stands in parentheses").1;
        let fields: Vec<&str> = after_name.split(' ').collect();
        let ticks: u64 = [11, 12].map(|i| fields[i].parse::<u64>().expect("ticks")).iter().sum();
        Duration::from_millis(ticks * 1000 / rustix::param::clock_ticks_per_second())
    }
}

async fn read(from: impl AsyncRead + Unpin, into: Lines, tell: Option<watch::Sender<usize>>) {
    let mut lines = BufReader::new(from).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let mut kept = into.lock().expect("no reader panics");
        kept.push(line);
        if let Some(tell) = &tell {
            tell.send_replace(kept.len());
        }
    }
}
