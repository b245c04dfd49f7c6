//! A service's scheduler and persistence.

use std::collections::BTreeSet;

use leptos::prelude::*;
use signalbox_domain::lvs::edit::{MOST_PERSISTENCE_S, Persistence, WantedOptions};
use signalbox_domain::lvs::{Scheduler, SchedulerFlag, ServiceOptions};

use crate::locale::t;
use crate::locales::lvs as texts;
use crate::ui::{Check, Field, Select};

/// As they are typed.
#[derive(Clone, Copy)]
pub(super) struct OptionFields {
    scheduler: RwSignal<String>,
    fallback: RwSignal<bool>,
    port: RwSignal<bool>,
    persistence_s: RwSignal<String>,
    netmask: RwSignal<String>,
}

impl OptionFields {
    pub(super) fn new() -> OptionFields {
        OptionFields {
            scheduler: RwSignal::new(Scheduler::Wrr.to_string()),
            fallback: RwSignal::new(false),
            port: RwSignal::new(false),
            persistence_s: RwSignal::new(String::new()),
            netmask: RwSignal::new(String::new()),
        }
    }

    /// What is there now.
    pub(super) fn fill(self, options: &ServiceOptions) {
        let has = |flag: SchedulerFlag| options.scheduler_flags.contains(&flag.number());
        self.scheduler.set(options.scheduler.clone());
        self.fallback.set(has(SchedulerFlag::Fallback));
        self.port.set(has(SchedulerFlag::Port));
        self.persistence_s.set(options.persistent_s.map_or_else(String::new, |s| s.to_string()));
        let netmask = options.netmask.clone().filter(|_| options.persistent_s.is_some());
        self.netmask.set(netmask.unwrap_or_default());
    }

    /// `Err`: what is wrong.
    pub(super) fn wanted(self) -> Result<WantedOptions, String> {
        let scheduler: Scheduler =
            self.scheduler.with(|text| text.parse()).map_err(|_| t(texts::SCHEDULER_WRONG))?;
        let set = [(SchedulerFlag::Fallback, self.fallback), (SchedulerFlag::Port, self.port)];
        let set = set.into_iter().filter(|(_, on)| scheduler.has_flags() && on.get());
        let flags: BTreeSet<SchedulerFlag> = set.map(|(flag, _)| flag).collect();
        let typed = self.persistence_s.get();
        let persistence = match typed.trim() {
            "" => None,
            typed => {
                let timeout_s = typed.parse().ok().filter(|s| (1..=MOST_PERSISTENCE_S).contains(s));
                let timeout_s = timeout_s.ok_or_else(|| t(texts::PERSISTENCE_WRONG))?;
                Some(Persistence { timeout_s, netmask: self.wanted_netmask()? })
            }
        };
        Ok(WantedOptions { scheduler, flags, persistence })
    }

    fn wanted_netmask(self) -> Result<Option<signalbox_domain::lvs::Netmask>, String> {
        match self.netmask.get().trim() {
            "" => Ok(None),
            typed => typed.parse().map(Some).map_err(|_| t(texts::NETMASK_WRONG).to_owned()),
        }
    }
}

#[component]
pub(super) fn OptionInputs(fields: OptionFields, prefix: &'static str) -> impl IntoView {
    let schedulers: Vec<(String, String)> =
        Scheduler::ALL.iter().map(|s| (s.to_string(), s.to_string())).collect();
    let has_flags = Memo::new(move |_| {
        let scheduler = fields.scheduler.with(|text| text.parse::<Scheduler>());
        scheduler.is_ok_and(Scheduler::has_flags)
    });
    let flags = move || {
        has_flags.get().then(|| {
            view! {
                <Check label=t(texts::FALLBACK) value=fields.fallback />
                <Check label=t(texts::BY_PORT) value=fields.port />
            }
        })
    };
    let is_persistent = Memo::new(move |_| !fields.persistence_s.get().trim().is_empty());
    let netmask = move || {
        is_persistent.get().then(|| {
            view! {
                <Field label=t(texts::NETMASK) name=format!("{prefix}-netmask") value=fields.netmask help=t(texts::NETMASK_HELP) mono=true />
            }
        })
    };
    view! {
        <div class="lvs-ask">
            <Select label=t(texts::SCHEDULER) name=format!("{prefix}-scheduler") options=schedulers chosen=fields.scheduler help=t(texts::SCHEDULER_HELP) />
            {flags}
            <Field label=t(texts::PERSISTENCE) name=format!("{prefix}-persistence") value=fields.persistence_s help=t(texts::PERSISTENCE_HELP) />
            {netmask}
        </div>
    }
}
