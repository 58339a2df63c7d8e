//! How much of a core a process uses, and how much memory, from `/proc`.

use std::io;
use std::time::Instant;

/// A reading of one process.
#[derive(Debug, Clone, Copy)]
pub struct Cpu {
    at: Instant,
    ticks: u64,
}

impl Cpu {
    /// Reads user and system time of all its threads.
    ///
    /// # Errors
    /// The process is gone.
    pub fn read(pid: u32) -> io::Result<Cpu> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let ticks = ticks(&stat).ok_or_else(|| io::Error::other("no times in /proc stat"))?;
        Ok(Cpu { at: Instant::now(), ticks })
    }

    /// Cores used since an earlier reading: 1.0 is one core all the time.
    pub fn cores_since(&self, earlier: &Cpu) -> f64 {
        let seconds = self.at.duration_since(earlier.at).as_secs_f64();
        let used = self.ticks.saturating_sub(earlier.ticks) as f64 / per_second();
        if seconds > 0.0 { used / seconds } else { 0.0 }
    }

    /// Seconds of CPU used since an earlier reading.
    pub fn seconds_since(&self, earlier: &Cpu) -> f64 {
        self.ticks.saturating_sub(earlier.ticks) as f64 / per_second()
    }
}

/// Memory in megabytes that a process holds.
///
/// # Errors
/// The process is gone.
pub fn memory(pid: u32) -> io::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|l| l.split_whitespace().next()).and_then(|n| n.parse::<f64>().ok());
    kilobytes.map(|k| k / 1_024.0).ok_or_else(|| io::Error::other("no VmRSS"))
}

/// Fields 14 and 15 of `/proc/pid/stat`; the second field may hold spaces and brackets.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system) = (fields.next()?, fields.next()?);
    Some(user.parse::<u64>().ok()? + system.parse::<u64>().ok()?)
}

fn per_second() -> f64 {
    // SAFETY: sysconf reads a constant of the system.
    let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    if ticks > 0 { ticks as f64 } else { 100.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_times_behind_a_strange_name() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 100 0 0 0 31 11 0 0 20 0 4 0 1 2 3";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7 (x) S 1"), None);
    }

    #[test]
    fn work_shows_and_memory_is_something() {
        let us = std::process::id();
        let before = Cpu::read(us).expect("we run");
        let mut sum = 0u64;
        while Cpu::read(us).expect("we run").seconds_since(&before) < 0.02 {
            sum = (0..1_000_000u64).fold(sum, |a, b| a ^ b.wrapping_mul(a | 1));
        }
        assert!(Cpu::read(us).expect("we run").cores_since(&before) > 0.0, "{sum}");
        assert!(memory(us).expect("we run") > 0.5);
    }
}
