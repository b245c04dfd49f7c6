//! The fields that say how to sign in.

use leptos::prelude::*;
use signalbox_domain::fleet::FleetView;
use signalbox_domain::live::Topic;
use signalbox_domain::nodes::CredentialRecord;
use signalbox_domain::remote::Elevation;

use super::draft::{SignIn, Way};
use crate::document::use_document;
use crate::live::use_live;
use crate::locale::t;
use crate::locales::nodes as texts;
use crate::ui::{PasswordField, Segmented, Select, TextArea};

#[component]
pub(super) fn SignInFields(sign_in: SignIn) -> impl IntoView {
    let fleet = use_live().watch::<FleetView>(Topic::Fleet);
    let jumps = Memo::new(move |_| {
        let nodes = fleet.with(|fleet| fleet.as_ref().map(|fleet| fleet.nodes.clone()));
        let nodes = nodes.into_iter().flatten().map(|(id, node)| (id.to_string(), node.name));
        let directly = (String::new(), t(texts::DIRECTLY).to_owned());
        [directly].into_iter().chain(nodes).collect::<Vec<_>>()
    });
    let elevations = [Elevation::None, Elevation::Sudo]
        .map(|elevation| (elevation, t(texts::elevation(elevation)).to_owned()));
    let ways = [
        (Way::PrivateKey, texts::PRIVATE_KEY),
        (Way::Password, texts::PASSWORD),
        (Way::Stored, texts::STORED),
    ]
    .map(|(way, text)| (way, t(text).to_owned()));
    view! {
        <div class="field">
            <span class="label">{t(texts::ELEVATION)}</span>
            <Segmented
                label=t(texts::ELEVATION)
                options=elevations.to_vec()
                chosen=sign_in.elevation
            />
            <p class="help">{t(texts::ELEVATION_HELP)}</p>
        </div>
        <Select label=t(texts::JUMP) name="jump" options=jumps chosen=sign_in.jump />
        <div class="field">
            <span class="label">{t(texts::CREDENTIAL)}</span>
            <Segmented label=t(texts::CREDENTIAL) options=ways.to_vec() chosen=sign_in.way />
        </div>
        {move || match sign_in.way.get() {
            Way::Stored => view! { <Stored sign_in /> }.into_any(),
            Way::Password => {
                view! {
                    <PasswordField
                        label=t(texts::PASSWORD)
                        name="node-password"
                        value=sign_in.password
                        autocomplete="off"
                    />
                }
                    .into_any()
            }
            Way::PrivateKey => {
                view! {
                    <TextArea
                        label=t(texts::PRIVATE_KEY)
                        name="private-key"
                        value=sign_in.private_key
                        help=t(texts::PRIVATE_KEY_HELP)
                        rows=5
                    />
                    <PasswordField
                        label=t(texts::PASSPHRASE)
                        name="passphrase"
                        value=sign_in.passphrase
                        autocomplete="off"
                    />
                }
                    .into_any()
            }
        }}
    }
}

#[component]
fn Stored(sign_in: SignIn) -> impl IntoView {
    let credentials = use_document::<Vec<CredentialRecord>>("/api/v1/nodes/credentials");
    let options = Memo::new(move |_| {
        let answer = credentials.answer().get();
        let stored = answer.and_then(Result::ok).unwrap_or_default();
        let first = if stored.is_empty() { t(texts::NO_STORED) } else { "–" };
        let stored = stored.into_iter().map(|credential| {
            let shown = match credential.fingerprint {
                Some(fingerprint) => format!("{} ({fingerprint})", credential.name),
                None => credential.name,
            };
            (credential.id.to_string(), shown)
        });
        [(String::new(), first.to_owned())].into_iter().chain(stored).collect::<Vec<_>>()
    });
    view! { <Select label=t(texts::STORED) name="credential" options=options chosen=sign_in.stored /> }
}
