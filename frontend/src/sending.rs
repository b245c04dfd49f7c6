//! A change that was sent to the console: whether it is on its way, and why it was refused.

use leptos::prelude::*;

use crate::api::Problem;
use crate::ui::Failed;

#[derive(Clone, Copy)]
pub struct Sending {
    busy: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
}

impl Sending {
    pub fn new() -> Sending {
        Sending { busy: RwSignal::new(false), problem: RwSignal::new(None) }
    }

    /// Sends one request at a time; `done` gets the answer.
    pub fn send<T: 'static>(
        self,
        request: impl Future<Output = Result<T, Problem>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        leptos::task::spawn_local(async move {
            let answer = request.await;
            // The page may have been left meanwhile.
            let _ = self.busy.try_set(false);
            match answer {
                Ok(answer) => done(answer),
                Err(problem) => {
                    let _ = self.problem.try_set(Some(problem));
                }
            }
        });
    }

    pub fn busy(self) -> Signal<bool> {
        self.busy.into()
    }

    pub fn is_refused(self) -> bool {
        self.problem.with(Option::is_some)
    }

    /// Why the last one was refused, where it was asked for.
    pub fn refusal(self) -> impl IntoView {
        move || self.problem.get().map(|problem| view! { <Failed problem /> })
    }
}

impl Default for Sending {
    fn default() -> Sending {
        Sending::new()
    }
}
