//! Completions and manual pages: they hold every command and option, and the programs that read them understand them.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_carbonlint");

fn run(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(arguments).output().expect("it runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// What another program says; `None` where it is not there.
fn other(program: &str, arguments: &[&str], folder: &Path) -> Option<Output> {
    Command::new(program).args(arguments).current_dir(folder).output().ok()
}

/// Every command with its long options, as help lists them.
fn commands() -> Vec<(Vec<String>, Vec<String>)> {
    let mut left: Vec<Vec<String>> = vec![Vec::new()];
    let mut all = Vec::new();
    while let Some(command) = left.pop() {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let help = run(&arguments);
        let options = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let long = options.flat_map(|line| line.split([' ', ',', '=', '['])).filter(|word| word.starts_with("--"));
        all.push((command.clone(), long.map(|option| option.trim_end_matches('.').to_owned()).collect()));
        let (_, listed) = help.split_once("\nCommands:\n").unwrap_or_default();
        let names = listed.lines().take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
        for name in names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
            left.push(command.iter().cloned().chain([name.to_owned()]).collect());
        }
    }
    assert!(all.len() > 10, "{all:?}");
    all
}

#[test]
fn completions_hold_every_command_and_option() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]);
        for (command, options) in commands() {
            for option in &options {
                let name = option.trim_start_matches('-');
                assert!(script.contains(name), "{shell}: {command:?} {option}");
            }
            assert!(command.iter().all(|name| script.contains(name.as_str())), "{shell}: {command:?}");
        }
        // The generators of the other two propose no values.
        for word in ["gitlab", "client"].iter().filter(|_| ["bash", "zsh", "fish"].contains(&shell)) {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn bash_takes_them_and_completes() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("completions.bash"), run(&["completions", "bash"])).expect("a file");
    let script = "source completions.bash && complete -p carbonlint && COMP_WORDS=(carbonlint check --fo) COMP_CWORD=2 && \
                  _carbonlint carbonlint --fo check && echo \"${COMPREPLY[@]}\" && COMP_WORDS=(carbonlint rules te) && \
                  _carbonlint carbonlint te rules && echo \"${COMPREPLY[@]}\"";
    let Some(output) = other("bash", &["--norc", "-c", script], folder.path()) else {
        eprintln!("skipped: there is no bash");
        return;
    };
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].contains("_carbonlint") && lines[0].ends_with(" carbonlint"), "{said}");
    assert_eq!(lines[1..], ["--format", "test"], "{said}");
}

#[test]
fn other_shells_parse_them() {
    let folder = TempDir::new().expect("a folder");
    for (shell, arguments) in [("zsh", ["-n", "script"]), ("fish", ["--no-execute", "script"])] {
        fs::write(folder.path().join("script"), run(&["completions", shell])).expect("a file");
        match other(shell, &arguments, folder.path()) {
            Some(output) => assert!(output.status.success(), "{shell}: {}", text(&output.stderr)),
            None => eprintln!("skipped: there is no {shell}"),
        }
    }
}

#[test]
fn fish_completes() {
    let folder = TempDir::new().expect("a folder");
    fs::write(folder.path().join("completions.fish"), run(&["completions", "fish"])).expect("a file");
    let script = "source completions.fish; complete -C 'carbonlint check --for'; complete -C 'carbonlint check --format '";
    let Some(output) = other("fish", &["--no-config", "-c", script], folder.path()) else {
        eprintln!("skipped: there is no fish");
        return;
    };
    let said = text(&output.stdout);
    assert!(output.status.success() && output.stderr.is_empty(), "{said}{}", text(&output.stderr));
    let words: Vec<&str> = said.lines().filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(words, ["--format", "github", "gitlab", "human", "json", "junit", "sarif", "short"], "{said}");
}

#[test]
fn each_command_has_a_manual_page_with_its_options() {
    let folder = TempDir::new().expect("a folder");
    let pages = folder.path().join("man/man1");
    assert_eq!(run(&["man", "--output", pages.to_str().expect("UTF-8")]), "");
    let plain = |page: &str| page.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "");
    for (command, options) in commands() {
        let name = std::iter::once("carbonlint").chain(command.iter().map(String::as_str)).collect::<Vec<_>>().join("-");
        let page = plain(&fs::read_to_string(pages.join(format!("{name}.1"))).unwrap_or_else(|_| panic!("{name}.1")));
        for option in &options {
            assert!(page.contains(option.as_str()), "{name}: {option}");
        }
    }
    assert_eq!(fs::read_dir(&pages).expect("a folder").count(), commands().len(), "no page besides");
    let first = run(&["man"]);
    assert_eq!(first, fs::read_to_string(pages.join("carbonlint.1")).expect("a page"));
}

#[test]
fn manual_pages_are_set_without_complaints() {
    let folder = TempDir::new().expect("a folder");
    run(&["man", "--output", folder.path().to_str().expect("UTF-8")]);
    for page in ["carbonlint.1", "carbonlint-check.1", "carbonlint-rules-test.1"] {
        let Some(output) = other("groff", &["-man", "-Tutf8", "-ww", page], folder.path()) else {
            eprintln!("skipped: there is no groff");
            return;
        };
        assert!(output.status.success() && output.stderr.is_empty(), "{page}: {}", text(&output.stderr));
        // Bold letters may be struck twice.
        let shown = text(&output.stdout).replace("S\u{8}S", "S");
        assert!(shown.contains("SYNOPSIS") || shown.contains("SY\u{8}Y"), "{page}: {shown}");
    }
}
