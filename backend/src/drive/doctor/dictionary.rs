//! Looks for credentials in a device dictionary. Guesses by names and shapes;
//! must never repeat what it found.

/// Words that name a secret, as part of a variable or an option.
const WORDS: &[&str] = &[
    "password",
    "passwd",
    "secret",
    "api_key",
    "apikey",
    "credential",
    "private_key",
    "token",
];

/// Numbers of the lines that look like they hold a credential.
pub(super) fn suspicious(text: &str) -> Vec<usize> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| is_suspicious(line))
        .map(|(at, _)| at + 1)
        .collect()
}

fn is_suspicious(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    if line.starts_with('#') || line.starts_with("{#") {
        return false;
    }
    WORDS.iter().any(|word| line.contains(word)) || has_user_in_url(&line)
}

/// `scheme://user:password@host`
fn has_user_in_url(line: &str) -> bool {
    line.split("://").skip(1).any(|rest| {
        let host = rest.split(['/', ' ', '\'', '"']).next().unwrap_or_default();
        host.split_once('@')
            .is_some_and(|(user, _)| user.contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_found_by_line() {
        let text = "{% extends 'qemu.jinja2' %}\n\
            {# the password is elsewhere #}\n\
            {% set power_on_command = 'pdu --password hunter2 on 3' %}\n\
            {% set connection_command = 'telnet ser2net 7001' %}\n\
            {% set hard_reset_command = 'curl http://admin:pw@pdu.example/3/cycle' %}\n\
            {% set url = 'http://files.example/a@b:c' %}\n";
        assert_eq!(suspicious(text), [3, 5]);
    }
}
