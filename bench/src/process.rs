//! Programs started for the run, each stopped again by its own process ID, and what processes cost in CPU.

use std::fs;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A program that runs until this is dropped.
pub struct Program {
    pub child: Child,
    stop: Signal,
}

impl Program {
    /// Starts a program that ends in good order on the given signal.
    pub fn start(command: &mut Command, stop: Signal) -> Result<Self> {
        let child = command.spawn().with_context(|| format!("{:?} cannot be started", command.get_program()))?;
        Ok(Self { child, stop })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // One that has ended and was reaped has no process any more that could be signalled.
        if let (Ok(None), Ok(pid)) = (self.child.try_wait(), i32::try_from(self.child.id())) {
            let _ = kill(Pid::from_raw(pid), self.stop);
            let _ = self.child.wait();
        }
    }
}

/// Linux counts CPU time for `/proc` in hundredths of a second, independent of its own clock.
const TICK: Duration = Duration::from_millis(10);

struct Stat {
    parent: u32,
    own: u32,
    /// Of children that ended.
    reaped: u32,
}

fn stat(pid: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in parentheses, may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let field = |index: usize| fields.get(index)?.parse::<u32>().ok();
    Some(Stat { parent: field(1)?, own: field(11)? + field(12)?, reaped: field(13)? + field(14)? })
}

/// CPU time of a process.
pub fn cpu(pid: u32) -> Duration {
    stat(&pid.to_string()).map_or(Duration::ZERO, |stat| TICK * stat.own)
}

/// CPU time of a process and its children, those that ended included.
pub fn cpu_with_children(pid: u32) -> Duration {
    let Some(own) = stat(&pid.to_string()) else { return Duration::ZERO };
    let children: u32 = children(pid).map(|stat| stat.own).sum();
    TICK * (own.own + own.reaped + children)
}

/// How many children a process has.
pub fn count_children(pid: u32) -> usize {
    children(pid).count()
}

/// The process IDs of the children.
pub fn child_pids(pid: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| stat(&id.to_string()).is_some_and(|stat| stat.parent == pid)).collect()
}

/// How many descriptors a process has open.
pub fn descriptors(pid: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{pid}/fd"))?.count())
}

/// How many connections to a port of this machine are established.
pub fn connections(port: u16) -> Result<usize> {
    const ESTABLISHED: &str = "01";
    let text = fs::read_to_string("/proc/net/tcp")?;
    let local = format!(":{port:04X}");
    let is_ours = |line: &&str| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        columns.get(1).is_some_and(|address| address.ends_with(&local)) && columns.get(3) == Some(&ESTABLISHED)
    };
    Ok(text.lines().filter(is_ours).count())
}

fn children(pid: u32) -> impl Iterator<Item = Stat> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| stat(entry.file_name().to_str()?)).filter(move |stat| stat.parent == pid)
}

/// CPU time of this process.
pub fn cpu_of_self() -> Duration {
    cpu(std::process::id())
}

/// CPU time of the children of this process that ended.
pub fn cpu_of_ended_children() -> Duration {
    stat("self").map_or(Duration::ZERO, |stat| TICK * stat.reaped)
}

/// CPU time of everything on the machine, and the time stolen by its host.
pub fn cpu_of_machine() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u32> =
        text.lines().next().unwrap_or_default().split_whitespace().skip(1).flat_map(str::parse).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal
    let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|&index| fields.get(index)).sum::<u32>();
    TICK * busy
}

/// The memory of a process that is resident, in bytes.
pub fn memory(pid: u32) -> Result<u64> {
    memory_line(pid, "VmRSS:")
}

/// The most of it that there was since [`forget_peak`].
pub fn peak_memory(pid: u32) -> Result<u64> {
    memory_line(pid, "VmHWM:")
}

/// Resets the peak to the current value.
pub fn forget_peak(pid: u32) -> Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").context("the peak of memory cannot be reset")
}

fn memory_line(pid: u32, name: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB"));
    Ok(line.with_context(|| format!("no {name} in the status of {pid}"))?.parse::<u64>()? * 1024)
}
