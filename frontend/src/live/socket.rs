//! The websocket itself, in the browser.

use std::cell::RefCell;
use std::time::Duration;

use leptos::prelude::*;
use serde_json::Value;
use signalbox_domain::live::ClientMessage;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{MessageEvent, WebSocket};

use super::Live;
use super::line::{LineState, try_again};
use crate::api;

/// How often the silence is measured.
const WATCH_EVERY: Duration = Duration::from_millis(250);

/// A page has one socket, and a browser's page one thread.
struct Line {
    live: Live,
    socket: Option<WebSocket>,
    /// Tries since the last message.
    attempts: u32,
    /// `performance.now()` of the last try.
    tried_at_ms: f64,
    /// `performance.now()` of the last message, or of the start before there was one.
    heard_at_ms: f64,
}

thread_local! {
    static LINE: RefCell<Option<Line>> = const { RefCell::new(None) };
}

fn with_line<R>(act: impl FnOnce(&mut Line) -> R) -> Option<R> {
    LINE.with_borrow_mut(|line| line.as_mut().map(act))
}

pub(super) fn start(live: Live) {
    let now_ms = now_ms();
    let line = Line { live, socket: None, attempts: 0, tried_at_ms: now_ms, heard_at_ms: now_ms };
    LINE.set(Some(line));
    connect();
    set_interval(watch, WATCH_EVERY);
}

pub(super) fn connect() {
    let location = window().location();
    let secure = location.protocol().is_ok_and(|protocol| protocol == "https:");
    let scheme = if secure { "wss" } else { "ws" };
    let host = location.host().unwrap_or_default();
    let Ok(socket) = WebSocket::new(&format!("{scheme}://{host}/api/v1/live")) else { return };

    listen(&socket, "open", |_| opened());
    listen(&socket, "message", |event| {
        if let Some(text) = event.dyn_into::<MessageEvent>().ok().and_then(|m| m.data().as_string())
        {
            heard(&text);
        }
    });
    let now_ms = now_ms();
    let replaced = with_line(|line| {
        line.tried_at_ms = now_ms;
        line.socket.replace(socket)
    });
    if let Some(Some(old)) = replaced {
        let _ = old.close();
    }
}

pub(super) fn send(message: &ClientMessage) {
    let Ok(text) = serde_json::to_string(message) else { return };
    with_line(|line| {
        if let Some(socket) = line.socket.as_ref().filter(|s| s.ready_state() == WebSocket::OPEN) {
            // What a closing socket loses is sent again by `opened`.
            let _ = socket.send_with_str(&text);
        }
    });
}

fn listen(socket: &WebSocket, event: &str, act: impl FnMut(web_sys::Event) + 'static) {
    let closure = Closure::<dyn FnMut(web_sys::Event)>::new(act);
    // It lives as long as its socket, of which a page opens few.
    let _ = socket.add_event_listener_with_callback(event, closure.into_js_value().unchecked_ref());
}

fn opened() {
    let subscriptions = with_line(|line| line.live)
        .and_then(|live| live.topics.try_with_value(|topics| topics.subscriptions()));
    for message in subscriptions.unwrap_or_default() {
        send(&message);
    }
}

fn heard(text: &str) {
    let now_ms = now_ms();
    let Some(live) = with_line(|line| {
        line.attempts = 0;
        line.heard_at_ms = now_ms;
        line.live
    }) else {
        return;
    };
    if live.line.get_untracked() != LineState::Live {
        live.line.set(LineState::Live);
    }
    // A message of a newer console that this page does not know is left out; the page is loaded
    // anew soon enough.
    let message = serde_json::from_str::<Value>(text).map(|text| api::read(&text));
    if let Ok(Ok(message)) = message {
        live.receive(message);
    }
}

/// Says how long the console has been silent, and connects anew when that is too long: a network
/// that only drops packets closes no socket.
fn watch() {
    let now_ms = now_ms();
    let since = |then_ms: f64| Duration::from_secs_f64((now_ms - then_ms).max(0.0) / 1e3);
    let Some((live, silence, again)) = with_line(|line| {
        let silence = since(line.heard_at_ms);
        let closed = line.socket.as_ref().is_none_or(|s| s.ready_state() >= WebSocket::CLOSING);
        let again = try_again(closed, silence, since(line.tried_at_ms), line.attempts);
        line.attempts += u32::from(again);
        (line.live, silence, again)
    }) else {
        return;
    };
    if again {
        connect();
    }
    let state = LineState::after(silence, live.now.get_untracked());
    let shown = live.line.get_untracked();
    // Until the first message only silence is news.
    let nothing_new = shown == LineState::Connecting && state == LineState::Live;
    if shown != state && !nothing_new {
        live.line.set(state);
    }
}

fn now_ms() -> f64 {
    window().performance().map_or(0.0, |performance| performance.now())
}
