//! The whole of the page: what every page has around it, and which page it is.
//!
//! Must not know what a page shows.

use yew::{Html, component, html};

use crate::components::alerts::Alerts;
use crate::components::top::Top;
use crate::hooks::announce;
use crate::hooks::live::LiveConnection;
use crate::hooks::place::{Places, use_place};
use crate::pages::job::JobPage;
use crate::pages::lease::LeasePage;
use crate::pages::leases::LeasesPage;
use crate::pages::not_found::not_found;
use crate::pages::sign_in::SignInPage;
use crate::pages::version::VersionPage;
use crate::pages::versions::VersionsPage;
use crate::route::Route;

#[component]
pub(crate) fn App() -> Html {
    html! {
        <Places>
            <LiveConnection>
                <a class="skip" href="#main">{ "Skip to the content" }</a>
                <Top />
                <Alerts />
                <main id="main">
                    <Page />
                </main>
                { announce::place() }
            </LiveConnection>
        </Places>
    }
}

#[component]
fn Page() -> Html {
    match use_place().route {
        Route::Versions => html! { <VersionsPage /> },
        // A key, so that nothing of one version is shown for another.
        Route::Version { name } => html! { <VersionPage key={name.clone()} name={name.clone()} /> },
        Route::Job { id } => html! { <JobPage {id} /> },
        Route::Leases => html! { <LeasesPage /> },
        Route::Lease { id } => html! { <LeasePage {id} /> },
        Route::SignIn => html! { <SignInPage /> },
        Route::NotFound => not_found(
            "This page does not exist",
            "The link may be old or cut short.",
        ),
    }
}
