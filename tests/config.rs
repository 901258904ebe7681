//! The binary from the shell: check, provision, user, menu check, serve and its end.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn minsheng(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minsheng"));
    command.args(arguments).current_dir(ROOT).env_remove("RUST_LOG");
    command
}

fn run(arguments: &[&str]) -> Output {
    minsheng(arguments).output().expect("the binary runs")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A configuration on free ports, with its data in `dir`.
fn configuration(dir: &Path, more: &str) -> PathBuf {
    let file = dir.join("minsheng.toml");
    let data = dir.join("data");
    let text = format!(
        "[service]\ndata_dir = {data:?}\ndrain_seconds = 5\n[http]\nlisten = \"127.0.0.1:0\"\n\
         [sip]\nlisten = [\"udp:127.0.0.1:0\"]\nrtp_ports = \"36000-36999\"\n\
         [provisioning]\ndir = \"{ROOT}/provisioning\"\n{more}"
    );
    fs::write(&file, text).expect("write");
    file
}

/// A file's path as an argument.
fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn check_says_that_a_good_configuration_has_no_fault() {
    let dir = tempfile::tempdir().expect("directory");
    let file = configuration(dir.path(), "");
    let output = run(&["check", "--config", text(&file)]);
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
}

#[test]
fn check_lists_the_faults_of_configuration_and_provisioning_in_one_run() {
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("minsheng.toml");
    let county = dir.path().join("county");
    fs::create_dir(&county).expect("folder");
    let faulty = format!("[sip]\nrtp_ports = \"x\"\ncolour = 1\n[provisioning]\ndir = {county:?}\n");
    fs::write(&file, faulty).expect("write");
    let output = run(&["check", "--config", text(&file)]);
    let errors = errors(&output);
    assert_eq!(output.status.code(), Some(2), "{errors}");
    for expected in [
        "sip.rtp_ports: expected",
        "sip.colour: unknown key",
        "county.toml: cannot be read",
        "duties.csv: cannot be read",
    ] {
        assert!(errors.contains(expected), "{expected} not in {errors}");
    }
}

#[test]
fn menu_check_names_every_fault_with_its_node() {
    let good = run(&["menu", "check", "provisioning/menus/one-level.toml"]);
    assert_eq!(good.status.code(), Some(0), "{}", errors(&good));
    let dir = tempfile::tempdir().expect("directory");
    let file = dir.path().join("bad.toml");
    let bad = "name = \"bad\"\nstart = \"a\"\n[nodes.a]\ntype = \"say\"\nprompts = [\"x\"]\nnext = \"b\"\n[nodes.c]\ntype = \"dance\"\n";
    fs::write(&file, bad).expect("write");
    let output = run(&["menu", "check", text(&file)]);
    let errors = errors(&output);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        errors.contains("nodes.a.next") && errors.contains("nodes.c:"),
        "{errors}"
    );
}

#[test]
fn a_command_line_that_makes_no_sense_is_refused() {
    assert_eq!(run(&["fly"]).status.code(), Some(2));
    let version = run(&["version"]);
    let said = String::from_utf8_lossy(&version.stdout).into_owned();
    assert!(
        said.starts_with("minsheng ") && said.contains("schema 2026"),
        "{said}"
    );
}

/// A running daemon and its address.
fn serve(file: &Path) -> (Child, String) {
    let mut daemon = minsheng(&["serve", "--config", text(file)])
        .stdout(Stdio::piped())
        .spawn()
        .expect("daemon");
    let output = daemon.stdout.take().expect("piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let (_, address) = line.split_once("address=")?;
        line.contains("minsheng is running")
            .then(|| address.split_whitespace().next().unwrap_or_default().to_owned())
    });
    // Keeps the pipe open and empty until the daemon ends.
    std::thread::spawn(move || lines.for_each(drop));
    (daemon, address.expect("the daemon runs"))
}

fn add_user(file: &Path, name: &str) {
    let arguments = [
        "user",
        "add",
        name,
        "--role",
        "admin",
        "--password-stdin",
        "--config",
        text(file),
    ];
    let mut child = minsheng(&arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("user add");
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(b"minsheng-demo\n")
        .expect("password");
    assert!(child.wait().expect("ends").success());
}

async fn log_in(address: &str) -> reqwest::StatusCode {
    let credentials = serde_json::json!({"username": "chief", "password": "minsheng-demo"});
    let request = reqwest::Client::new()
        .post(format!("http://{address}/api/v1/session"))
        .json(&credentials);
    request.send().await.expect("answer").status()
}

#[tokio::test]
async fn the_daemon_serves_ends_cleanly_on_sigterm_and_remembers_after_a_kill() {
    let dir = tempfile::tempdir().expect("directory");
    let file = configuration(dir.path(), "");
    add_user(&file, "chief");
    let (mut daemon, address) = serve(&file);
    assert_eq!(log_in(&address).await, 200);
    daemon.kill().expect("kill -9");
    daemon.wait().expect("ends");
    let (mut daemon, address) = serve(&file);
    assert_eq!(log_in(&address).await, 200);
    let told = Command::new("kill")
        .args(["-TERM", &daemon.id().to_string()])
        .status()
        .expect("kill");
    assert!(told.success());
    assert_eq!(daemon.wait().expect("ends").code(), Some(0));
}

#[test]
fn provision_loads_a_folder_again_and_again() {
    let dir = tempfile::tempdir().expect("directory");
    let file = configuration(dir.path(), "");
    for _ in 0..2 {
        let output = run(&["provision", "provisioning", "--config", text(&file)]);
        assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    }
    let output = run(&["provision", "/nowhere", "--config", text(&file)]);
    assert_eq!(output.status.code(), Some(2));
}
