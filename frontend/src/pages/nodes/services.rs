//! What runs here, and where it answers.

use leptos::prelude::*;
use signalbox_domain::nodes::{InterfaceAddress, Listener, Service};
use signalbox_domain::signal::Signal as Aspect;

use super::detail::Seen;
use crate::locale::{t, t_with};
use crate::locales::{nodes as texts, words};
use crate::ui::{Column, Lamp, Moment, Plate, Table, Tag};

#[component]
pub(super) fn Services(seen: Seen) -> impl IntoView {
    let services = seen.part(|node| Some(node.observed.services.as_ref()?.value.clone()));
    let listeners = seen.part(|node| Some(node.observed.listeners.as_ref()?.value.clone()));
    let addresses = seen.part(|node| Some(node.observed.addresses.as_ref()?.value.clone()));
    let count = move || {
        services.with(|services| Some(t_with(texts::WATCHED, &[&services.as_ref()?.len()])))
    };
    let table = move || match services.get() {
        None => nothing(texts::NEVER_READ).into_any(),
        Some(services) if services.is_empty() => nothing(texts::NO_SERVICE).into_any(),
        Some(services) => view! {
            <Table label=t(texts::SERVICES) columns=columns()>
                {services.into_iter().map(|service| row(service, seen)).collect_view()}
            </Table>
        }
        .into_any(),
    };
    view! {
        <Plate title=t(texts::SERVICES) meta=Signal::derive(count) flush=true>
            {table}
            <dl class="facts node-facts">
                <dt>{t(texts::LISTENS)}</dt>
                <dd class="mono">{move || listeners.get().map(|all| listening(&all))}</dd>
                <dt>{t(texts::ADDRESSES)}</dt>
                <dd>{move || addresses.get().map(addresses_list)}</dd>
            </dl>
        </Plate>
    }
}

fn nothing(text: crate::locale::Text) -> impl IntoView {
    view! { <p class="i2 node-nothing">{t(text)}</p> }
}

fn columns() -> Vec<Column> {
    vec![
        Column::new(t(texts::UNIT)),
        Column::new(t(words::STATE)).width("140px"),
        Column::new(t(texts::SINCE)).right().width("130px"),
    ]
}

fn row(service: Service, seen: Seen) -> impl IntoView {
    let aspect = aspect(&service.state);
    view! {
        <tr>
            <td class="mono">{service.name}</td>
            <td>
                <span class="row">
                    {aspect.map(|aspect| view! { <Lamp aspect=Signal::derive(move || seen.now(aspect)) /> })}
                    {service.state}
                </span>
            </td>
            <td class="r i2">{service.since.map(|at| view! { <Moment at=at /> })}</td>
        </tr>
    }
}

/// systemd's word as a lamp; a unit that is off is neither well nor ill.
fn aspect(state: &str) -> Option<Aspect> {
    match state {
        "active" => Some(Aspect::Clear),
        "failed" => Some(Aspect::Danger),
        "activating" | "deactivating" | "reloading" => Some(Aspect::Transit),
        _ => None,
    }
}

/// `0.0.0.0:3306, [::1]:9100`
fn listening(listeners: &[Listener]) -> String {
    let addresses: Vec<String> = listeners
        .iter()
        .map(|at| std::net::SocketAddr::new(at.address, at.port).to_string())
        .collect();
    addresses.join(", ")
}

fn addresses_list(addresses: Vec<InterfaceAddress>) -> impl IntoView {
    let line = |at: InterfaceAddress| {
        view! {
            <li class="row wrap">
                <Tag text=at.interface.to_string() />
                <span class="mono">{format!("{}/{}", at.address, at.prefix_len)}</span>
                <span class="i3">{t(if at.up { texts::UP } else { texts::DOWN })}</span>
            </li>
        }
    };
    view! { <ul>{addresses.into_iter().map(line).collect_view()}</ul> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_listener_has_its_address_in_brackets() {
        let at = |address: &str, port| Listener { address: address.parse().unwrap(), port };
        let text = listening(&[at("0.0.0.0", 3306), at("::1", 9100)]);
        assert_eq!(text, "0.0.0.0:3306, [::1]:9100");
    }

    #[test]
    fn a_unit_that_is_off_has_no_lamp() {
        assert_eq!(aspect("inactive"), None);
        assert_eq!(aspect("failed"), Some(Aspect::Danger));
    }
}
