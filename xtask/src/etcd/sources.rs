//! Where this machine's packages come from: in go apt's own source files, in both of
//! their formats; out come sources for other suites of the same archives, with the same
//! signing keys.

/// One archive, as apt knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) uris: Vec<String>,
    pub(crate) suites: Vec<String>,
    pub(crate) components: Vec<String>,
    /// The name of a keyring, or the key itself on lines of its own.
    pub(crate) signed_by: Option<String>,
    pub(crate) trusted: Option<String>,
}

impl Source {
    /// The same archive's other suites.
    pub(crate) fn with_suites(&self, suites: Vec<String>) -> Self {
        Self {
            suites,
            ..self.clone()
        }
    }

    /// The source in the deb822 format, of which apt is to read the packages only.
    pub(crate) fn stanza(&self) -> String {
        let option = |name: &str, value: &Option<String>| {
            let value = value.as_deref()?;
            Some(format!("{name}: {value}\n"))
        };
        format!(
            "Types: deb\nURIs: {}\nSuites: {}\nComponents: {}\nTargets: Packages\n\
             {}{}\n",
            self.uris.join(" "),
            self.suites.join(" "),
            self.components.join(" "),
            option("Signed-By", &self.signed_by).unwrap_or_default(),
            option("Trusted", &self.trusted).unwrap_or_default(),
        )
    }
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

/// Reads a `.sources` file (deb822): stanzas of fields.
pub(crate) fn deb822(text: &str) -> Vec<Source> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    lines
        .split(|line| line.trim().is_empty())
        .filter_map(stanza)
        .collect()
}

fn stanza(lines: &[&str]) -> Option<Source> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in lines {
        if line.starts_with([' ', '\t']) {
            let (_, value) = fields.last_mut()?;
            value.push('\n');
            value.push_str(line);
        } else {
            let (name, value) = line.split_once(':')?;
            fields.push((name.trim().to_lowercase(), value.trim().to_owned()));
        }
    }
    let field = |name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.clone())
    };
    if field("enabled").is_some_and(|value| value.eq_ignore_ascii_case("no")) {
        return None;
    }
    if !words(&field("types")?).iter().any(|kind| kind == "deb") {
        return None;
    }
    Some(Source {
        uris: words(&field("uris")?),
        suites: words(&field("suites")?),
        components: words(&field("components").unwrap_or_default()),
        signed_by: field("signed-by"),
        trusted: field("trusted"),
    })
}

/// Reads a `.list` file: `deb [options] uri suite component…`, one a line.
pub(crate) fn one_line(text: &str) -> Vec<Source> {
    text.lines().filter_map(line).collect()
}

fn line(line: &str) -> Option<Source> {
    let line = line.split('#').next()?;
    let rest = line.trim().strip_prefix("deb")?;
    // Not `deb-src`.
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(inside) => inside.split_once(']')?,
        None => ("", rest),
    };
    let option = |name: &str| {
        options.split_whitespace().find_map(|option| {
            let (key, value) = option.split_once('=')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.replace(',', " "))
        })
    };
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(Source {
        uris: vec![words.next()?],
        suites: vec![words.next()?],
        components: words.collect(),
        signed_by: option("signed-by"),
        trusted: option("trusted"),
    })
}

/// What `/etc/os-release` says about one thing.
pub(crate) fn os_release(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == name).then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    })
}

/// Sources of this release of the distribution itself: all of its suites, with their
/// updates. Other archives may use the same name of a release, but not its components.
pub(crate) fn of_release(sources: &[Source], codename: &str) -> Vec<Source> {
    sources
        .iter()
        .filter_map(|source| {
            let is_its_own = |suite: &&String| {
                suite
                    .strip_prefix(codename)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            };
            let suites: Vec<String> = source.suites.iter().filter(is_its_own).cloned().collect();
            let components = &source.components;
            let official = components.iter().any(|c| c == "main" || c == "universe");
            (official && !suites.is_empty()).then(|| source.with_suites(suites))
        })
        .collect()
}

/// The archives of this release, not those of its updates only, for another release.
pub(crate) fn of_other_release(sources: &[Source], codename: &str, other: &str) -> Vec<Source> {
    let main = |source: &Source| Source {
        components: vec!["main".to_owned()],
        ..source.with_suites(vec![other.to_owned()])
    };
    of_release(sources, codename)
        .iter()
        .filter(|source| source.suites.iter().any(|suite| suite == codename))
        .map(main)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEB822: &str = "\
# A comment.
Types: deb deb-src
# http://archive.example/snapshot
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/archive.gpg

Types: deb
URIs: http://archive.example/debian-security
Suites: bookworm-security
Components: main contrib

Enabled: no
Types: deb
URIs: http://archive.example/off
Suites: bookworm
Components: main

Types: deb-src
URIs: http://archive.example/src
Suites: bookworm
Components: main

Types: deb
URIs: https://vendor.example/
Suites: bookworm
Components: stable
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBFit
 -----END PGP PUBLIC KEY BLOCK-----
";

    const ONE_LINE: &str = "\
# deb http://archive.example/off jammy main
deb http://archive.example/ubuntu jammy main restricted
deb-src http://archive.example/ubuntu jammy main
deb [arch=amd64 signed-by=/a.gpg,/b.gpg] http://archive.example/ubuntu jammy-updates universe # why
deb
debug http://archive.example jammy main
";

    fn uris(sources: &[Source]) -> Vec<&str> {
        sources
            .iter()
            .flat_map(|source| &source.uris)
            .map(String::as_str)
            .collect()
    }

    #[test]
    fn stanzas_are_read() {
        let sources = deb822(DEB822);
        assert_eq!(
            uris(&sources),
            [
                "http://archive.example/debian",
                "http://archive.example/debian-security",
                "https://vendor.example/"
            ]
        );
        assert_eq!(sources[0].suites, ["bookworm", "bookworm-updates"]);
        assert_eq!(
            sources[0].signed_by.as_deref(),
            Some("/usr/share/keyrings/archive.gpg")
        );
        assert_eq!(sources[1].components, ["main", "contrib"]);
        assert_eq!(sources[1].signed_by, None);
    }

    #[test]
    fn a_key_that_is_written_out_is_kept_as_it_is() {
        let source = &deb822(DEB822)[2];
        let key = source.signed_by.as_deref().unwrap();
        assert!(key.starts_with("\n -----BEGIN"), "{key:?}");
        assert_eq!(deb822(&source.stanza()).first(), Some(source));
    }

    #[test]
    fn lines_are_read() {
        let sources = one_line(ONE_LINE);
        assert_eq!(uris(&sources), ["http://archive.example/ubuntu"; 2]);
        assert_eq!(sources[0].components, ["main", "restricted"]);
        assert_eq!(sources[1].suites, ["jammy-updates"]);
        assert_eq!(sources[1].components, ["universe"]);
        assert_eq!(sources[1].signed_by.as_deref(), Some("/a.gpg /b.gpg"));
    }

    #[test]
    fn a_file_that_makes_no_sense_has_no_sources() {
        for text in [
            "",
            " \n",
            "Types deb\n",
            " continued\n",
            "Types: deb\n",
            "deb [x http://a b c\n",
        ] {
            assert_eq!(deb822(text), [], "{text:?}");
            assert_eq!(one_line(text), [], "{text:?}");
        }
    }

    #[test]
    fn another_release_comes_from_the_same_archive_with_the_same_key() {
        let other = of_other_release(&deb822(DEB822), "bookworm", "trixie");
        assert_eq!(
            other.iter().map(Source::stanza).collect::<String>(),
            "Types: deb\nURIs: http://archive.example/debian\nSuites: trixie\nComponents: main\n\
             Targets: Packages\nSigned-By: /usr/share/keyrings/archive.gpg\n\n"
        );
    }

    #[test]
    fn the_own_release_has_its_updates_and_no_other_vendor() {
        let own = of_release(&deb822(DEB822), "bookworm");
        assert_eq!(
            uris(&own),
            [
                "http://archive.example/debian",
                "http://archive.example/debian-security"
            ]
        );
        assert_eq!(of_release(&deb822(DEB822), "book"), []);
    }

    #[test]
    fn the_name_of_the_release_is_read() {
        let text = "PRETTY_NAME=\"Some Linux 12\"\nID=debian\nVERSION_CODENAME='bookworm'\n";
        assert_eq!(os_release(text, "ID").as_deref(), Some("debian"));
        assert_eq!(
            os_release(text, "VERSION_CODENAME").as_deref(),
            Some("bookworm")
        );
        assert_eq!(os_release(text, "NAME"), None);
    }
}
