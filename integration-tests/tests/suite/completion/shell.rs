//! A real shell in a pseudo-terminal, and its screen.

use std::io::{Read, Write};
use std::num::NonZero;
use std::sync::{Arc, Mutex};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use qairon_integration_tests::{Program, poll_or, program, soon};
use tempfile::TempDir;

/// A shell.
pub struct Shell {
    screen: Arc<Mutex<vt100::Parser>>,
    input: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    _pty: Box<dyn MasterPty + Send>,
    // Removed with the shell.
    _home: TempDir,
}

impl Shell {
    /// Starts a shell in an empty home, on a wide screen.
    pub fn start(command: &[&str], endpoint: &str) -> Self {
        let home = tempfile::tempdir().expect("a directory");
        // Without it zsh asks new users what they want.
        std::fs::write(home.path().join(".zshrc"), "").expect("it is ours");
        let size = PtySize { rows: 50, cols: 180, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut builder = CommandBuilder::new(command[0]);
        builder.args(&command[1..]);
        builder.env_clear();
        let bin = program(Program::Qcli).parent().expect("a directory").to_path_buf();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
        for (name, value) in
            [("PATH", path.as_str()), ("TERM", "xterm"), ("LANG", "C.UTF-8"), ("QAIRON_ENDPOINT", endpoint)]
        {
            builder.env(name, value);
        }
        builder.env("HOME", home.path());
        builder.cwd(home.path());
        let child = pty.slave.spawn_command(builder).expect("the shell can be run");
        let cells = |count| NonZero::new(count).expect("a screen is not empty");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(cells(size.rows), cells(size.cols), 0)));
        let mut output = pty.master.try_clone_reader().expect("a terminal can be read");
        let shown = screen.clone();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut part) {
                shown.lock().expect("nobody panics with it").process(&part[..count]);
            }
        });
        let input = pty.master.take_writer().expect("a terminal can be written");
        Self { screen, input, child, _pty: pty.master, _home: home }
    }

    /// Types.
    pub fn keys(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).and_then(|()| self.input.flush()).expect("the shell reads");
    }

    /// Everything on the screen.
    pub fn text(&self) -> String {
        self.screen.lock().expect("nobody panics with it").screen().contents()
    }

    /// Waits until the screen shows what is expected.
    pub async fn sees(&self, what: &str, holds: impl Fn(&str) -> bool) {
        let seen = async || holds(&self.text()).then_some(());
        let seen = poll_or(soon(), seen).await;
        seen.unwrap_or_else(|| panic!("{what} is not on the screen:\n{}", self.text()));
    }

    /// Runs a command and waits until it has ended.
    pub async fn run(&mut self, command: &str, mark: &str) {
        // The mark as it is typed differs from the mark as it is printed.
        self.keys(&format!("{command}\recho {}''{}\r", &mark[..1], &mark[1..]));
        self.sees(command, |text| text.contains(mark)).await;
    }

    /// Forgets the line and the screen.
    pub async fn clear(&mut self, mark: &str) {
        // An interrupt would also drop what is typed after it.
        self.keys("\x15");
        self.run("clear", mark).await;
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
