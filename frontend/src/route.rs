//! The addresses of the page.
//!
//! Must not know what a page shows; the query part is `model::address`.

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Route {
    /// `/`
    #[default]
    Versions,
    /// `/versions/:name`
    Version {
        name: String,
    },
    /// `/features/:name`
    Feature {
        name: String,
    },
    /// `/device-types/:name`
    DeviceType {
        name: String,
    },
    /// `/compare/:base/:head`
    Compare {
        base: String,
        head: String,
    },
    /// `/jobs/:id`
    Job {
        id: String,
    },
    /// `/leases`
    Leases,
    /// `/leases/:id`
    Lease {
        id: String,
    },
    /// `/sign-in`
    SignIn,
    NotFound,
}

/// What is loaded at once: a link within a bundle is followed by the page, one
/// to the other by the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bundle {
    Grid,
    Farm,
}

impl Route {
    /// The server chooses the same one by the path, in `http/spa.rs`.
    pub(crate) fn bundle(&self) -> Bundle {
        match self {
            Self::Versions
            | Self::Version { .. }
            | Self::Feature { .. }
            | Self::DeviceType { .. }
            | Self::Compare { .. } => Bundle::Grid,
            Self::Job { .. }
            | Self::Leases
            | Self::Lease { .. }
            | Self::SignIn
            | Self::NotFound => Bundle::Farm,
        }
    }

    pub(crate) fn version(name: &str) -> Self {
        Self::Version {
            name: name.to_owned(),
        }
    }

    pub(crate) fn feature(name: &str) -> Self {
        Self::Feature {
            name: name.to_owned(),
        }
    }

    pub(crate) fn device_type(name: &str) -> Self {
        Self::DeviceType {
            name: name.to_owned(),
        }
    }

    pub(crate) fn compare(base: &str, head: &str) -> Self {
        Self::Compare {
            base: base.to_owned(),
            head: head.to_owned(),
        }
    }

    pub(crate) fn job(id: &str) -> Self {
        Self::Job { id: id.to_owned() }
    }

    pub(crate) fn lease(id: &str) -> Self {
        Self::Lease { id: id.to_owned() }
    }

    pub(crate) fn to_path(&self) -> String {
        match self {
            Self::Versions => "/".to_owned(),
            Self::Version { name } => format!("/versions/{}", urlencoding::encode(name)),
            Self::Feature { name } => format!("/features/{}", urlencoding::encode(name)),
            Self::DeviceType { name } => format!("/device-types/{}", urlencoding::encode(name)),
            Self::Compare { base, head } => format!(
                "/compare/{}/{}",
                urlencoding::encode(base),
                urlencoding::encode(head)
            ),
            Self::Job { id } => format!("/jobs/{}", urlencoding::encode(id)),
            Self::Leases => "/leases".to_owned(),
            Self::Lease { id } => format!("/leases/{}", urlencoding::encode(id)),
            Self::SignIn => "/sign-in".to_owned(),
            Self::NotFound => "/404".to_owned(),
        }
    }

    /// The page of a path; one that is not known is a page too, which says so.
    pub(crate) fn of(path: &str) -> Self {
        Self::find(path).unwrap_or(Self::NotFound)
    }

    fn find(path: &str) -> Option<Self> {
        if let Some((base, head)) = path
            .strip_prefix("/compare/")
            .and_then(|rest| rest.split_once('/'))
            .filter(|(base, head)| !base.is_empty() && !head.is_empty() && !head.contains('/'))
        {
            return Some(Self::Compare {
                base: urlencoding::decode(base).ok()?.into_owned(),
                head: urlencoding::decode(head).ok()?.into_owned(),
            });
        }
        let mut parts = path.split('/').filter(|part| !part.is_empty());
        let found = match (parts.next(), parts.next(), parts.next()) {
            (None, _, _) => Self::Versions,
            (Some("versions"), Some(name), None) => Self::Version {
                name: urlencoding::decode(name).ok()?.into_owned(),
            },
            (Some("features"), Some(name), None) => Self::Feature {
                name: urlencoding::decode(name).ok()?.into_owned(),
            },
            (Some("device-types"), Some(name), None) => Self::DeviceType {
                name: urlencoding::decode(name).ok()?.into_owned(),
            },
            (Some("jobs"), Some(id), None) => Self::Job {
                id: urlencoding::decode(id).ok()?.into_owned(),
            },
            (Some("leases"), None, _) => Self::Leases,
            (Some("sign-in"), None, _) => Self::SignIn,
            (Some("leases"), Some(id), None) => Self::Lease {
                id: urlencoding::decode(id).ok()?.into_owned(),
            },
            _ => return None,
        };
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_page_is_shown_by_the_farm() {
        assert_eq!(Route::of("/").bundle(), Bundle::Grid);
        assert_eq!(Route::of("/versions/2026.10").bundle(), Bundle::Grid);
        assert_eq!(Route::of("/leases").bundle(), Bundle::Farm);
        assert_eq!(Route::of("/nowhere").bundle(), Bundle::Farm);
    }

    #[test]
    fn a_page_survives_its_address() {
        for route in [
            Route::Versions,
            Route::version("2026.10.0042.gabc"),
            Route::version("a b/c?d%"),
            Route::feature("test.shell=0_a/b"),
            Route::device_type("imx6q sabre"),
            Route::compare("2026.10", "a b/c"),
            Route::job("Sm9iOjE+/w=="),
            Route::Leases,
            Route::lease("TGVhc2U6MQ=="),
            Route::SignIn,
            Route::NotFound,
        ] {
            assert_eq!(Route::of(&route.to_path()), route);
        }
        for lost in [
            "/compare/2026.10",
            "/compare//2026.10",
            "/compare/a/b/c",
            "/features",
        ] {
            assert_eq!(Route::of(lost), Route::NotFound, "{lost}");
        }
        assert_eq!(Route::of("/versions"), Route::NotFound);
        assert_eq!(Route::of("/jobs/1/2"), Route::NotFound);
        assert_eq!(Route::of("/graphql"), Route::NotFound);
    }
}
