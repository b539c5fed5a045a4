//! qcli at a terminal of a width.

use std::io::Read;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use qairon_integration_tests::{Program, program};

/// What qcli prints there, both of its outputs, with the line ends of a file.
pub async fn at_terminal(endpoint: &str, columns: u16, variables: &[(&str, &str)], args: &[&str]) -> String {
    let mut builder = CommandBuilder::new(program(Program::Qcli));
    builder.args(args);
    builder.env_clear();
    builder.env("TERM", "xterm");
    builder.env("QAIRON_ENDPOINT", endpoint);
    builder.env("QAIRON_CONFIG", "/dev/null");
    variables.iter().for_each(|(name, value)| builder.env(name, value));
    let read = move || {
        let size = PtySize { rows: 50, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut reader = pty.master.try_clone_reader().expect("a terminal can be read");
        let mut child = pty.slave.spawn_command(builder).expect("qcli can be run");
        drop(pty.slave);
        let (mut text, mut part) = (Vec::new(), [0; 4096]);
        // A terminal that nobody holds any more is an error on Linux, and the end elsewhere.
        while let Ok(count @ 1..) = reader.read(&mut part) {
            text.extend_from_slice(&part[..count]);
        }
        child.wait().expect("qcli ends");
        String::from_utf8_lossy(&text).replace("\r\n", "\n")
    };
    tokio::task::spawn_blocking(read).await.expect("it is read")
}
