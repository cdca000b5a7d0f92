//! Prefixes: fills a template with `{variables}`.
//!
//! In: a template and the variables. Out: a prefix without a slash at its end, or all mistakes. It
//! knows no schema and no store.

use std::collections::BTreeMap;

use crate::mistake::BuilderMistake;
use crate::wording::nearest;

/// Fills a template. The error lists every mistake, so that all can be fixed at once.
pub(crate) fn fill(
    template: &str,
    variables: &BTreeMap<String, String>,
) -> Result<String, Vec<BuilderMistake>> {
    let mut mistakes = Vec::new();
    let mut used = Vec::new();
    let prefix = substitute(template, variables, &mut used, &mut mistakes);
    let is_open = mistakes
        .iter()
        .any(|mistake| matches!(mistake, BuilderMistake::UnclosedVariable { .. }));
    for (name, value) in variables {
        // Behind an open brace the names of the template are not known.
        if !is_open && !used.contains(&name.as_str()) {
            mistakes.push(BuilderMistake::UnknownVariable {
                template: template.to_owned(),
                name: name.clone(),
                nearest: nearest(name, used.iter().copied()).map(str::to_owned),
            });
        }
        if let Some(reason) = illegal_segment(value) {
            mistakes.push(BuilderMistake::InvalidVariable {
                name: name.clone(),
                value: value.clone(),
                reason,
            });
        }
    }
    // A mistake in a variable has already been reported above, by the variable's name.
    if mistakes.is_empty()
        && let Some(reason) = illegal_prefix(&prefix)
    {
        mistakes.push(BuilderMistake::InvalidPrefix {
            prefix: prefix.clone(),
            reason,
        });
    }
    if mistakes.is_empty() {
        Ok(prefix)
    } else {
        Err(mistakes)
    }
}

fn substitute<'t>(
    template: &'t str,
    variables: &BTreeMap<String, String>,
    used: &mut Vec<&'t str>,
    mistakes: &mut Vec<BuilderMistake>,
) -> String {
    let mut prefix = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        prefix.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            mistakes.push(BuilderMistake::UnclosedVariable {
                template: template.to_owned(),
            });
            return prefix;
        };
        used.push(name);
        match variables.get(name) {
            Some(value) => prefix.push_str(value),
            None => mistakes.push(BuilderMistake::MissingVariable {
                template: template.to_owned(),
                name: name.to_owned(),
                given: nearest(name, variables.keys().map(String::as_str)).map(str::to_owned),
            }),
        }
        rest = after;
    }
    prefix.push_str(rest);
    prefix
}

/// The reason why this can't be a segment of a key: the value of a variable, or the name of an
/// entry.
pub(crate) fn illegal_segment(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("it is empty")
    } else if value.contains('/') {
        Some("it has a slash, which would change the keys that are read")
    } else if value == "." || value == ".." {
        Some("it is `.` or `..`")
    } else if value.chars().any(char::is_control) {
        Some("it has a control character")
    } else {
        None
    }
}

/// The reason why this can't be a prefix.
fn illegal_prefix(prefix: &str) -> Option<&'static str> {
    let inner = prefix.strip_prefix('/').unwrap_or(prefix);
    if inner.is_empty() {
        Some("it is empty, so it would match every key of the store")
    } else if inner.ends_with('/') {
        Some("it ends with a slash, which is added before each key: leave it out")
    } else if inner.split('/').any(str::is_empty) {
        Some("it has an empty segment")
    } else if inner
        .split('/')
        .any(|segment| segment == "." || segment == "..")
    {
        Some("it has a segment `.` or `..`")
    } else if inner.chars().any(char::is_control) {
        Some("it has a control character")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(given: &[(&str, &str)]) -> BTreeMap<String, String> {
        given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn variables_are_filled_in() {
        let filled = fill(
            "/configs/{app}/{env}",
            &variables(&[("app", "users"), ("env", "prod")]),
        );
        assert_eq!(filled.unwrap(), "/configs/users/prod");
        let partly = fill(
            "/configs/{app}@{id}",
            &variables(&[("app", "users"), ("id", "7")]),
        );
        assert_eq!(partly.unwrap(), "/configs/users@7");
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let given = variables(&[("app", "a/b"), ("envv", "prod")]);
        let mistakes = fill("/configs/{app}/{env}", &given).unwrap_err();
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(mistakes.len(), 3, "{mistakes:?}");
        assert!(mistakes[0].contains("needs the variable `env`") && mistakes[0].contains("envv"));
        assert!(mistakes[1].contains("\"a/b\""));
        assert!(mistakes[2].contains("no variable `envv`: did you mean `env`?"));
    }

    #[test]
    fn an_invalid_prefix_is_rejected() {
        for prefix in ["", "/", "/a//b", "/a/", "//a", "/a/../b", "/a\n"] {
            assert!(fill(prefix, &BTreeMap::new()).is_err(), "{prefix:?}");
        }
        assert!(fill("a/b", &BTreeMap::new()).is_ok());
    }

    #[test]
    fn an_open_brace_is_a_mistake_not_a_name() {
        let template = "/a/{b".to_owned();
        assert_eq!(
            fill(&template, &variables(&[("b", "c")])),
            Err(vec![BuilderMistake::UnclosedVariable { template }])
        );
    }
}
