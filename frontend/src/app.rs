//! The whole of a bundle: what every page has around it, and which page it is.
//!
//! Must not know what a page shows.

use yew::{Html, Properties, component, html};

use crate::components::alerts::Alerts;
use crate::components::top::Top;
use crate::hooks::announce;
use crate::hooks::live::LiveConnection;
use crate::hooks::place::{Places, use_place};
use crate::pages::compare::ComparePage;
use crate::pages::device::DevicePage;
use crate::pages::job::JobPage;
use crate::pages::jobs::JobsPage;
use crate::pages::lab::LabPage;
use crate::pages::labs::LabsPage;
use crate::pages::lease::LeasePage;
use crate::pages::leases::LeasesPage;
use crate::pages::not_found::not_found;
use crate::pages::receipts::ReceiptsPage;
use crate::pages::sign_in::SignInPage;
use crate::pages::tokens::TokensPage;
use crate::pages::version::VersionPage;
use crate::pages::versions::{Side, VersionsPage};
use crate::pages::waivers::WaiversPage;
use crate::route::Route;

#[component]
pub(crate) fn Grid() -> Html {
    html! { <Frame><GridPage /></Frame> }
}

#[component]
pub(crate) fn Farm() -> Html {
    html! { <Frame><FarmPage /></Frame> }
}

#[derive(PartialEq, Properties)]
struct FrameProps {
    children: Html,
}

#[component]
fn Frame(props: &FrameProps) -> Html {
    html! {
        <Places>
            <LiveConnection>
                <a class="skip" href="#main">{ "Skip to the content" }</a>
                <Top />
                <main id="main" tabindex="-1">
                    { props.children.clone() }
                </main>
                <Alerts />
                { announce::place() }
            </LiveConnection>
        </Places>
    }
}

#[component]
fn GridPage() -> Html {
    match use_place().route {
        Route::Versions => html! { <VersionsPage side={Side::All} /> },
        // A key, so that nothing of one version is shown for another.
        Route::Version { name } => html! { <VersionPage key={name.clone()} name={name.clone()} /> },
        Route::Feature { name } => {
            let key = format!("feature {name}");
            html! { <VersionsPage {key} side={Side::Feature(name)} /> }
        }
        Route::DeviceType { name } => {
            let key = format!("device-type {name}");
            html! { <VersionsPage {key} side={Side::DeviceType(name)} /> }
        }
        Route::Compare { base, head } => {
            let key = format!("{base} {head}");
            html! { <ComparePage {key} {base} {head} /> }
        }
        Route::Waivers { .. }
        | Route::Jobs
        | Route::Job { .. }
        | Route::Leases
        | Route::Lease { .. }
        | Route::Labs
        | Route::Lab { .. }
        | Route::Device { .. }
        | Route::Receipts
        | Route::Tokens
        | Route::SignIn
        | Route::NotFound => nowhere(),
    }
}

#[component]
fn FarmPage() -> Html {
    match use_place().route {
        Route::Waivers { name } => html! { <WaiversPage key={name.clone()} name={name.clone()} /> },
        Route::Jobs => html! { <JobsPage /> },
        Route::Job { id } => html! { <JobPage {id} /> },
        Route::Leases => html! { <LeasesPage /> },
        Route::Lease { id } => html! { <LeasePage {id} /> },
        Route::Labs => html! { <LabsPage /> },
        Route::Lab { name } => html! { <LabPage {name} /> },
        Route::Device { lab, hostname } => html! { <DevicePage {lab} {hostname} /> },
        Route::Receipts => html! { <ReceiptsPage /> },
        Route::Tokens => html! { <TokensPage /> },
        Route::SignIn => html! { <SignInPage /> },
        Route::Versions
        | Route::Version { .. }
        | Route::Feature { .. }
        | Route::DeviceType { .. }
        | Route::Compare { .. }
        | Route::NotFound => nowhere(),
    }
}

fn nowhere() -> Html {
    not_found(
        "This page does not exist",
        "The link may be old or cut short.",
    )
}
