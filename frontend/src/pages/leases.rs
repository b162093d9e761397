//! `/leases`: what each lab lends now, why, and what is not back.
//!
//! Must not know HTTP; the trail of one lease is a page of its own.

use std::rc::Rc;

use yew::{Callback, Html, Properties, component, hook, html, use_effect_with, use_node_ref};

use crate::api::lending;
use crate::components::faces::{face, faced};
use crate::components::lending::section;
use crate::components::search_field::{SearchField, search_field};
use crate::components::symbol::{Glyph, glyph};
use crate::components::timeline::legend;
use crate::hooks::announce::announce;
use crate::hooks::clock::{self, use_now};
use crate::hooks::focus::use_hold;
use crate::hooks::kept::use_kept;
use crate::hooks::keys::use_search_key;
use crate::hooks::listing::{Lister, use_listing};
use crate::hooks::live::use_stamp;
use crate::hooks::load::use_parts;
use crate::hooks::zone::use_zones;
use crate::model::lab::Lab;
use crate::model::lending::{DeviceRow, Lending, Narrowed, OVERDUE, rows};
use crate::model::time;
use crate::model::timeline::Day;
use crate::route::Route;

/// How long before the last end is read again: a job may be told of late, and
/// clocks of servers differ.
const AGAIN_MS: f64 = 600_000.0;
const SEARCH: &str = "q";
const STATES: &str = "show";

#[component]
pub(crate) fn LeasesPage() -> Html {
    let stamp = use_stamp();
    let loaded = use_parts(Some(Vec::new()), stamp, |known: Option<Rc<Lending>>| {
        let day = Day::around(clock::now());
        let ended = known
            .as_ref()
            .and_then(|known| clock::millis(known.newest_end.as_deref()?));
        let since = ended.map_or(day.from, |ended| day.from.max(ended - AGAIN_MS));
        let shown = (clock::text(day.from), clock::text(day.to));
        lending::lending(known, shown, clock::text(since))
    });
    use_effect_with((), |()| super::title("Leases"));
    use_zones();
    use_news(loaded.data.clone());
    let lister = use_listing(Route::Leases, &[SEARCH, STATES]);
    let field = use_node_ref();
    use_search_key(&field);
    let day = Day::around(use_now(20_000));
    let props = SearchField {
        hint: "Lab, device, device-type",
        value: lister.asked.get(SEARCH).to_owned(),
        on_search: lister.typed(SEARCH),
        field,
    };
    html! { <div class="page">{ faced(&loaded, "The leases could not be loaded", |lending| {
        page(lending, &lister, day, search_field(&props))
    }) }</div> }
}

/// What changed is told to those who hear the page.
#[hook]
fn use_news(data: Option<Rc<Lending>>) {
    let before = use_kept(|| None::<Rc<Lending>>);
    let data = data.filter(|data| data.is_whole);
    // What was read before is kept, so its place cannot be another's.
    let place = data.as_ref().map(|data| Rc::as_ptr(data) as usize);
    use_effect_with(place, move |_| {
        if let Some(now) = data
            && let Some(before) = before.replace(Some(Rc::clone(&now)))
            && let Some(news) = now.news(&before)
        {
            announce(&news);
        }
    });
}

fn page(lending: &Rc<Lending>, lister: &Lister, day: Day, search: Html) -> Html {
    if lending.is_nothing() {
        return html! {
            <div class="box">{ face("No lab lends anything yet", html! { <p>
                { "Say which lab lends, and when: " }
                <code>{ "lavafed lab add paris --url https://lava.example.org --time-zone Europe/Paris --opens 20:00 --minutes 480" }</code>
            </p> }) }</div>
        };
    }
    let (wrong, held) = lending.sentence();
    let begins = clock::text(day.from);
    let narrowed = Narrowed {
        search: lister.asked.get(SEARCH).to_owned(),
        states: lister.asked.get_if(STATES).map_or_else(Vec::new, |words| {
            words.split(',').map(str::to_owned).collect()
        }),
    };
    html! {
        <>
        <div class="lead">
            <h1>
                if !wrong.is_empty() {
                    <span class="bad">{ wrong }</span>{ ", " }
                }
                { held }
            </h1>
            <span class="muted">
                { format!("{}; each lab shows its own time", time::utc(&clock::text(day.now))) }
            </span>
        </div>
        <div class="bar">
            { counts(lending, &begins, &narrowed, lister) }
            <div class="tools">{ search }</div>
        </div>
        if lending.is_cut {
            <p class="muted">{ format!("The newest {} leases are shown.", lending.count()) }</p>
        }
        <Days lending={Rc::clone(lending)} {narrowed} {day} />
        </>
    }
}

#[derive(Properties)]
struct DaysProps {
    lending: Rc<Lending>,
    narrowed: Narrowed,
    day: Day,
}

impl PartialEq for DaysProps {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.lending, &other.lending)
            && self.narrowed == other.narrowed
            && self.day == other.day
    }
}

/// The lines of all labs: drawn anew only when what they show is another.
#[component]
fn Days(props: &DaysProps) -> Html {
    let place = use_node_ref();
    use_hold(&place);
    let begins = clock::text(props.day.from);
    // Those with something to show first, each group by name.
    let labs = props.lending.labs.iter();
    let mut labs: Vec<(&Lab, Vec<DeviceRow<'_>>)> =
        labs.map(|lab| (lab, rows(lab, &begins))).collect();
    labs.sort_by_key(|(_, rows)| rows.is_empty());
    let labs: Vec<Html> = labs
        .into_iter()
        .filter_map(|(lab, mut rows)| {
            rows.retain(|row| props.narrowed.shows(row.shown));
            let is_shown = !rows.is_empty() || props.narrowed.is_nothing();
            is_shown.then(|| section(lab, &rows, props.day))
        })
        .collect();
    if labs.is_empty() {
        return html! {
            <div class="box">{ face("No lease matches", html! {
                <div class="bar">
                    <a class="btn" href={Route::Leases.to_path()}>{ "Show all leases" }</a>
                </div>
            }) }</div>
        };
    }
    html! {
        <>
        <div class="labs" ref={place}>{ for labs }</div>
        { legend() }
        </>
    }
}

fn counts(lending: &Lending, begins: &str, narrowed: &Narrowed, lister: &Lister) -> Html {
    let chip = |(word, count): (&'static str, u32)| {
        let pressed = narrowed.states.iter().any(|state| state == word);
        let asked = lister.asked.narrowed(STATES, narrowed.toggled(word));
        let lister = lister.clone();
        let onclick = Callback::from(move |_: yew::MouseEvent| lister.push(&asked));
        html! {
            <button class="chip" type="button" aria-pressed={pressed.to_string()} {onclick}>
                if word == OVERDUE {
                    <span class="sw v-fail">{ glyph(Glyph::Bolt) }</span>
                }
                <b>{ count }</b>{ word }
            </button>
        }
    };
    html! {
        <div class="chips" role="group" aria-label="Filter by state">
            { for lending.counts(begins, &narrowed.states).into_iter().map(chip) }
        </div>
    }
}
