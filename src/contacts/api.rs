//! Masked contact over HTTP.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

mod list;

use super::{
    jobs, rules,
    store::{self, Contact},
};
use crate::{
    accounts::Role,
    app::App,
    clock::millis,
    db::{self, Tx},
    dialer,
    http::{Caller, FieldError, Json, Path, Problem},
    live::{self, Refused},
    tickets::{self, Command, Ticket, rules::facts},
    units,
};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(own_phone))
        .routes(routes!(call))
        .merge(list::routes())
}

#[derive(Serialize, ToSchema)]
struct ClerkPhone {
    /// At which one was called last, else that of one's unit
    phone: Option<String>,
}

/// The phone at which a clerk is called for a masked contact
#[utoipa::path(get, path = "/contact-phone", tag = "tickets", responses((status = 200, body = ClerkPhone)))]
async fn own_phone(State(app): State<App>, caller: Caller) -> Result<Json<ClerkPhone>, Problem> {
    caller.require(&[Role::Unit])?;
    let mut tx = app.db.read().await?;
    let phone = phone_of(&mut tx, &caller).await?;
    Ok(Json(ClerkPhone { phone }))
}

async fn phone_of(tx: &mut Tx, caller: &Caller) -> Result<Option<String>, db::Error> {
    if let Some(phone) = store::phone(tx, &caller.username).await? {
        return Ok(Some(phone));
    }
    let unit = caller.unit_code.as_deref().unwrap_or_default();
    let people = units::contacts(tx, unit).await?.into_iter();
    let phones = people.flat_map(|person| [person.phone, person.mobile]);
    Ok(phones.into_iter().find(|phone| rules::is_phone(phone)))
}

#[derive(Default, Deserialize, ToSchema)]
struct ContactCitizen {
    /// Where to call the clerk; null: as GET /contact-phone says
    phone: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct MaskedCall {
    call_id: String,
    /// The phone that rings first
    clerk_phone: String,
}

/// Calls the clerk, then the ticket's citizen; both see the hotline's number, and the contact log writes itself
#[utoipa::path(post, path = "/tickets/{number}/call_citizen", tag = "tickets", params(("number" = String, Path)),
    request_body = ContactCitizen, responses((status = 200, body = MaskedCall)))]
async fn call(
    State(app): State<App>,
    caller: Caller,
    Path(number): Path<String>,
    Json(body): Json<ContactCitizen>,
) -> Result<Json<MaskedCall>, Problem> {
    caller.require(&[Role::Unit])?;
    let mut tx = app.db.begin().await?;
    if let Some(held) = dialer::pause_of(&mut tx, dialer::CONTACTS).await? {
        return Err(Problem::conflict(format!("保密联络已暂停：{}", held.reason)));
    }
    let ticket = contactable(&app, &mut tx, &caller, &number).await?;
    let phone = match body.phone {
        Some(phone) => Some(phone.trim().to_owned()),
        None => phone_of(&mut tx, &caller).await?,
    };
    let Some(phone) = phone.filter(|phone| rules::is_phone(phone)) else {
        let fault = FieldError::new("phone", "请填写您现在使用的电话号码，系统先呼叫您，再接通市民");
        return Err(Problem::invalid(vec![fault]));
    };
    let contact = Contact {
        call_id: app.rng.id(),
        ticket_number: number,
        unit_code: caller.unit_code.clone().unwrap_or_default(),
        username: caller.username.clone(),
        display_name: caller.display_name.clone(),
        clerk_phone: rules::digits(&phone),
        citizen_phone: rules::digits(&ticket.contact_phone),
        at: millis(app.clock.now()),
    };
    store::insert(&mut tx, &contact).await?;
    store::remember(&mut tx, &caller.username, &phone).await?;
    jobs::tell(&mut tx);
    tx.commit().await?;
    place(&app, &contact).await?;
    Ok(Json(MaskedCall {
        call_id: contact.call_id,
        clerk_phone: phone,
    }))
}

/// The ticket, if this clerk may log a contact on it now, and there is somebody to contact.
async fn contactable(app: &App, tx: &mut Tx, caller: &Caller, number: &str) -> Result<Ticket, Problem> {
    let now = app.clock.now();
    let log = Command::Contact(facts::Contact {
        at: now,
        number: "12345".into(),
        result: "reached".into(),
        note: String::new(),
    });
    let actor = tickets::api::actor(caller);
    let ticket = tickets::ask(tx, now, number, log, &actor).await?;
    if rules::digits(&ticket.contact_phone).is_empty() {
        return Err(Problem::conflict("工单没有联系电话，无法联系市民").coded("contact-no-number"));
    }
    Ok(ticket)
}

async fn place(app: &App, contact: &Contact) -> Result<(), Problem> {
    let wish = live::Contact {
        call_id: contact.call_id.clone(),
        clerk: contact.clerk_phone.clone(),
        citizen: contact.citizen_phone.clone(),
        ticket_number: contact.ticket_number.clone(),
    };
    let placed = app
        .live
        .switchboard()
        .and_then(|switchboard| switchboard.contact(wish));
    if let Err(refused) = placed {
        let mut tx = app.db.begin().await?;
        store::forget(&mut tx, &contact.call_id).await?;
        tx.commit().await?;
        return Err(match refused {
            Refused::NumberNotAllowed => {
                let fault = FieldError::new("phone", "应为手机号码或带区号的固定电话号码");
                Problem::invalid(vec![fault])
            }
            refused => refused.into(),
        });
    }
    Ok(())
}
