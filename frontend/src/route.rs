//! The addresses of the page.
//!
//! Must not know what a page shows; the query part is `model::address`.

use std::borrow::Cow;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Route {
    /// `/`
    #[default]
    Versions,
    /// `/versions/:name`
    Version {
        name: String,
    },
    /// `/versions/:name/waivers`
    Waivers {
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
    /// `/jobs`
    Jobs,
    /// `/labs`
    Labs,
    /// `/labs/:name`
    Lab {
        name: String,
    },
    /// `/devices/:lab/:hostname`
    Device {
        lab: String,
        hostname: String,
    },
    /// `/receipts`
    Receipts,
    /// `/tokens`
    Tokens,
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
            Self::Waivers { .. }
            | Self::Job { .. }
            | Self::Leases
            | Self::Lease { .. }
            | Self::Jobs
            | Self::Labs
            | Self::Lab { .. }
            | Self::Device { .. }
            | Self::Receipts
            | Self::Tokens
            | Self::SignIn
            | Self::NotFound => Bundle::Farm,
        }
    }

    pub(crate) fn version(name: &str) -> Self {
        Self::Version {
            name: name.to_owned(),
        }
    }

    pub(crate) fn waivers(version: &str) -> Self {
        Self::Waivers {
            name: version.to_owned(),
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

    pub(crate) fn lab(name: &str) -> Self {
        Self::Lab {
            name: name.to_owned(),
        }
    }

    pub(crate) fn device(lab: &str, hostname: &str) -> Self {
        Self::Device {
            lab: lab.to_owned(),
            hostname: hostname.to_owned(),
        }
    }

    pub(crate) fn to_path(&self) -> String {
        match self {
            Self::Versions => "/".to_owned(),
            Self::Version { name } => format!("/versions/{}", urlencoding::encode(name)),
            Self::Waivers { name } => format!("/versions/{}/waivers", urlencoding::encode(name)),
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
            Self::Jobs => "/jobs".to_owned(),
            Self::Labs => "/labs".to_owned(),
            Self::Lab { name } => format!("/labs/{}", urlencoding::encode(name)),
            Self::Device { lab, hostname } => format!(
                "/devices/{}/{}",
                urlencoding::encode(lab),
                urlencoding::encode(hostname)
            ),
            Self::Receipts => "/receipts".to_owned(),
            Self::Tokens => "/tokens".to_owned(),
            Self::SignIn => "/sign-in".to_owned(),
            Self::NotFound => "/404".to_owned(),
        }
    }

    /// The page of a path; one that is not known is a page too, which says so.
    pub(crate) fn of(path: &str) -> Self {
        Self::find(path).unwrap_or(Self::NotFound)
    }

    fn find(path: &str) -> Option<Self> {
        let decoded = |part: &str| urlencoding::decode(part).ok().map(Cow::into_owned);
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let found = match *parts {
            [] => Self::Versions,
            ["versions", name] => Self::Version {
                name: decoded(name)?,
            },
            ["versions", name, "waivers"] => Self::Waivers {
                name: decoded(name)?,
            },
            ["features", name] => Self::Feature {
                name: decoded(name)?,
            },
            ["device-types", name] => Self::DeviceType {
                name: decoded(name)?,
            },
            ["compare", base, head] => Self::Compare {
                base: decoded(base)?,
                head: decoded(head)?,
            },
            ["jobs"] => Self::Jobs,
            ["jobs", id] => Self::Job { id: decoded(id)? },
            ["leases"] => Self::Leases,
            ["leases", id] => Self::Lease { id: decoded(id)? },
            ["labs"] => Self::Labs,
            ["labs", name] => Self::Lab {
                name: decoded(name)?,
            },
            ["devices", lab, hostname] => Self::Device {
                lab: decoded(lab)?,
                hostname: decoded(hostname)?,
            },
            ["receipts"] => Self::Receipts,
            ["tokens"] => Self::Tokens,
            ["sign-in"] => Self::SignIn,
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
        let waivers = Route::of("/versions/2026.10/waivers");
        assert_eq!(waivers.bundle(), Bundle::Farm);
        assert_eq!(Route::of("/nowhere").bundle(), Bundle::Farm);
    }

    #[test]
    fn a_page_survives_its_address() {
        for route in [
            Route::Versions,
            Route::version("2026.10.0042.gabc"),
            Route::version("a b/c?d%"),
            Route::waivers("a b/c?d%"),
            Route::feature("test.shell=0_a/b"),
            Route::device_type("imx6q sabre"),
            Route::compare("2026.10", "a b/c"),
            Route::job("Sm9iOjE+/w=="),
            Route::Leases,
            Route::lease("TGVhc2U6MQ=="),
            Route::Jobs,
            Route::Labs,
            Route::lab("../<script>"),
            Route::device("a/b", "x15 01"),
            Route::Receipts,
            Route::Tokens,
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
