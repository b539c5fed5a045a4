//! A child process that ends with us.
//!
//! Linux sends the parent-death signal when the *thread* that spawned the child ends, and a runtime's threads are
//! short-lived. So every child has a thread of its own, which spawns it, waits for it, and lives exactly as long.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::thread;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::sync::{oneshot, watch};

#[derive(Debug)]
pub struct Process {
    pid: u32,
    exit: watch::Receiver<Option<Exit>>,
}

#[derive(Debug, Clone)]
pub struct Exit {
    pub success: bool,
    /// Such as `signal: 9 (SIGKILL)`.
    pub text: String,
}

impl Process {
    /// Spawns the command in a process group of its own, out of reach of the terminal's Ctrl-C.
    pub async fn spawn(mut command: Command, on_parent_death: Signal) -> io::Result<Self> {
        command.process_group(0);
        end_with_parent(&mut command, on_parent_death);

        let (started, start) = oneshot::channel();
        let (ended, exit) = watch::channel(None);
        thread::Builder::new().name("postgres".to_owned()).spawn(move || {
            let mut child = match command.spawn() {
                Ok(child) => child,
                Err(error) => {
                    let _ = started.send(Err(error));
                    return;
                }
            };
            // Nobody waits any more, so nobody would stop it.
            if started.send(Ok(child.id())).is_err() {
                send(child.id(), Signal::SIGINT);
            }
            ended.send_replace(Some(wait(&mut child)));
        })?;
        let pid = start.await.map_err(io::Error::other)??;
        Ok(Self { pid, exit })
    }

    pub fn id(&self) -> u32 {
        self.pid
    }

    /// Completes when the process has ended; can be called repeatedly.
    pub async fn ended(&mut self) -> Exit {
        let exit = self.exit.wait_for(Option::is_some).await.ok().and_then(|exit| exit.clone());
        exit.unwrap_or_else(|| Exit { success: false, text: "its thread ended".to_owned() })
    }

    /// Does nothing once the process has ended: another process may have its number by then.
    pub fn signal(&self, signal: Signal) {
        if self.exit.borrow().is_none() {
            send(self.pid, signal);
        }
    }
}

/// An abandoned start, by its caller or by an error, leaves nothing running.
impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::SIGINT);
    }
}

fn send(pid: u32, signal: Signal) {
    if let Ok(pid) = i32::try_from(pid) {
        // It may have ended already.
        let _ = kill(Pid::from_raw(pid), signal);
    }
}

fn wait(child: &mut Child) -> Exit {
    let result = child.wait();
    Exit {
        success: result.as_ref().is_ok_and(ExitStatus::success),
        text: result.map_or_else(|error| error.to_string(), |status| status.to_string()),
    }
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "the standard library offers no other way to run code between fork and exec")]
fn end_with_parent(command: &mut Command, signal: Signal) {
    let parent = Pid::this();
    let set_signal = move || {
        // A shell lets what it starts in the background ignore SIGINT, and children inherit that; this child must
        // react to it. SAFETY: the default action runs no code of ours.
        unsafe { nix::sys::signal::signal(Signal::SIGINT, nix::sys::signal::SigHandler::SigDfl)? };
        // The hook runs after the change of user, which would reset the setting.
        nix::sys::prctl::set_pdeathsig(signal)?;
        // A parent that died before the setting sends nothing.
        if Pid::parent() == parent { Ok(()) } else { Err(nix::errno::Errno::ESRCH.into()) }
    };
    // SAFETY: the closure makes system calls only; it neither allocates nor takes a lock.
    unsafe {
        command.pre_exec(set_signal);
    }
}

/// Elsewhere an orphan is found and stopped by the next start.
#[cfg(not(target_os = "linux"))]
fn end_with_parent(_command: &mut Command, _signal: Signal) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_end_of_a_process_is_reported_with_its_reason() {
        let mut command = Command::new("sh");
        command.args(["-c", "exit 3"]);
        let exit = Process::spawn(command, Signal::SIGKILL).await.unwrap().ended().await;
        assert!(!exit.success);
        assert_eq!(exit.text, "exit status: 3");
        assert!(Process::spawn(Command::new("/nonexistent"), Signal::SIGKILL).await.is_err());
    }

    #[tokio::test]
    async fn a_dropped_process_is_stopped() {
        let mut command = Command::new("sleep");
        command.arg("600");
        let process = Process::spawn(command, Signal::SIGKILL).await.unwrap();
        let mut exit = process.exit.clone();
        drop(process);
        let exit = exit.wait_for(Option::is_some).await.unwrap().clone().unwrap();
        assert_eq!(exit.text, "signal: 2 (SIGINT)");
    }
}
