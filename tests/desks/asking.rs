//! Somebody is asked during a call: back and forth, to whom keys go, and whom of the units' people one can call.

use minsheng::accounts::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use telephony::LegId;
use telephony::phone::{PhoneCommand, PhoneNews};

use crate::hall::{Hall, denied, done, ended, until};
use crate::support::{Client, TestApp, journey::provision};

impl Hall {
    /// A unit is asked and answers; its telephone at the carrier.
    async fn ask(&self, operator: &Client, number: &str) -> LegId {
        let to = json!({ "to": { "number": number }, "attended": true });
        done(operator, "/api/v1/desk/transfer", to).await;
        let unit = self.rings(number);
        assert_eq!(
            denied(operator, "/api/v1/desk/swap", json!({})).await,
            "对方尚未接听"
        );
        self.carrier.command(PhoneCommand::Answer { leg: unit });
        consult_is(operator, "talking").await;
        unit
    }

    /// The next key at the carrier, and whose telephone got it.
    fn key(&self) -> (LegId, char) {
        self.at_carrier(|n| match n {
            PhoneNews::Digit { leg, digit } => Some((leg, digit)),
            _ => None,
        })
    }
}

async fn consult_is(operator: &Client, state: &str) {
    until(operator, state, |desk| desk["consult"]["state"] == state).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_goes_back_and_forth_and_keys_reach_whom_she_means() {
    let hall = Hall::open(5).await;
    let operator = hall.hotline.client(Role::Operator).await;
    let _browser = hall.browser(&operator).await;
    let (citizen, call) = hall.talk(&operator).await;
    let (swap, dtmf) = ("/api/v1/desk/swap", "/api/v1/desk/dtmf");
    assert_eq!(
        denied(&operator, swap, json!({})).await,
        "没有正在进行的转接或咨询"
    );
    let unit = hall.ask(&operator, "12315").await;
    done(&operator, dtmf, json!({ "digits": "1" })).await;
    assert_eq!(hall.key(), (unit, '1'));
    done(&operator, swap, json!({})).await;
    consult_is(&operator, "waiting").await;
    done(&operator, dtmf, json!({ "digits": "2" })).await;
    assert_eq!(hall.key(), (citizen, '2'));
    done(&operator, swap, json!({})).await;
    consult_is(&operator, "talking").await;
    done(&operator, "/api/v1/desk/conference", json!({})).await;
    consult_is(&operator, "three_way").await;
    assert_eq!(
        denied(&operator, swap, json!({})).await,
        "正在三方通话，三方都能听到"
    );
    done(&operator, dtmf, json!({ "digits": "3" })).await;
    assert_eq!(hall.key(), (unit, '3'));
    done(&operator, dtmf, json!({ "digits": "4", "to": "citizen" })).await;
    assert_eq!(hall.key(), (citizen, '4'));
    let everybody = json!({ "digits": "5", "to": "everybody" });
    let (status, problem) = operator.post(dtmf, &everybody).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["errors"][0]["field"], "to");

    done(&operator, "/api/v1/desk/transfer/cancel", json!({})).await;
    until(&operator, "back", |desk| desk["consult"].is_null()).await;
    done(&operator, "/api/v1/desk/hangup", json!({})).await;
    let record = ended(&operator, &call).await;
    let events = record["events"].as_array().unwrap().iter();
    let sides = events
        .filter(|e| e["kind"] == "swapped")
        .map(|e| &e["detail"]["side"]);
    assert_eq!(sides.collect::<Vec<_>>(), ["citizen", "third"]);
    hall.close().await;
}

#[tokio::test]
async fn the_units_people_can_be_called_those_on_duty_first() {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let admin = hotline.client(Role::Admin).await;
    let person = |name: &str, phone: &str, duty: &str| json!({ "name": name, "office": "值班员", "phone": phone, "mobile": "13900000007", "duty": duty });
    let people = [
        person("孙某", "", "2001-01-01"),
        person("周某", "0534-8200023转2", ""),
    ];
    let (status, put) = admin
        .put(
            "/api/v1/unit-directory/jiancha/contacts",
            &json!({ "contacts": people }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{put}");
    let operator = hotline.client(Role::Operator).await;
    let (status, found) = operator.get("/api/v1/desk/directory").await;
    assert_eq!(status, StatusCode::OK, "{found}");
    let items = found["items"].as_array().unwrap();
    let shown: Vec<[&Value; 4]> = items
        .iter()
        .map(|one| [&one["name"], &one["telephone"], &one["number"], &one["on_duty"]])
        .collect();
    let expected = [
        [json!("周某"), json!("office"), json!("05348200023"), json!(true)],
        [json!("周某"), json!("mobile"), json!("13900000007"), json!(true)],
        [json!("孙某"), json!("mobile"), json!("13900000007"), json!(false)],
    ];
    assert_eq!(shown, expected.each_ref().map(|row| row.each_ref()));
    assert_eq!(items[0]["shown"], "0534-8200023转2");
    assert_eq!(items[0]["unit"], "县人社局 › 县人社局(劳动监察)");
    let unit = hotline.client(Role::Unit).await;
    let (status, _) = unit.get("/api/v1/desk/directory").await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}
