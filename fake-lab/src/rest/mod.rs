//! The HTTP face of a server: one request in, one answer out. Must not know
//! how either travels, or what goes wrong on the way.

mod answer;
mod device;
mod device_type;
mod internal;
mod job;
mod list;
mod request;
mod result;
mod system;
mod worker;
mod xmlrpc;

pub(crate) use self::{answer::Answer, request::Request};
use crate::{words::Release, world::World};

const READ: &str = "GET, HEAD, OPTIONS";
const LIST: &str = "GET, POST, HEAD, OPTIONS";
const ITEM: &str = "GET, PUT, PATCH, DELETE, HEAD, OPTIONS";
const ACT: &str = "POST, OPTIONS";

/// The method of an XML-RPC call.
pub(crate) fn rpc_method(request: &Request) -> Option<String> {
    request
        .path
        .starts_with("/RPC2")
        .then(|| xmlrpc::method(&request.body))
        .flatten()
}

/// Whether no route knows a call: nobody should have made it.
pub(crate) fn is_unexpected(world: &World, request: &Request) -> bool {
    let path = request.path.as_str();
    if let Some(method) = rpc_method(request) {
        return !xmlrpc::METHODS.contains(&method.as_str());
    }
    if path.starts_with("/RPC2") || path.starts_with("/scheduler/internal/v1/workers/") {
        return false;
    }
    let words = path.strip_prefix("/api/v0.2").map(words);
    words.is_none_or(|words| route(world.release, &words).is_none())
}

/// The parts of a path between its slashes.
fn words(path: &str) -> Vec<&str> {
    path.split('/').filter(|word| !word.is_empty()).collect()
}

/// What answers a path; the words are its variable parts.
type Handler = fn(&mut World, &Request, &[&str]) -> Answer;

pub(crate) fn handle(world: &mut World, request: &Request) -> Answer {
    let path = request.path.as_str();
    if path == "/RPC2" || path == "/RPC2/" {
        return xmlrpc::call(world, request);
    }
    if let Some(rest) = path.strip_prefix("/scheduler/internal/v1/workers/") {
        return internal::workers(world, request, rest.trim_end_matches('/'));
    }
    let Some(rest) = path.strip_prefix("/api/v0.2") else {
        if let (Some("/"), Release::V2026_10) = (path.strip_prefix("/api/v0.3"), world.release) {
            return system::empty_root(world, request, &[]).allow(READ);
        }
        return Answer::html(404);
    };
    let words = words(rest);
    let Some((allow, handler)) = route(world.release, &words) else {
        return Answer::html(404);
    };
    if !path.ends_with('/') {
        return Answer::moved(&format!("{path}/"));
    }
    if request.has_bad_token(world) {
        return Answer::detail(403, "Invalid token.").allow(allow);
    }
    let method = request.method.as_str();
    if !allow.split(", ").any(|known| known == method) {
        // LAVA asks who calls before it looks for what the method does
        if !READ.contains(method) && request.user(world).is_none() {
            return Answer::anonymous().allow(allow);
        }
        return Answer::detail(405, &format!("Method \"{method}\" not allowed.")).allow(allow);
    }
    handler(world, request, &words).allow(allow)
}

/// Every path of the API, with its methods.
fn route(release: Release, words: &[&str]) -> Option<(&'static str, Handler)> {
    let cancel = match release {
        Release::V2023_01 => READ,
        Release::V2026_10 => ACT,
    };
    let new = release == Release::V2026_10;
    let route: (&'static str, Handler) = match words {
        [] => (READ, system::root),
        ["system", "version"] => (READ, system::version),
        ["system", "whoami"] => (READ, system::whoami),
        ["token"] => (ACT, system::token),
        ["tags"] => (LIST, system::tags),
        ["tags", _] => (READ, system::tag),
        ["permissions", "devices"] => (LIST, system::permissions),
        ["devices"] => (LIST, device::collection),
        ["devices", "validate"] => (ACT, device::validate),
        ["devices", _] => (ITEM, device::item),
        ["devices", _, "set_health"] => (ACT, device::set_health),
        ["devices", _, "dictionary"] => (LIST, device::dictionary),
        ["devicetypes"] => (LIST, device_type::collection),
        ["devicetypes", _] => (ITEM, device_type::item),
        ["devicetypes", _, "template"] => (LIST, device_type::template),
        ["devicetypes", _, "health_check"] => (LIST, device_type::health_check),
        ["workers"] => (LIST, worker::collection),
        ["workers", _] => (ITEM, worker::item),
        ["workers", _, "config" | "env"] => (LIST, worker::file),
        ["workers", _, "set_health"] if new => (ACT, worker::set_health),
        ["jobs"] => (LIST, job::collection),
        ["jobs", "validate"] => (ACT, job::validate),
        ["jobs", "batch_cancel"] if new => (ACT, job::batch_cancel),
        ["jobs", _] => (ITEM, job::item),
        ["jobs", _, "cancel"] => (cancel, job::cancel),
        ["jobs", _, "metadata"] => (READ, job::metadata),
        ["jobs", _, "logs"] => (READ, result::logs),
        ["jobs", _, "yaml"] => (READ, result::yaml),
        ["jobs", _, "suites"] => (READ, result::suites),
        ["jobs", _, "tests"] => (READ, result::tests),
        ["jobs", _, "suites", _, "tests"] => (READ, result::suite_tests),
        ["jobs", _, "suites", _, "tests", _] => (READ, result::one_test),
        ["jobs", _, "suites", _, "yaml"] => (READ, result::suite_yaml),
        _ => return None,
    };
    Some(route)
}
