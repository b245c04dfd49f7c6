//! Thin handlers: parse, call `app`, answer.
