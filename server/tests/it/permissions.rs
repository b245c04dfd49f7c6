//! What each route asks for, tried on every route as every role.

use std::collections::BTreeSet;
use std::fmt::Write;

use axum::http::{Method, StatusCode};
use signalbox_domain::access::{Permission, Role};
use signalbox_server::app::access::{TokenRequest, issue_script_token};
use signalbox_server::http::openapi;
use signalbox_server::http::permissions::{Access, TABLE, access};

use crate::console::{Console, Who};

/// Method and path of every route that the API's description knows.
fn routes() -> BTreeSet<(String, String)> {
    let document = serde_json::to_value(openapi::complete()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (path.clone(), method.to_ascii_uppercase()))
        })
        .collect()
}

#[test]
fn every_route_has_a_row_and_every_row_a_route() {
    let table: BTreeSet<(String, String)> =
        TABLE.iter().map(|row| (row.path.to_owned(), row.method.to_string())).collect();
    assert_eq!(table, routes());
    assert_eq!(table.len(), TABLE.len(), "a route has two rows");
}

/// The statuses say only who was let in: the bodies are empty and the ids are nobody's.
#[tokio::test]
async fn each_role_reaches_what_the_table_gives_it() {
    let console = Console::start().await;
    let mut callers = vec![("nobody", None, Who::Nobody)];
    for role in Role::ALL {
        callers.push((role.as_str(), Some(role), console.script(role).await));
    }
    let mut matrix = String::new();
    for (path, method) in routes() {
        let method: Method = method.parse().unwrap();
        let asked = access(&method, &path).unwrap();
        let mut line = format!("{:6} {path:45}", method.as_str());
        for (name, role, who) in &callers {
            let answer = console.call(method.clone(), who, &placeholders_filled(&path), None).await;
            let let_in = answer.status != StatusCode::UNAUTHORIZED && answer.code() != "forbidden";
            let expected = match asked {
                Access::Public => true,
                Access::Needs(permission) => role.is_some_and(|role| role.may(permission)),
            };
            // Public routes that take a sign-in answer 401 to an empty one by their own code.
            if asked != Access::Public {
                assert_eq!(let_in, expected, "{method} {path} as {name}: {answer:?}");
            }
            let _ = write!(line, " {:8}", if expected { *name } else { "-" });
        }
        matrix.push_str(line.trim_end());
        matrix.push('\n');
    }
    insta::assert_snapshot!("role_by_route", matrix);
}

#[tokio::test]
async fn an_admins_token_of_one_permission_reaches_the_routes_of_that_one() {
    let console = Console::start().await;
    for own in Permission::ALL {
        let request = TokenRequest {
            name: "narrow".to_owned(),
            role: Role::Admin,
            permissions: Some([own].into()),
            expires_days: 1,
        };
        let account = "narrow".parse().unwrap();
        let issued = issue_script_token(&console.app.store, &account, &request).await.unwrap();
        let narrow = Who::Script(issued.secret.reveal().clone());
        for (path, method) in routes() {
            let method: Method = method.parse().unwrap();
            let Access::Needs(asked) = access(&method, &path).unwrap() else { continue };
            let answer =
                console.call(method.clone(), &narrow, &placeholders_filled(&path), None).await;
            let let_in = answer.code() != "forbidden";
            assert_eq!(let_in, asked == own, "{method} {path} with {own:?}: {answer:?}");
        }
    }
}

fn placeholders_filled(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "999999" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}
