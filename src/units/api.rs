//! Units over HTTP: everybody in the office reads, administrators change; a unit reads and keeps its own people.

use axum::{
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::Response,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{
    CHANGED, import,
    store::{self, Contact, Unit},
    table::{self, Wanted},
};
use crate::{
    accounts::Role,
    app::App,
    db::Tx,
    events,
    http::{
        Caller, FieldError, Json, Path, Problem, Query,
        imports::{self, ImportOutcome, ImportQuery},
    },
    sheets::{self, Fault, Format},
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(tree))
        .routes(routes!(save))
        .routes(routes!(keep_contacts))
        .routes(routes!(export))
        .routes(routes!(take))
}

#[derive(Serialize, ToSchema)]
#[schema(as = UnitEntry)]
struct UnitView {
    code: String,
    name: String,
    /// 部门 乡镇 公共企业 垂管 外部
    kind: String,
    parent: Option<String>,
    phone: String,
    /// 08:30-12:00;13:30-17:30, 24h; empty: as the time-limit profile says
    workdays: String,
    holidays: String,
    contacts: Vec<ContactView>,
}

#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = UnitContact)]
struct ContactView {
    name: String,
    #[serde(default)]
    office: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    mobile: String,
    #[serde(default)]
    email: String,
    /// Is told by SMS
    #[serde(default)]
    sms: bool,
    /// Is told by e-mail
    #[serde(default)]
    mail: bool,
    /// 周一;周三;2026-10-01; empty: every day
    #[serde(default)]
    duty: String,
}

impl From<&Contact> for ContactView {
    fn from(contact: &Contact) -> Self {
        Self {
            name: contact.name.clone(),
            office: contact.office.clone(),
            phone: contact.phone.clone(),
            mobile: contact.mobile.clone(),
            email: contact.email.clone(),
            sms: contact.sms,
            mail: contact.mail,
            duty: contact.duty.to_string(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct UnitTree {
    items: Vec<UnitView>,
}

/// Every unit with its people, superiors and hours; a unit's own people see their own unit
#[utoipa::path(get, path = "/unit-directory", tag = "units", responses((status = 200, body = UnitTree)))]
async fn tree(State(app): State<App>, caller: Caller) -> Result<Json<UnitTree>, Problem> {
    let known = import::known(&mut app.db.read().await?).await?;
    let own =
        |unit: &&Unit| caller.role != Role::Unit || caller.unit_code.as_deref() == Some(unit.code.as_str());
    let view = |unit: &Unit| UnitView {
        code: unit.code.clone(),
        name: unit.name.clone(),
        kind: unit.kind.clone(),
        parent: unit.parent.clone(),
        phone: unit.phone.clone(),
        workdays: unit.workdays.clone(),
        holidays: unit.holidays.clone(),
        contacts: known
            .contacts
            .iter()
            .filter(|contact| contact.unit_code == unit.code)
            .map(ContactView::from)
            .collect(),
    };
    Ok(Json(UnitTree {
        items: known.units.iter().filter(own).map(view).collect(),
    }))
}

#[derive(Deserialize, ToSchema)]
struct UnitBody {
    name: String,
    kind: String,
    parent: Option<String>,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    workdays: String,
    #[serde(default)]
    holidays: String,
}

/// What is typed in a form is judged as what stands in a file.
async fn change(app: &App, wanted: Wanted) -> Result<(), Problem> {
    let mut tx = app.db.begin().await?;
    let outcome = import::compare(&import::known(&mut tx).await?, &wanted);
    if !outcome.faults.is_empty() {
        let fault = |fault: &Fault| FieldError::new(field(&fault.column), fault.message.clone());
        return Err(Problem::invalid(outcome.faults.iter().map(fault).collect()));
    }
    import::apply(&mut tx, &wanted).await?;
    publish(app, &mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// The field of a form for the column of a file.
fn field(column: &str) -> &str {
    match column {
        "代码" => "code",
        "名称" => "name",
        "类别" => "kind",
        "上级代码" => "parent",
        "电话" => "phone",
        "工作时间" => "workdays",
        "节假日时间" => "holidays",
        "姓名" => "contacts.name",
        "手机" => "contacts.mobile",
        "邮箱" => "contacts.email",
        "值班" => "contacts.duty",
        other => other,
    }
}

async fn publish(app: &App, tx: &mut Tx) -> Result<(), Problem> {
    let empty = serde_json::json!({});
    Ok(events::publish(tx, app.clock.now(), CHANGED, "units", &empty).await?)
}

/// Add a unit, or change it
#[utoipa::path(put, path = "/unit-directory/{code}", tag = "units", params(("code" = String, Path)), request_body = UnitBody, responses((status = 200, body = UnitTree)))]
async fn save(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
    Json(body): Json<UnitBody>,
) -> Result<Json<UnitTree>, Problem> {
    caller.require(&[Role::Admin])?;
    let sheet = table::unit_sheet(&[Unit {
        code,
        name: body.name.trim().to_owned(),
        kind: body.kind,
        parent: body.parent,
        phone: body.phone.trim().to_owned(),
        workdays: body.workdays.trim().to_owned(),
        holidays: body.holidays.trim().to_owned(),
    }]);
    change(&app, table::read(&[sheet.cells()])).await?;
    tree(State(app), caller).await
}

#[derive(Deserialize, ToSchema)]
struct ContactsBody {
    contacts: Vec<ContactView>,
}

/// The people of a unit, all of them; by an administrator or the unit itself
#[utoipa::path(put, path = "/unit-directory/{code}/contacts", tag = "units", params(("code" = String, Path)),
    request_body = ContactsBody, responses((status = 200, body = UnitTree)))]
async fn keep_contacts(
    State(app): State<App>,
    caller: Caller,
    Path(code): Path<String>,
    Json(body): Json<ContactsBody>,
) -> Result<Json<UnitTree>, Problem> {
    let is_own = caller.role == Role::Unit && caller.unit_code.as_deref() == Some(code.as_str());
    if !is_own {
        caller.require(&[Role::Admin])?;
    }
    if body.contacts.is_empty() {
        let mut tx = app.db.begin().await?;
        store::replace_contacts(&mut tx, &code, &[]).await?;
        publish(&app, &mut tx).await?;
        tx.commit().await?;
        return tree(State(app), caller).await;
    }
    let mut sheet = table::contact_sheet(&[]);
    let yes = |flag| if flag { "是" } else { "否" }.to_owned();
    let row = |contact: ContactView| {
        vec![
            code.clone(),
            contact.name,
            contact.office,
            contact.phone,
            contact.mobile,
            contact.email,
            yes(contact.sms),
            yes(contact.mail),
            contact.duty,
        ]
    };
    sheet.rows = body.contacts.into_iter().map(row).collect();
    change(&app, table::read(&[sheet.cells()])).await?;
    tree(State(app), caller).await
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExportQuery {
    /// csv, or xlsx with both sheets
    #[serde(default)]
    #[param(value_type = String)]
    format: Format,
    /// Of a CSV: the people instead of the units
    #[serde(default)]
    contacts: bool,
}

/// Units and their people as a spreadsheet, ready to be changed and imported
#[utoipa::path(get, path = "/unit-directory/export", tag = "units", params(ExportQuery),
    responses((status = 200, description = "CSV or XLSX", content_type = "application/octet-stream")))]
async fn export(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ExportQuery>,
) -> Result<Response, Problem> {
    caller.require_office()?;
    let known = import::known(&mut app.db.read().await?).await?;
    let mut all = vec![
        table::unit_sheet(&known.units),
        table::contact_sheet(&known.contacts),
    ];
    let name = if query.contacts && query.format == Format::Csv {
        all.reverse();
        "contacts"
    } else {
        "units"
    };
    sheets::file(name, query.format, &all)
}

/// Take a CSV or XLSX of units or people: first what it would change, then all of it or nothing
#[utoipa::path(post, path = "/unit-directory/import", tag = "units", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses((status = 200, body = ImportOutcome)))]
async fn take(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<ImportQuery>,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<ImportOutcome>, Problem> {
    caller.require(&[Role::Admin])?;
    let cells = imports::cells(body, &query.name).await?;
    let wanted = table::read(&cells);
    let mut tx = app.db.begin().await?;
    let outcome = import::compare(&import::known(&mut tx).await?, &wanted);
    let applied = query.apply && outcome.faults.is_empty();
    if applied {
        import::apply(&mut tx, &wanted).await?;
        publish(&app, &mut tx).await?;
        tx.commit().await?;
    }
    Ok(Json(ImportOutcome::of(outcome, applied)))
}
