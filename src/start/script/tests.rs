//! What single scripts say.

use super::*;

fn option(text: &str, syntax: Syntax) -> Option<(What, usize)> {
    let said = read(text, syntax).said.remove("portOffset")?.swap_remove(0);
    Some((said.what, text[..said.range.start].lines().count().max(1)))
}

fn said(text: &str) -> Option<(What, usize)> {
    option(text, Syntax::Shell)
}

fn value(text: &str) -> Option<String> {
    match said(text)?.0 {
        What::Value(value) => Some(value),
        other => Some(format!("{other:?}")),
    }
}

#[test]
fn an_option_of_the_java_command_counts_with_its_line() {
    let text =
        "while true\ndo\n  $JAVACMD \\\n  $JAVA_OPTS \\\n  -DportOffset=3 \\\n  org.wso2.carbon.bootstrap.Bootstrap $*\ndone\n";
    assert_eq!(said(text), Some((What::Value("3".into()), 5)));
}

#[test]
fn what_stands_later_on_the_command_line_wins() {
    let command = |options: &str| format!("JAVA_OPTS=\"-DportOffset=1\"\n$JAVACMD {options} Bootstrap $*\n");
    assert_eq!(value(&command("$JAVA_OPTS")).as_deref(), Some("1"));
    assert_eq!(value(&command("-DportOffset=2 $JAVA_OPTS")).as_deref(), Some("1"));
    assert_eq!(value(&command("$JAVA_OPTS -DportOffset=2")).as_deref(), Some("2"));
    assert_eq!(value("x Bootstrap -DportOffset=4 $*\nx $JAVA_OPTS -DportOffset=2 Bootstrap").as_deref(), Some("4"));
    assert_eq!(value("nohup sh wso2server.sh -DportOffset=4 &").as_deref(), Some("4"));
}

#[test]
fn a_later_value_of_java_opts_replaces_an_earlier_one() {
    assert_eq!(said("JAVA_OPTS=-DportOffset=1\nexport JAVA_OPTS=\"-Da=b\""), None);
    assert_eq!(value("JAVA_OPTS=-DportOffset=1\nJAVA_OPTS=\"$JAVA_OPTS -Da=b\"").as_deref(), Some("1"));
}

#[test]
fn comments_variables_and_conditions_are_no_values() {
    assert_eq!(said("a\n  # -DportOffset=2 \\"), None);
    assert_eq!(said("x -Da=b # -DportOffset=2"), None);
    assert_eq!(said("x -DportOffset=$OFFSET \\"), Some((What::Variable(Some("$OFFSET".into())), 1)));
    assert_eq!(said("x -DportOffset=\"${OFFSET:-0}\""), Some((What::Variable(Some("$OFFSET".into())), 1)));
    assert_eq!(said("x -DportOffset=$(cat /run/offset)"), Some((What::Variable(None), 1)));
    assert_eq!(said("if [ -n \"$X\" ]; then\n  JAVA_OPTS=-DportOffset=2\nfi"), Some((What::Conditional, 2)));
    assert_eq!(said("[ -n \"$X\" ] && JAVA_OPTS=-DportOffset=2"), Some((What::Conditional, 1)));
    assert_eq!(value("if a; then b; fi\nJAVA_OPTS=-DportOffset=2").as_deref(), Some("2"));
}

#[test]
fn what_is_said_to_people_or_asked_of_arguments_is_none() {
    assert_eq!(said("echo \"usage: -DportOffset=2\"\ncase $1 in\n  -DportOffset=2)\n;;\nesac"), None);
    assert_eq!(said("x -DportOffsets=2 -DportOffset2"), None);
    assert_eq!(value("x -DportOffset").as_deref(), Some("true"));
}

#[test]
fn the_last_number_of_the_wrapper_counts() {
    let text = "#wrapper.java.additional.9=-DportOffset=9\nwrapper.java.additional.12=-DportOffset=2\n\
                wrapper.java.additional.3 = -DportOffset=1\n";
    assert_eq!(option(text, Syntax::Wrapper), Some((What::Value("2".into()), 2)));
}

#[test]
fn batch_files_are_read_too() {
    let said = |text| option(text, Syntax::Batch);
    let text = "rem -DportOffset=9\r\nset CMD_LINE_ARGS=%JAVA_OPTS% -DportOffset=2 -Da=b\r\n";
    assert_eq!(said(text), Some((What::Value("2".into()), 2)));
    assert_eq!(said("set X=-DportOffset=%OFFSET%"), Some((What::Variable(Some("%OFFSET%".into())), 1)));
}
