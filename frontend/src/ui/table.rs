//! Tables: a sticky head, rows that arrow keys walk, and long ones of which only a part is in the
//! page.

use leptos::html;
use leptos::prelude::*;

use super::field::move_focus;
use super::icon::{Icon, IconView};

/// A column's heading.
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    /// Numbers stand at the right.
    pub right: bool,
    /// CSS width; empty: as the content needs.
    pub width: &'static str,
    /// Its heading is a button that sorts by it.
    pub sorts: bool,
}

impl Column {
    pub fn new(name: impl Into<String>) -> Column {
        Column { name: name.into(), right: false, width: "", sorts: false }
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

    #[must_use]
    pub fn sorts(mut self) -> Column {
        self.sorts = true;
        self
    }
}

/// By which column a table is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub column: usize,
    pub descending: bool,
}

impl Sort {
    /// The next order when this column's heading is pressed.
    fn pressed(self, column: usize) -> Sort {
        Sort { column, descending: self.column == column && !self.descending }
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
    view! {
        <div class="table fold">
            <table aria-label=label on:keydown=move_focus>
                {head(columns, None)}
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}

/// From this many rows on, only the blocks near what is looked at are in the page.
const ALL_SHOWN: usize = 200;
const BLOCK_ROWS: usize = 50;
/// The blocks that the server writes.
const FIRST_BLOCKS: usize = 2;

/// A table that may have thousands of rows. `row` makes the `<tr>` of a row, which has the number that
/// it is given as its `aria-rowindex`.
#[component]
pub fn LongTable<T>(
    #[prop(into)] label: String,
    columns: Vec<Column>,
    #[prop(optional, into)] sort: Option<RwSignal<Sort>>,
    #[prop(into)] rows: Signal<Vec<T>>,
    #[prop(into)] row: Callback<(usize, T), AnyView>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let count = Memo::new(move |_| rows.with(Vec::len));
    let blocks = move || 0..count.get().div_ceil(BLOCK_ROWS);
    view! {
        <div class="table fold">
            // The head is a row, too.
            <table aria-label=label aria-rowcount=move || count.get() + 1 on:keydown=move_focus>
                {head(columns, sort)}
                <For each=blocks key=|block| *block let:block>
                    <Block rows row block count />
                </For>
            </table>
        </div>
    }
}

/// A row that is chosen by a click, or by Enter while it has the focus.
#[component]
pub fn ChosenRow<T>(id: T, chosen: RwSignal<Option<T>>, children: Children) -> impl IntoView
where
    T: Copy + PartialEq + Send + Sync + 'static,
{
    let is_chosen = move || chosen.get() == Some(id);
    view! {
        <tr
            tabindex="0"
            class:sel=is_chosen
            aria-selected=move || is_chosen().to_string()
            on:click=move |_| chosen.set(Some(id))
            on:keydown=move |event| {
                if event.key() == "Enter" {
                    chosen.set(Some(id));
                }
            }
        >
            {children()}
        </tr>
    }
}

#[component]
fn Block<T>(
    rows: Signal<Vec<T>>,
    row: Callback<(usize, T), AnyView>,
    block: usize,
    count: Memo<usize>,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let begin = block * BLOCK_ROWS;
    let own = Memo::new(move |_| {
        rows.with(|rows| rows.chunks(BLOCK_ROWS).nth(block).map(<[T]>::to_vec).unwrap_or_default())
    });
    let body = NodeRef::<html::Tbody>::new();
    let near = RwSignal::new(block < FIRST_BLOCKS);
    let height_px = RwSignal::new(None::<i32>);
    Effect::new(move |_| {
        let Some(body) = body.get() else { return };
        let measured = body.clone();
        watch_place(&body, move |is_near| {
            // A table of display: none has no height.
            let height = measured.offset_height();
            if !is_near && near.get_untracked() && height > 0 {
                height_px.set(Some(height));
            }
            near.set(is_near);
        });
    });
    let shown = Memo::new(move |_| near.get() || count.get() <= ALL_SHOWN);
    let place = move || {
        let usual_px = own.with(Vec::len) as i32 * 33;
        format!("{}px", height_px.get().unwrap_or(usual_px))
    };
    view! {
        <tbody node_ref=body>
            {move || {
                if !shown.get() {
                    return view! { <tr class="block" aria-hidden="true" style:height=place></tr> }
                        .into_any();
                }
                let numbered = own.get().into_iter().enumerate();
                numbered
                    .map(|(index, item)| row.run((begin + index + 2, item)))
                    .collect_view()
                    .into_any()
            }}
        </tbody>
    }
}

fn head(columns: Vec<Column>, sort: Option<RwSignal<Sort>>) -> impl IntoView {
    let cell = |(index, column): (usize, Column)| {
        let Column { name, right, width, sorts } = column;
        let order = move || {
            let sort = sort?.get();
            (sort.column == index).then_some(if sort.descending {
                "descending"
            } else {
                "ascending"
            })
        };
        let text = match sort.filter(|_| sorts) {
            None => name.into_any(),
            Some(sort) => view! {
                <button type="button" on:click=move |_| sort.update(|sort| *sort = sort.pressed(index))>
                    {name}
                    {move || {
                        let icon = match order()? {
                            "descending" => Icon::ChevronDown,
                            _ => Icon::ChevronUp,
                        };
                        Some(view! { <IconView icon small=true /> })
                    }}
                </button>
            }
            .into_any(),
        };
        view! {
            <th scope="col" class:r=right style:width=width aria-sort=order>
                {text}
            </th>
        }
    };
    view! {
        <thead>
            <tr>{columns.into_iter().enumerate().map(cell).collect_view()}</tr>
        </thead>
    }
}

/// Tells whenever an element comes near the window or goes far from it, as long as the component lives.
#[cfg(feature = "hydrate")]
fn watch_place(element: &web_sys::Element, mut on_change: impl FnMut(bool) + 'static) {
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

    let seen = Closure::<dyn FnMut(js_sys::Array)>::new(move |entries: js_sys::Array| {
        let newest = entries.pop().dyn_into::<IntersectionObserverEntry>();
        if let Ok(entry) = newest {
            on_change(entry.is_intersecting());
        }
    });
    let near = IntersectionObserverInit::new();
    near.set_root_margin("1200px");
    let observer = IntersectionObserver::new_with_options(seen.as_ref().unchecked_ref(), &near);
    let Ok(observer) = observer else { return };
    observer.observe(element);
    let kept = StoredValue::new_local((observer, seen));
    on_cleanup(move || {
        let _ = kept.try_with_value(|(observer, _)| observer.disconnect());
    });
}

/// The server writes the first blocks and watches nothing.
#[cfg(not(feature = "hydrate"))]
fn watch_place(_element: &web_sys::Element, _on_change: impl FnMut(bool) + 'static) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heading_pressed_again_turns_the_order() {
        let sort = Sort { column: 0, descending: true };
        let by_second = sort.pressed(1);
        assert_eq!(by_second, Sort { column: 1, descending: false });
        assert_eq!(by_second.pressed(1), Sort { column: 1, descending: true });
    }
}
