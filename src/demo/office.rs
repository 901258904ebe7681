//! The office behind the phones: operators accept what the calls left, a dispatcher sends it on, units sign, ring the citizen and reply, the
//! dispatcher reviews, a supervisor judges what the citizen was not satisfied with.
//! Each acts with the rights of their own account, through the same routes as a browser.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use crate::accounts;
use crate::app::App;

/// Replies of the units, by outcome.
const REPLIES: [(&str, &str, &str); 3] = [
    (
        "solved",
        "已派人到现场处理完毕，并与来电人当面确认。",
        "您反映的问题我们已到现场处理完毕，感谢您的监督。",
    ),
    (
        "explained",
        "已电话联系来电人，说明有关规定和办理方式。",
        "我们已与您联系并说明了有关规定，如有疑问请随时来电。",
    ),
    (
        "planned",
        "已列入本月计划，完成后再次告知来电人。",
        "您反映的问题已列入本月计划，完成后我们会再次与您联系。",
    ),
];

/// What every demo reply rests on.
const BASIS: &str = "单位职责清单及有关法规";

const LOOK_EVERY: Duration = Duration::from_secs(1);
const LOOKS_FOR_SUGGESTION: u32 = 10;

pub struct Office {
    app: App,
    router: axum::Router,
    password: String,
    operator: Client,
    dispatcher: Client,
    supervisor: Client,
    units: HashMap<String, Client>,
    /// Unit accounts of the cast: unit code to user name.
    clerks: HashMap<String, String>,
    replied: u64,
    /// How often a ticket with a text and no suggestion was seen.
    unsuggested: HashMap<String, u32>,
    troubles: HashSet<String>,
}

impl Office {
    pub async fn open(
        app: App,
        router: axum::Router,
        password: &str,
        operator: &str,
        clerks: HashMap<String, String>,
    ) -> anyhow::Result<Self> {
        let operator = Client::log_in(router.clone(), operator, password).await?;
        let dispatcher = Client::log_in(router.clone(), "dispatcher1", password).await?;
        let supervisor = Client::log_in(router.clone(), "supervisor1", password).await?;
        let (units, troubles) = (HashMap::new(), HashSet::new());
        let password = password.to_owned();
        Ok(Self {
            app,
            router,
            password,
            operator,
            dispatcher,
            supervisor,
            units,
            clerks,
            replied: 0,
            unsuggested: HashMap::new(),
            troubles,
        })
    }

    /// Looks at every desk, again and again.
    pub async fn open_all_day(mut self) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            look.tick().await;
            if let Err(error) = self.work().await {
                tracing::warn!(%error, "the demo's office could not see its tickets");
            }
        }
    }

    /// One look at every desk. A ticket that cannot be moved is said once and left to people.
    async fn work(&mut self) -> anyhow::Result<()> {
        for state in ["draft", "pending"] {
            for ticket in listed(&self.operator, state).await? {
                let done = self.accept(&ticket).await;
                self.note(&ticket, done);
            }
        }
        for ticket in listed(&self.dispatcher, "accepted").await? {
            let done = self.dispatch(&ticket).await;
            self.note(&ticket, done);
        }
        for state in ["dispatched", "handling", "redo"] {
            for ticket in listed(&self.dispatcher, state).await? {
                let done = self.reply(&ticket).await;
                self.note(&ticket, done);
            }
        }
        for ticket in listed(&self.supervisor, "judging").await? {
            let done = self.judge(&ticket).await;
            self.note(&ticket, done);
        }
        for ticket in listed(&self.dispatcher, "replied").await? {
            let done = self
                .dispatcher
                .post(
                    &action(&ticket, "close"),
                    &json!({ "note": "答复内容完整，转入回访。" }),
                )
                .await;
            self.note(&ticket, done.map(drop));
        }
        Ok(())
    }

    fn note(&mut self, number: &str, result: anyhow::Result<()>) {
        if let Err(error) = result
            && self.troubles.insert(format!("{number} {error}"))
        {
            tracing::warn!(ticket = number, %error, "the demo's office could not move a ticket");
        }
    }

    /// The operator takes over what was suggested, once the call is over and its text is there.
    async fn accept(&mut self, number: &str) -> anyhow::Result<()> {
        let ticket = self.operator.get(&format!("/api/v1/tickets/{number}")).await?;
        if !is_heard(&ticket) || self.is_being_suggested(&ticket, number) {
            return Ok(());
        }
        let suggestion = &ticket["suggestion"];
        let mut fields = json!({ "version": ticket["version"] });
        for (field, value) in [
            ("title", &suggestion["title"]),
            ("kind", &suggestion["kind"]),
            ("class_code", &suggestion["class"]["code"]),
            ("band", &suggestion["band"]),
            ("place_code", &suggestion["place"]["code"]),
        ] {
            // Without a text nothing is suggested, which is an empty word for some.
            if !value.is_null() && value.as_str() != Some("") {
                fields[field] = value.clone();
            }
        }
        if fields["title"].is_null() {
            fields["title"] = json!("市民来电诉求");
        }
        self.operator.post(&action(number, "fill"), &fields).await?;
        self.operator.post(&action(number, "accept"), &json!({})).await?;
        Ok(())
    }

    /// Suggestions follow the text within moments; a citizen who said nothing gets none.
    fn is_being_suggested(&mut self, ticket: &Value, number: &str) -> bool {
        if ticket["suggestion"]["band"] != "" || !has_text(ticket) {
            return false;
        }
        let looks = self.unsuggested.entry(number.to_owned()).or_default();
        *looks += 1;
        *looks < LOOKS_FOR_SUGGESTION
    }

    async fn dispatch(&self, number: &str) -> anyhow::Result<()> {
        let ticket = self.dispatcher.get(&format!("/api/v1/tickets/{number}")).await?;
        let suggested = ticket["suggestion"]["unit"]["code"].as_str();
        let before = ticket["unit"]["code"].as_str();
        let fallback = self.clerks.keys().min().map(String::as_str);
        let Some(unit) = before.or(suggested).or(fallback) else {
            return Ok(());
        };
        let body = json!({ "unit_code": unit, "note": "请依法依规办理，并与来电人联系。" });
        self.dispatcher.post(&action(number, "dispatch"), &body).await?;
        Ok(())
    }

    async fn reply(&mut self, number: &str) -> anyhow::Result<()> {
        let ticket = self.dispatcher.get(&format!("/api/v1/tickets/{number}")).await?;
        let Some(unit) = ticket["unit"]["code"].as_str() else {
            return Ok(());
        };
        let clerk = self.clerk(unit).await?;
        if ticket["state"] == "dispatched" {
            clerk.post(&action(number, "sign"), &json!({})).await?;
        }
        let now = self.app.clock.now();
        let contact = json!({ "at": now, "number": "0534-8200000", "result": "reached" });
        let (outcome, text, public) = REPLIES[usize::try_from(self.replied % 3).unwrap_or(0)];
        self.replied += 1;
        let mut body = json!({
            "outcome": outcome, "text": text, "public_text": public, "basis": BASIS, "contact": contact,
        });
        if outcome == "planned" {
            let date = crate::calendar::local_date(now) + chrono::Days::new(14);
            body["planned_for"] = json!(date);
        }
        clerk.post(&action(number, "reply"), &body).await?;
        Ok(())
    }

    /// Once more, and then a second person ends it.
    async fn judge(&self, number: &str) -> anyhow::Result<()> {
        let ticket = self.supervisor.get(&format!("/api/v1/tickets/{number}")).await?;
        if ticket["rounds"] == 0 {
            let again = json!({ "verdict": "redo", "ground": "市民反映问题尚未解决，请再次核实办理。" });
            self.supervisor.post(&action(number, "judge"), &again).await?;
            return Ok(());
        }
        let end = json!({ "verdict": "close", "ground": "已再次核实并充分解释，建议办结。" });
        self.supervisor.post(&action(number, "judge"), &end).await?;
        let agreed = json!({ "ground": "同意办结。" });
        self.dispatcher.post(&action(number, "approve"), &agreed).await?;
        Ok(())
    }

    /// The unit's clerk; a unit that nobody of the cast works for gets an account when its first ticket comes.
    async fn clerk(&mut self, unit: &str) -> anyhow::Result<Client> {
        if let Some(client) = self.units.get(unit) {
            return Ok(client.clone());
        }
        let username = match self.clerks.get(unit) {
            Some(name) => name.clone(),
            None => {
                let name = format!("clerk-{}", unit.to_lowercase());
                accounts::ensure_demo_clerk(&self.app, &name, unit, &self.password).await?;
                name
            }
        };
        let client = Client::log_in(self.router.clone(), &username, &self.password).await?;
        self.units.insert(unit.to_owned(), client.clone());
        Ok(client)
    }
}

fn action(number: &str, verb: &str) -> String {
    format!("/api/v1/tickets/{number}/{verb}")
}

/// The call is over, and its transcript is there or will never be.
fn is_heard(ticket: &Value) -> bool {
    let is_read = |call: &Value| match call["transcript_state"].as_str() {
        Some("done" | "failed" | "no_model") => true,
        // The transcript is ordered when its recording is complete.
        Some("none") => {
            let recording = call["recording"]["state"].as_str();
            !matches!(recording, Some("recording" | "complete"))
        }
        _ => false,
    };
    let calls = calls(ticket);
    !calls.is_empty() && calls.iter().all(|call| call["state"] == "ended" && is_read(call))
}

fn has_text(ticket: &Value) -> bool {
    calls(ticket)
        .iter()
        .any(|call| call["transcript_state"] == "done")
}

fn calls(ticket: &Value) -> &[Value] {
    ticket["calls"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Numbers of all tickets in a state.
async fn listed(client: &Client, state: &str) -> anyhow::Result<Vec<String>> {
    let page = client
        .get(&format!("/api/v1/tickets?state={state}&limit=100"))
        .await?;
    let items = page["items"].as_array().map(Vec::as_slice).unwrap_or_default();
    Ok(items
        .iter()
        .filter_map(|t| t["number"].as_str())
        .map(str::to_owned)
        .collect())
}
