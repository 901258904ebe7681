//! What a ticket may be classed as, where it may be and who may get it: lists for the console's fields.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    app::App,
    http::{Caller, Json, Problem, Query},
    tickets::{
        CodeName,
        catalogue::{self, ClassRow},
    },
};

pub(super) fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(classes))
        .routes(routes!(units))
        .routes(routes!(places))
}

/// A class or a branch of classes
#[derive(Debug, PartialEq, Serialize, ToSchema)]
struct ClassNode {
    code: String,
    name: String,
    #[schema(no_recursion)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<ClassNode>,
}

/// The classes as a tree of three levels
#[utoipa::path(get, path = "/classes", tag = "tickets", responses((status = 200, body = Vec<ClassNode>)))]
async fn classes(State(app): State<App>, _: Caller) -> Result<Json<Vec<ClassNode>>, Problem> {
    let rows = catalogue::all_classes(&mut app.db.read().await?).await?;
    Ok(Json(tree(rows)))
}

/// A branch has no code of its own in the catalogue: it is what its classes' codes begin with, two digits a level.
fn tree(rows: Vec<ClassRow>) -> Vec<ClassNode> {
    let mut roots: Vec<ClassNode> = Vec::new();
    for row in rows {
        let prefix = |length: usize| row.code.chars().take(length).collect::<String>();
        let root = position(&mut roots, &row.level1, prefix(2));
        let branch = position(&mut roots[root].children, &row.level2, prefix(4));
        let leaf = ClassNode {
            code: row.code,
            name: row.level3,
            children: vec![],
        };
        roots[root].children[branch].children.push(leaf);
    }
    roots
}

fn position(nodes: &mut Vec<ClassNode>, name: &str, code: String) -> usize {
    if let Some(at) = nodes.iter().position(|node| node.name == name) {
        return at;
    }
    nodes.push(ClassNode {
        code,
        name: name.to_owned(),
        children: vec![],
    });
    nodes.len() - 1
}

#[derive(Serialize, ToSchema)]
struct Unit {
    code: String,
    name: String,
    /// 部门 乡镇 公共企业 垂管 外部
    kind: String,
    /// Empty when none is known
    phone: String,
}

/// Units that tickets may be dispatched to
#[utoipa::path(get, path = "/units", tag = "tickets", responses((status = 200, body = Vec<Unit>)))]
async fn units(State(app): State<App>, _: Caller) -> Result<Json<Vec<Unit>>, Problem> {
    let rows = catalogue::all_units(&mut app.db.read().await?).await?;
    Ok(Json(
        rows.into_iter()
            .map(|(code, name, kind, phone)| Unit {
                code,
                name,
                kind,
                phone,
            })
            .collect(),
    ))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct PlaceQuery {
    /// Part of a name or of another name of the place
    #[serde(default)]
    q: String,
}

/// Places whose name contains the text, the closest first
#[utoipa::path(get, path = "/places", tag = "tickets", params(PlaceQuery), responses((status = 200, body = Vec<CodeName>)))]
async fn places(
    State(app): State<App>,
    _: Caller,
    Query(query): Query<PlaceQuery>,
) -> Result<Json<Vec<CodeName>>, Problem> {
    let rows = catalogue::places(&mut app.db.read().await?, query.q.trim()).await?;
    Ok(Json(
        rows.into_iter()
            .map(|(code, name)| CodeName { code, name })
            .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(code: &str, levels: [&str; 3]) -> ClassRow {
        let [level1, level2, level3] = levels.map(str::to_owned);
        ClassRow {
            code: code.into(),
            level1,
            level2,
            level3,
        }
    }

    #[test]
    fn classes_are_gathered_under_their_branches() {
        let roots = tree(vec![
            row("010101", ["城建", "市政", "供水"]),
            row("010102", ["城建", "市政", "供热"]),
            row("010201", ["城建", "房产", "物业"]),
            row("020101", ["环保", "污染", "噪音"]),
        ]);
        let names: Vec<_> = roots
            .iter()
            .map(|root| (root.code.as_str(), root.name.as_str()))
            .collect();
        assert_eq!(names, [("01", "城建"), ("02", "环保")]);
        assert_eq!(roots[0].children.len(), 2);
        assert_eq!(
            (
                roots[0].children[0].code.as_str(),
                roots[0].children[0].children.len()
            ),
            ("0101", 2)
        );
        assert_eq!(roots[0].children[1].children[0].name, "物业");
    }
}
