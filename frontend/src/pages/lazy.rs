//! Pages whose code the browser loads on the way to them, one module a feature. The overview is not
//! among them: it comes with the frame, as most visits begin there.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use super::{access, audit, backups, jobs, nodes, settings, vrrp};

/// `module { Name => component }` makes a route of that name for `app.rs`, which is
/// `view={Lazy::<Name>::new()}` there. Pages of one module come together: what they share is then not
/// cut into a file of its own.
macro_rules! lazy_pages {
    ($($module:ident { $($name:ident => $page:path),+ })+) => {$($(
        pub struct $name;

        const _: () = {
            #[lazy($module)]
            fn page() -> AnyView {
                $page().into_any()
            }

            impl LazyRoute for $name {
                fn data() -> Self {
                    Self
                }

                async fn view(_page: Self) -> AnyView {
                    page().await
                }

                async fn preload() {
                    #[cfg(feature = "hydrate")]
                    __preload_page().await;
                }
            }
        };
    )+)+};
}

lazy_pages! {
    access { SetUp => access::SetUp, SignIn => access::SignIn }
    audit { Audit => audit::Audit }
    backups { Backups => backups::Backups }
    jobs { JobList => jobs::JobList, JobRun => jobs::JobRun }
    nodes { AddNode => nodes::AddNode, NodeDetail => nodes::NodeDetail, NodeList => nodes::NodeList }
    settings { Settings => settings::Settings }
    vrrp { Vrrp => vrrp::Vrrp }
}
