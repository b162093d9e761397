//! `/labs`: who lends what, when, and what came of it.
//!
//! Must not know HTTP; one lab has a page of its own.

use yew::{Html, component, html, use_effect_with};

use crate::api::lab;
use crate::components::faces::{face, faced};
use crate::components::lab::facts;
use crate::components::link::link;
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_load;
use crate::model::answer::plural;
use crate::model::contribution::LabCard;
use crate::route::Route;

#[component]
pub(crate) fn LabsPage() -> Html {
    use_effect_with((), |()| super::title("Labs"));
    let stamp = use_stamp();
    let loaded = use_load(Some(Vec::new()), stamp, lab::labs);
    html! {
        <div class="page">
            { faced(&loaded, "The labs could not be loaded", |labs| page(labs)) }
        </div>
    }
}

fn page(labs: &[LabCard]) -> Html {
    if labs.is_empty() {
        return html! {
            <div class="box">{ face("No lab is known yet", html! { <p>
                { "A lab lends its devices for some hours every day. Say which one, and when: " }
                <code>{ "lavafed lab add paris --url https://lava.example.org --time-zone Europe/Paris --opens 20:00 --minutes 480" }</code>
            </p> }) }</div>
        };
    }
    let held: usize = labs.iter().map(|card| card.held).sum();
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let said = format!(
        "{}, {} held now",
        plural(number(labs.len()), "lab"),
        plural(number(held), "device")
    );
    html! {
        <>
        <h1>{ said }</h1>
        <ul class="cards">{ for labs.iter().map(card) }</ul>
        </>
    }
}

fn card(card: &LabCard) -> Html {
    let lab = &card.lab;
    let devices = plural(u32::try_from(card.devices).unwrap_or(u32::MAX), "device");
    html! {
        <li class="box lab">
            <h2>{ link(&Route::lab(&lab.name), html! { <bdi>{ &lab.name }</bdi> }) }</h2>
            <dl class="kv">
                <dt>{ "Devices" }</dt><dd>{ format!("{devices}, {} held now", card.held) }</dd>
                { facts(lab) }
                <dt>{ "In 30 days" }</dt><dd>{ card.given.said() }</dd>
            </dl>
        </li>
    }
}
