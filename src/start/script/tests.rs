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

/// The jumps of the shipped `wso2server.bat`: behind `debug`, `JAVA_OPTS` is thrown away; whoever starts it plainly keeps it.
const JUMPS: &str = r#"
set JAVA_OPTS=%JAVA_OPTS% -DportOffset=2
if "%JAVA_HOME%" == "" goto noJava
goto check
:noJava
goto end
:check
FOR %%C in ("%CARBON_HOME%\bin\*.jar") DO set CARBON_CLASSPATH=!CARBON_CLASSPATH!;".\bin\%%~nC%%~xC"
:arguments
if ""%1""=="""" goto start
if ""%1""==""debug"" goto debug
if ""%1""==""optimize"" goto optimize
shift
goto arguments
:debug
set JAVA_OPTS=-Xdebug -Xrunjdwp:transport=dt_socket,server=y,address=%1
goto java
:optimize
for %%a in (!originalArgs!) do (
  if !found!==true (
    set profile=-Dprofile=%%a
  )
  if %%a==-Dprofile ( set found=true
  )
)
call bin\profileSetup.bat %profile%
goto java
:start
if "%OS%"=="WINNT" @setlocal
:java
set CMD=RUN %*
set ARGS=-classpath %CARBON_CLASSPATH% %JAVA_OPTS%
set ARGS=%ARGS% -Djava.opts="%JAVA_OPTS%" -Dinstance.log="" -Da=b
:run
"%JAVA_HOME%\bin\java" %ARGS% org.wso2.carbon.bootstrap.Bootstrap %CMD%
if "%ERRORLEVEL%"=="121" goto run
:end
"#;

#[test]
fn the_jumps_of_the_shipped_batch_file_lead_to_the_start() {
    let options = read(JUMPS, Syntax::Batch);
    let said: Vec<(&str, &What)> = options.iter().map(|(name, said)| (name, &said[0].what)).collect();
    let value = |value: &str| What::Value(value.to_owned());
    let (b, empty, two, elsewhere) = (value("b"), value(""), value("2"), What::Variable(None));
    assert_eq!(said, [("a", &b), ("instance.log", &empty), ("java.opts", &elsewhere), ("portOffset", &two)]);
    assert_eq!(options.java_opts, JavaOpts::Kept);
}

#[test]
fn a_loop_over_the_arguments_and_a_debugger_leave_the_rest_as_it_is() {
    let text = "JAVA_OPTS=\"-DportOffset=2 $JAVA_OPTS\"\nfor c in $*\ndo\n  if [ \"$c\" = \"--debug\" ] || [ \"$c\" = debug ]; then\n    \
                CMD=--debug\n  else\n    args=\"$args $c\"\n  fi\ndone\nif [ \"$CMD\" = \"--debug\" ]; then\n  \
                JAVA_OPTS=\"-Xdebug -Xrunjdwp:transport=dt_socket,address=$PORT\"\nelif [ \"$CMD\" = start ]; then\n  \
                nohup sh \"$CARBON_HOME\"/bin/wso2server.sh $args > /dev/null 2>&1 &\n  exit 0\nfi\n\
                v=$(\"$JAVACMD\" -version 2>&1 | awk -F '\"' '/version/ {print $2}')\n\
                while [ \"$status\" = 121 ]\ndo\n  $JAVACMD \\\n  $JAVA_OPTS \\\n  -Da=\"b\"\\\n  -Dc=d \\\n  x.Bootstrap $*\ndone\n";
    let options = read(text, Syntax::Shell);
    let said: Vec<(&str, &What, Rank)> = options.iter().map(|(name, said)| (name, &said[0].what, said[0].rank)).collect();
    let [b, d, two] = ["b", "d", "2"].map(|value| What::Value(value.to_owned()));
    assert_eq!(said, [("a", &b, Rank::After), ("c", &d, Rank::After), ("portOffset", &two, Rank::Before)]);
    assert_eq!(options.java_opts, JavaOpts::Kept);
}

#[test]
fn long_scripts_are_read_in_one_go() {
    let repeated = [
        "-Da=b ",
        "${",
        "${a:-",
        "$(",
        "`",
        "\"",
        "'",
        "(",
        "{ ",
        "<<A ",
        "if ",
        "a && ",
        "JAVA_OPTS=\"$JAVA_OPTS -DportOffset=3\"\n",
        "A=$A$A\n",
        "%a:",
        "!",
        "^",
        "if a==b (",
        "if a==b goto b\n:b\n",
        "eval \"-Da=b\"; ",
        "x ",
        "=\"",
        "f() { ",
        "f() (",
        "f() { f; f; }\n",
        "f() { g \"$1\"; }\ng() { f; f; }\nf\n",
        "( A=b; ",
        "A=$(echo $A -Da=b)\n",
        "eval \"\\\"",
    ];
    let started = std::time::Instant::now();
    for text in repeated.map(|part| part.repeat(300_000 / part.len())) {
        for syntax in [Syntax::Shell, Syntax::Batch, Syntax::Wrapper] {
            read(&text, syntax);
        }
    }
    let many: Vec<String> = (0..40_000).map(|number| format!("JAVA_OPTS=\"$JAVA_OPTS -Da{number}=b\"\n")).collect();
    assert_eq!(read(&many.concat(), Syntax::Shell).iter().count(), 40_000);
    // Whatever looks back at all that came before takes far longer.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}
