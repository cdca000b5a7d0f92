//! The template of a prefix: `/configs/{app}/{env}`.

use syn::LitStr;

use super::keys::illegal_segment;
use crate::errors::Errors;

/// The template, if every prefix that it can become is valid. Every mistake is reported.
pub(super) fn template(written: &LitStr, errors: &Errors) -> Option<String> {
    let template = written.value();
    let mut wrong = Vec::new();
    segments(&template, &mut wrong);
    variables(&template, &mut wrong);
    for sentence in &wrong {
        errors.at(written, sentence);
    }
    wrong.is_empty().then_some(template)
}

/// Rejects a template without segments, an illegal segment, and a slash at the end.
fn segments(template: &str, wrong: &mut Vec<String>) {
    let path = template.strip_prefix('/').unwrap_or(template);
    if path.is_empty() {
        wrong.push(
            "a prefix has at least one segment, so that the store can hold something else too: \
             `/configs/{app}`"
                .to_owned(),
        );
        return;
    }
    let path = match path.strip_suffix('/') {
        Some(path) => {
            wrong.push("a prefix ends with a segment: leave the slash at its end out".to_owned());
            path
        }
        None => path,
    };
    wrong.extend(
        path.split('/')
            .find_map(|segment| illegal_segment(segment).or_else(|| foreign(segment))),
    );
}

/// The message about a variable in another notation: `${app}`, `:app`, `<app>`, `%s`.
fn foreign(segment: &str) -> Option<String> {
    let name = |text: &str| is_name(&text.to_ascii_lowercase());
    let (sign, variable) = if segment.contains("${") {
        ("${", segment.split_once("${")?.1.split_once('}')?.0)
    } else if segment.contains("%{") {
        ("%{", segment.split_once("%{")?.1.split_once('}')?.0)
    } else if let Some(variable) = segment.strip_prefix(':').filter(|text| name(text)) {
        (":", variable)
    } else if let Some(variable) = segment.strip_prefix('$').filter(|text| name(text)) {
        ("$", variable)
    } else if let Some(variable) = segment
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
        .filter(|text| name(text))
    {
        ("<", variable)
    } else if matches!(segment, "%s" | "%d" | "%v") {
        (segment, "app")
    } else {
        return None;
    };
    let variable = variable.to_ascii_lowercase();
    Some(format!(
        "`{sign}` does not belong to a variable: variables are written `{{{variable}}}`"
    ))
}

/// Rejects a brace without its pair, and a name between braces that was used before.
fn variables(template: &str, wrong: &mut Vec<String>) {
    let mut seen = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        if before.contains('}') {
            wrong.push("a `}` without its `{`: variables are written `{name}`".to_owned());
        }
        let Some((name, after)) = after.split_once('}') else {
            wrong.push("a `{` without its `}`: variables are written `{name}`".to_owned());
            return;
        };
        if !is_name(name) {
            wrong.push(format!(
                "`{{{name}}}` is no variable: its name is lower-case letters, digits and `_`, \
                 and begins with a letter, `{{app}}`"
            ));
        } else if seen.contains(&name) {
            wrong.push(format!(
                "the variable `{{{name}}}` occurs twice: rename one"
            ));
        }
        seen.push(name);
        rest = after;
    }
    if rest.contains('}') {
        wrong.push("a `}` without its `{`: variables are written `{name}`".to_owned());
    }
}

fn is_name(name: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{segments, variables};

    fn wrong(template: &str) -> usize {
        let mut wrong = Vec::new();
        segments(template, &mut wrong);
        variables(template, &mut wrong);
        wrong.len()
    }

    #[test]
    fn templates_that_are_prefixes_are_accepted() {
        for template in [
            "/configs/{app}/{env}",
            "configs",
            "/{_a1}",
            "/a/x-{app}.y",
            "/a b",
            "/a:b",
            "/100%",
            "/$",
        ] {
            assert_eq!(wrong(template), 0, "{template}");
        }
    }

    #[test]
    fn templates_that_are_none_are_refused_once() {
        let refused = [
            "", "/", "/a/", "/a//b", "/a/../b", "/a/.", "/a\u{7}", "/{App}", "/{}", "/{1a}", "/{a",
            "/a}", "/${a}", "/:a", "/$a", "/<a>", "/%s", "/%{a}", "/{a}/{a}", "/{a}}", "/{a-b}",
        ];
        for template in refused {
            assert_eq!(wrong(template), 1, "{template}");
        }
    }
}
