//! How a server is started: what the `-D` options of a command and of a start script say, and which of them counts.
//!
//! `wso2server.sh` puts `JAVA_OPTS` on the command line of the JVM, between options of its own, and hands its arguments to
//! the launcher, which turns every `-Dk=v` into a system property once the JVM runs (carbon-kernel@v4.4.35,
//! `org.wso2.carbon.server.Main`). So arguments win over options of the JVM, and the last one among equals.

use std::sync::LazyLock;

use regex::Regex;

pub mod command;
pub mod script;

#[cfg(test)]
mod tests;

/// Whether the value of an option is what a template engine has yet to replace, or begins with it: `{{ offset }}`, `<%= @offset %>`,
/// `[offset]`, `@OFFSET@`, `__OFFSET__`, `%OFFSET%`.
pub fn is_template(value: &str) -> bool {
    static MARK: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"^(?:\{\{|\{%|<%|\[[A-Za-z_][\w .-]*\]$|@[A-Za-z_][\w.-]*@$|__[A-Za-z]\w*__$|%[A-Za-z_][\w.-]*%$)").ok()
    });
    MARK.as_ref().is_some_and(|mark| mark.is_match(value))
}

/// Where an option stands: later ones win over earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// In `JAVA_TOOL_OPTIONS`, which the JVM reads before its command line.
    ToolOptions,
    /// In `JDK_JAVA_OPTIONS`, which the `java` launcher reads before its command line.
    JdkOptions,
    /// On the JVM's command line before `JAVA_OPTS`, or in another variable.
    Before,
    /// In `JAVA_OPTS`.
    JavaOpts,
    /// On the JVM's command line behind `JAVA_OPTS`.
    After,
    /// An argument of the server.
    Argument,
    /// An argument that a script puts behind those that it was given.
    Last,
}

/// How options stand in a start script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Syntax {
    /// A Bourne shell's.
    Shell,
    /// That of Windows.
    Batch,
    /// The properties of the service wrapper.
    Wrapper,
}
