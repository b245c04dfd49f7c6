//! Pages whose code the browser loads on the way to them. The overview is not among them: it comes
//! with the frame, as most visits begin there.
//!
//! The pages are in few modules: what two modules share and the first one does not need is cut into a
//! file of its own, and with each further module there are twice as many ways to share.

use leptos::prelude::*;
use leptos_router::LazyRoute;

use super::{access, audit, backups, drills, firewall, jobs, lvs, nodes, settings, vrrp};

/// `module, preload: { Name => component }` makes a route of each name for `app.rs`, which is
/// `view={Lazy::<Name>::new()}` there. `preload` is what `#[lazy]` calls the function that fetches the module.
macro_rules! lazy_pages {
    ($($module:ident, $preload:ident: { $($name:ident => $page:path),+ })+) => {$(
        #[lazy]
        fn $module(page: &'static str) -> AnyView {
            match page {
                $(stringify!($name) => $page().into_any(),)+
                _ => ().into_any(),
            }
        }

        $(
            pub struct $name;

            impl LazyRoute for $name {
                fn data() -> Self {
                    Self
                }

                async fn view(_page: Self) -> AnyView {
                    $module(stringify!($name)).await
                }

                async fn preload() {
                    #[cfg(feature = "hydrate")]
                    $preload().await;
                }
            }
        )+
    )+};
}

lazy_pages! {
    nodes, __preload_nodes: {
        AddNode => nodes::AddNode, NodeDetail => nodes::NodeDetail, NodeList => nodes::NodeList
    }
    features, __preload_features: {
        Backups => backups::Backups, Firewall => firewall::Firewall, Lvs => lvs::Lvs,
        Vrrp => vrrp::Vrrp, VrrpConf => vrrp::VrrpConf
    }
    records, __preload_records: {
        Audit => audit::Audit, Drills => drills::Drills, JobList => jobs::JobList, JobRun => jobs::JobRun,
        Settings => settings::Settings, SetUp => access::SetUp, SignIn => access::SignIn
    }
}
