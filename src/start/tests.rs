//! What holds for every text: no panic, and ranges that lie in it.

use proptest::prelude::*;

use super::script::{Said, What};
use super::{Syntax, command, script};

proptest! {
    #[test]
    fn commands_never_panic_and_ranges_fit(text in "[a-zD=\\-'\"\\\\ $()#;&\n\tä€]{0,40}( -DportOffset=['\"]?[0-9]{0,2})?") {
        for (_, found) in command::read(&text).unwrap_or_default().options {
            prop_assert!(text.get(found.range).is_some());
        }
    }

    #[test]
    fn values_of_scripts_stand_where_their_ranges_say(
        text in "([a-zD=\\-'\"\\\\ $()#;&%^!\r\n\tä€]{0,20}( -DportOffset=['\"]?[0-9a-z$]{0,2}['\"]?)?){0,3}",
    ) {
        each_stands_where_it_says(&text)?;
    }

    #[test]
    fn scripts_of_any_words_are_read(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        each_stands_where_it_says(&words.concat())?;
    }
}

/// What scripts are made of, and what breaks them.
const WORDS: &[&str] = &[
    "-DportOffset=3",
    "-Da='b c'",
    "-D",
    "-Dé=ü",
    "JAVA_OPTS=",
    "JAVA_OPTS+=",
    "OFFSET=",
    "=",
    "$JAVA_OPTS",
    "${JAVA_OPTS",
    ":-",
    ":=",
    ":+",
    "}",
    "$OFFSET",
    "$*",
    "\"$@\"",
    "$(",
    "$((",
    "`",
    ")",
    "(",
    "((",
    "{",
    "\"",
    "'",
    "\\",
    "\\\n",
    "#",
    " ",
    " ",
    " ",
    "\t",
    "\n",
    "\n",
    "\r\n",
    ";",
    ";;",
    "&",
    "&&",
    "||",
    "|",
    ">",
    "<<EOF\n",
    "<<-'E'",
    "<<",
    "EOF\n",
    "if ",
    "then ",
    "else ",
    "fi ",
    "while ",
    "do ",
    "done ",
    "for x in ",
    "case x in ",
    "esac ",
    "[ -z \"$JAVA_OPTS\" ]",
    "unset JAVA_OPTS",
    "export ",
    "eval ",
    "sh -c ",
    "set -- ",
    "echo ",
    "java ",
    "x.Bootstrap ",
    "wso2server.sh ",
    "wso2server.bat ",
    "set ",
    "set \"",
    "%JAVA_OPTS%",
    "!JAVA_OPTS!",
    "%",
    "%%a",
    "%~dp0",
    "^",
    "^\r\n",
    "rem ",
    "::",
    ":run\n",
    "goto run",
    "if \"%JAVA_OPTS%\"==\"\" ",
    "if exist x ",
    "for %%a in (",
    ") do ",
    ") else (",
    "not ",
    "==",
    "wrapper.java.additional.1=",
    "wrapper.app.parameter.2=",
    "ä",
    "€",
    "\u{b}",
];

/// Ranges lie in the text, and hold the values, but for quotes (`$"…"` too) and escapes between their letters.
fn each_stands_where_it_says(text: &str) -> Result<(), TestCaseError> {
    let letters = |text: &str| text.chars().filter(|c| !"\"'\\^$\r\n".contains(*c)).collect::<String>();
    for syntax in [Syntax::Shell, Syntax::Batch, Syntax::Wrapper] {
        let options = script::read(text, syntax);
        for (name, Said { what, range, .. }) in options.iter().flat_map(|(name, all)| all.iter().map(move |said| (name, said))) {
            let Some(written) = text.get(range.clone()) else {
                return Err(TestCaseError::fail(format!("{range:?} is none of {text:?}")));
            };
            if let What::Value(value) = what {
                let option = format!("-D{name}");
                let holds = letters(written) == letters(value) || value == "true" && letters(written) == option;
                prop_assert!(holds, "{:?} is not {:?} in {:?}", written, value, text);
            }
        }
    }
    Ok(())
}
