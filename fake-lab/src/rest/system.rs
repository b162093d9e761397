//! The small resources: the root, `system/`, `token/`, `tags/`, permissions.
//! Must not know devices and jobs.

use serde::{Serialize, Serializer};

use super::{
    Answer, Request, device,
    list::{self, Field},
};
use crate::{
    journal::Change,
    words::Release,
    world::{Grant, Tag, World},
};

pub(super) fn root(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    struct Links(Vec<(&'static str, String)>);
    impl Serialize for Links {
        fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.collect_map(self.0.iter().map(|(name, link)| (name, link)))
        }
    }
    let mut names = vec![
        "aliases",
        "devices",
        "devicetypes",
        "jobs",
        "permissions/devicetypes",
        "permissions/devices",
        "system",
        "tags",
        "workers",
    ];
    if world.release == Release::V2026_10 {
        names.extend(["remote-artifact-tokens", "groups", "users"]);
    }
    let links = names.into_iter().map(|name| {
        let link = request.absolute(&format!("/api/v0.2/{name}/"));
        (name, link)
    });
    Answer::json(200, &Links(links.collect()))
}

/// v0.3 of 2026.10.
pub(super) fn empty_root(_: &mut World, _: &Request, _: &[&str]) -> Answer {
    Answer::new(
        200,
        Some("application/json"),
        bytes::Bytes::from_static(b"{}"),
    )
}

pub(super) fn version(world: &mut World, _: &Request, _: &[&str]) -> Answer {
    Answer::pair(200, "version", &world.version)
}

pub(super) fn whoami(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    let name = request.user(world).map_or("", |user| user.name.as_str());
    Answer::pair(200, "user", name)
}

pub(super) fn token(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    let fields = match request.fields() {
        Ok(fields) => fields,
        Err(answer) => return answer,
    };
    let name = device::text(&fields, "username").unwrap_or_default();
    let password = device::text(&fields, "password").unwrap_or_default();
    let user = world.user(&name).filter(|user| user.password == password);
    match user.and_then(|user| user.tokens.first()) {
        Some((secret, _)) => Answer::pair(200, "token", secret),
        None => Answer::field(
            "non_field_errors",
            "Unable to log in with provided credentials.",
        ),
    }
}

#[derive(Serialize)]
struct ShownTag<'a> {
    id: u32,
    name: &'a str,
    description: Option<&'a str>,
}

fn show(tag: &Tag) -> ShownTag<'_> {
    ShownTag {
        id: tag.id,
        name: &tag.name,
        description: tag.description.as_deref(),
    }
}

pub(super) fn tags(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    if request.method == "GET" {
        let found = list::select(request, world.tags.iter(), |tag, name| match name {
            "id" => Some(Field::Number(i64::from(tag.id))),
            "name" => Some(Field::Text(tag.name.clone())),
            _ => None,
        });
        return list::page(request, &found, |tag| show(tag));
    }
    let run = |world: &mut World| {
        let by = request.need(world, |rights| rights.add_tag)?;
        let fields = request.fields()?;
        let Some(name) = device::text(&fields, "name") else {
            return Err(device::required(&["name"]));
        };
        if let Some(problem) = not_a_tag(world.release, &name) {
            return Err(Answer::field("name", &problem));
        }
        if world.tags.iter().any(|tag| tag.name == name) {
            return Err(Answer::field("name", "tag with this name already exists."));
        }
        let id = world.add_tag(&name, device::text(&fields, "description"));
        world.note(&by, Change::TagCreated { tag: name });
        let made = world.tags.iter().find(|tag| tag.id == id);
        made.map(|tag| Answer::json(201, &show(tag)))
            .ok_or_else(Answer::forbidden)
    };
    run(world).unwrap_or_else(|answer| answer)
}

/// What LAVA has against a name for a tag.
fn not_a_tag(release: Release, name: &str) -> Option<String> {
    let longest = match release {
        Release::V2023_01 => 50,
        Release::V2026_10 => 100,
    };
    if name.is_empty() {
        return Some("This field may not be blank.".to_owned());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.chars().all(plain) {
        let slug = "Enter a valid \"slug\" consisting of letters, numbers, underscores or hyphens.";
        return Some(slug.to_owned());
    }
    (name.len() > longest)
        .then(|| format!("Ensure this field has no more than {longest} characters."))
}

pub(super) fn tag(world: &mut World, _: &Request, words: &[&str]) -> Answer {
    let id = words.get(1).and_then(|word| word.parse::<u32>().ok());
    let mut tags = world.tags.iter();
    match tags.find(|tag| Some(tag.id) == id) {
        Some(tag) => Answer::json(200, &show(tag)),
        None => device::not_found(world, "Tag"),
    }
}

#[derive(Serialize)]
struct ShownGrant<'a> {
    id: u32,
    group: &'a str,
    permission: &'static str,
    device: &'a str,
}

fn show_grant(grant: &Grant) -> ShownGrant<'_> {
    ShownGrant {
        id: grant.id,
        group: &grant.group,
        permission: "change_device",
        device: &grant.device,
    }
}

/// Who may change which device; a group has the name of its only user here.
pub(super) fn permissions(world: &mut World, request: &Request, _: &[&str]) -> Answer {
    let run = |world: &mut World| {
        let by = request.need(world, |_| false)?;
        if request.method == "GET" {
            let grants: Vec<&Grant> = world.grants.iter().collect();
            return Ok(list::page(request, &grants, |grant| show_grant(grant)));
        }
        let fields = request.fields()?;
        let field = |name| device::text(&fields, name).unwrap_or_default();
        let (group, device) = (field("group"), field("device"));
        if world
            .grants
            .iter()
            .any(|grant| grant.group == group && grant.device == device)
        {
            let problem = "The fields group, permission, device must make a unique set.";
            return Err(Answer::field("non_field_errors", problem));
        }
        let granted = world.grant(&group, &device);
        let answer = Answer::json(201, &show_grant(&granted));
        world.note(
            &by,
            Change::Permission {
                user: group,
                device,
            },
        );
        Ok(answer)
    };
    run(world).unwrap_or_else(|answer| answer)
}
