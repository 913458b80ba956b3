//! What holds for every text: no panic, and ranges that lie in it.

use proptest::prelude::*;

use super::script::What;
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
        for syntax in [Syntax::Shell, Syntax::Batch, Syntax::Wrapper] {
            for (name, said) in script::read(&text, syntax).iter().flat_map(|(name, all)| all.iter().map(move |said| (name, said))) {
                let written = text.get(said.range.clone());
                prop_assert!(written.is_some());
                match &said.what {
                    What::Value(value) if written != Some(value.as_str()) => {
                        let option = format!("-D{name}");
                        prop_assert_eq!((value.as_str(), written), ("true", Some(option.as_str())));
                    }
                    _ => {}
                }
            }
        }
    }
}
