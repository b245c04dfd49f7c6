//! Tables: a sticky head, rows that arrow keys walk.

use leptos::prelude::*;

use super::field::move_focus;

/// A column's heading.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    /// Numbers stand at the right.
    pub right: bool,
    /// CSS width; empty: as the content needs.
    pub width: &'static str,
}

impl Column {
    pub fn new(name: impl Into<String>) -> Column {
        Column { name: name.into(), right: false, width: "" }
    }

    #[must_use]
    pub fn right(mut self) -> Column {
        self.right = true;
        self
    }

    #[must_use]
    pub fn width(mut self, width: &'static str) -> Column {
        self.width = width;
        self
    }
}

/// The children are the `<tr>`s. On phones a row folds into two lines, the first cell above; cells
/// of class `less` are left out there.
#[component]
pub fn Table(
    /// What the table lists, for assistive technology.
    #[prop(into)]
    label: String,
    columns: Vec<Column>,
    children: Children,
) -> impl IntoView {
    let head = |column: Column| {
        view! {
            <th scope="col" class:r=column.right style:width=column.width>
                {column.name}
            </th>
        }
    };
    view! {
        <div class="table fold">
            <table aria-label=label on:keydown=move_focus>
                <thead>
                    <tr>{columns.into_iter().map(head).collect_view()}</tr>
                </thead>
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
