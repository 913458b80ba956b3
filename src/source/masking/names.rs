//! What names a secret.

/// Words that do so wherever they stand in a name.
const STRONG: [&str; 6] = ["passw", "passphrase", "passcode", "secret", "credential", "pasword"];

/// Words that are written with a slip of the pen: such a name may be what a finding is about. How many slips, of which first letter.
const MISSPELT: [(&str, usize); 9] = [
    ("password", 2),
    ("passwords", 2),
    ("passwd", 1),
    ("passphrase", 2),
    ("passcode", 1),
    ("secret", 1),
    ("secrets", 1),
    ("credential", 2),
    ("credentials", 2),
];

/// Words that look like these, and are none.
const OTHERS: [&str; 4] = ["passed", "passport", "passports", "tokens"];

/// Words that end like `dbpass`, and are none.
const PASSES: [&str; 6] = ["bypass", "compass", "encompass", "surpass", "overpass", "trespass"];

/// What holds `password` or `secret` anywhere, what has a word such as `pwd` or `dbpass`, and what ends in a word
/// such as `key` or `token` (with or without a number or `Value` behind it). `KeyValidatorClientType` and `TokenURL` are none.
pub(crate) fn is_secret_name(name: &str) -> bool {
    if is_strong_name(name) {
        return true;
    }
    let words = words(name);
    let mut last = words.iter().rev().map(String::as_str);
    let named = last.find(|word| !matches!(*word, "value" | "id" | "pem" | "data" | "text" | "string" | "hash" | "base"));
    named.is_some_and(|word| word == "authorization" || ["key", "keys", "token", "tokens"].iter().any(|end| word.ends_with(end)))
}

/// What names a secret without doubt, not only by its last word: so does a table that is called so for all that it holds.
pub(super) fn is_strong_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    STRONG.iter().any(|word| lower.contains(word)) || {
        let words = words(name);
        let next = |at: usize| words.get(at + 1).map_or("", String::as_str);
        words.iter().enumerate().any(|(at, word)| is_strong_word(word, next(at)))
    }
}

fn is_strong_word(word: &str, next: &str) -> bool {
    match word {
        // `PassThroughHttpListener`.
        "pass" => !matches!(next, "through" | "thru"),
        "pwd" | "pw" | "psw" | "pswd" | "pwrd" | "pin" | "pins" | "cred" | "creds" | "otp" | "passes" => true,
        word if PASSES.contains(&word) || OTHERS.iter().any(|other| word.ends_with(other)) => false,
        // The word itself names a secret only where it is the last.
        word if word.starts_with("to") && strsim::damerau_levenshtein(word, "token") == 1 => true,
        word => {
            let mut ends = word.char_indices().map(|(at, _)| &word[at..]).take_while(|end| end.len() > 4);
            ["pass", "pwd", "psw"].iter().any(|end| word.ends_with(end)) || ends.any(is_misspelt)
        }
    }
}

fn is_misspelt(word: &str) -> bool {
    let near = |(of, slips): &(&str, usize)| {
        word.len().abs_diff(of.len()) <= *slips
            && (word.as_bytes().first() == of.as_bytes().first() || lacks_a_letter(word, of))
            && strsim::damerau_levenshtein(word, of) <= *slips
    };
    MISSPELT.iter().any(near)
}

/// Whether a word is another one of which one letter is missing.
pub(super) fn lacks_a_letter(word: &str, of: &str) -> bool {
    if word.len() + 1 != of.len() {
        return false;
    }
    let same = word.bytes().zip(of.bytes()).take_while(|(one, other)| one == other).count();
    // `secret` of `secrets` is caught as the word that it is.
    word.as_bytes()[same..] == of.as_bytes()[same + 1..]
}

/// Where the last word that names a secret by itself ends in a name: `Password` of `Passwordadmin`.
pub(super) fn end_of_strong(name: &str) -> Option<usize> {
    let lower = name.to_ascii_lowercase();
    let ends = ["password", "passwd", "passphrase", "passcode", "secret", "credentials", "credential"];
    ends.iter().filter_map(|word| lower.find(word).map(|at| at + word.len())).min()
}

/// The words of `camelCase`, `XMLCase`, `snake_case`, `kebab-case` or `dotted.name`, in lower case, without digits.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before: Option<char> = None;
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        let after_lower = before.is_some_and(char::is_lowercase);
        let before_lower = before.is_some_and(char::is_uppercase) && letters.peek().is_some_and(|next| next.is_lowercase());
        if c.is_uppercase() && (after_lower || before_lower) || !c.is_alphabetic() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphabetic()) {
            word.extend(c.to_lowercase());
        }
        before = Some(c);
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_secret() {
        let names = "password Password db.password DBPASS storepass keypass ADMINPWD SSHKey SASToken Pin api_key APIKey clientSecret \
                     trustStorePassword pasword secrt passwords passwrod pasxword paswsord ppassword psasword tokens PrivateKeyPem paswrod psswd paswd passwrd pssword pasowrd secert sercet crendetials keypaswd pswd tokn tokne clientscret passphrse pasphrase secrit ClientSecrte KeyValue ApiKey2 DB_PASS_1 credentials";
        for name in names.split_whitespace() {
            assert!(is_secret_name(name), "{name}");
        }
        let others = "KeyValidatorClientType TokenURL APIKeyValidator ThriftClientPort key_manager KeyManager Username mapping ping \
                      PassThroughHttpListener pass-through-http bypass passed bypassed tokens.size token_endpoint discreet keyword passport sector secure port paused Keystore keystore useRetry TokenEndpointName";
        for name in others.split_whitespace() {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
