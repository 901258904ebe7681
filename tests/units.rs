//! Units: their people and hours, lists of them in and out.

mod support;

use minsheng::{accounts::Role, sheets};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use support::{TestApp, answer, journey::provision, person};

async fn county() -> TestApp {
    let hotline = TestApp::start().await;
    provision(&hotline).await;
    let mut user = person("water", Role::Unit);
    user.unit_code = Some("gongshui".into());
    hotline.add_person(&user).await;
    hotline.settle().await;
    hotline
}

const HEAD: &str = "代码,名称,类别,上级代码,电话,工作时间,节假日时间\r\n";
const PEOPLE: &str = "单位代码,姓名,职务,电话,手机,邮箱,短信通知,邮件通知,值班\r\n";

async fn import(hotline: &TestApp, file: impl Into<Vec<u8>>, query: &str) -> (StatusCode, Value) {
    let admin = hotline.client_of("admin").await;
    let path = format!("/api/v1/unit-directory/import?{query}");
    answer(admin.request(Method::POST, &path).body(file.into())).await
}

async fn directory(hotline: &TestApp) -> Vec<Value> {
    let (_, tree) = hotline
        .client_of("admin")
        .await
        .get("/api/v1/unit-directory")
        .await;
    tree["items"].as_array().expect("items").clone()
}

async fn download(hotline: &TestApp, query: &str) -> Vec<u8> {
    let admin = hotline.client_of("admin").await;
    let request = admin.request(Method::GET, &format!("/api/v1/unit-directory/export?{query}"));
    let file = request.send().await.expect("an answer");
    assert_eq!(file.status(), StatusCode::OK);
    file.bytes().await.expect("a file").to_vec()
}

#[tokio::test]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let hotline = county().await;
    let before = directory(&hotline).await;
    let file = format!(
        "{HEAD}gongshui,县自来水集团,公共企业,,0534-8200100,24h,\r\nshuizhan,城东水站,公共企业,gongshui,,,\r\n"
    );
    let (status, dry) = import(&hotline, file.clone(), "apply=false").await;
    assert_eq!(status, StatusCode::OK, "{dry}");
    assert_eq!((&dry["applied"], &dry["faults"]), (&json!(false), &json!([])));
    let changes = dry["changes"].as_array().expect("changes");
    assert_eq!(
        (&changes[0]["what"], &changes[1]["what"]),
        (&json!("changed"), &json!("added"))
    );
    let columns: Vec<_> = changes[0]["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .map(|field| &field["column"])
        .collect();
    assert!(
        columns.contains(&&json!("名称")) && columns.contains(&&json!("工作时间")),
        "{dry}"
    );
    assert_eq!(directory(&hotline).await, before);
    let (_, done) = import(&hotline, file.clone(), "apply=true").await;
    assert_eq!(done["applied"], true);
    assert_eq!(directory(&hotline).await.len(), before.len() + 1);
    let (_, again) = import(&hotline, file, "apply=true").await;
    assert_eq!((&again["changes"], &again["unchanged"]), (&json!([]), &json!(2)));
}

#[tokio::test]
async fn every_fault_is_named_by_row_and_column_and_nothing_is_half_done() {
    let hotline = county().await;
    let before = directory(&hotline).await;
    let file = format!(
        "{HEAD}good,好单位,部门,,,,\r\n坏 码,甲,部门,,,,\r\nb1,,国企,nobody,12,9-5,\r\nb2,乙,部门,b3,,,\r\nb3,丙,部门,b2,,,\r\n\
         c1,一,部门,,,,\r\nc2,二,部门,c1,,,\r\nc3,三,部门,c2,,,\r\nc4,四,部门,c3,,,\r\ngood,再来,部门,,,,\r\n"
    );
    let (status, outcome) = import(&hotline, file, "apply=true").await;
    assert_eq!((status, &outcome["applied"]), (StatusCode::OK, &json!(false)));
    let faults = outcome["faults"].as_array().expect("faults");
    let has = |row: u32, column: &str, part: &str| {
        faults.iter().any(|fault| {
            fault["row"] == row
                && fault["column"] == column
                && fault["message"].as_str().is_some_and(|text| text.contains(part))
        })
    };
    assert!(has(3, "代码", "字母"), "{faults:?}");
    assert!(
        has(4, "名称", "必填")
            && has(4, "类别", "之一")
            && has(4, "电话", "号码")
            && has(4, "工作时间", "08:30-12:00")
    );
    assert!(has(4, "上级代码", "没有这个上级") && has(5, "上级代码", "成环") && has(10, "上级代码", "三级"));
    assert!(has(11, "代码", "已出现"));
    assert_eq!(directory(&hotline).await, before, "not even the good row");
    let people = format!("{PEOPLE}gongshui,王某,,,abc,no-mail,是,也许,周九\r\nnowhere,李某,,,,,否,否,\r\n");
    let (_, outcome) = import(&hotline, people, "apply=true").await;
    let columns: Vec<_> = outcome["faults"]
        .as_array()
        .expect("faults")
        .iter()
        .map(|fault| fault["column"].clone())
        .collect();
    assert_eq!(
        columns,
        ["手机", "邮件通知", "值班", "邮箱", "单位代码"].map(Value::from)
    );
}

#[tokio::test]
async fn what_is_exported_is_imported_again_in_both_forms() {
    let hotline = county().await;
    let people =
        format!("{PEOPLE}gongshui,王某,主任,0534-8200100,13800000001,w@example.cn,是,是,周一;2026-10-01\r\n");
    let (_, done) = import(&hotline, people, "apply=true").await;
    assert_eq!(done["applied"], true, "{done}");
    let book = download(&hotline, "format=xlsx").await;
    assert_eq!(sheets::read(&book, true).expect("workbook").len(), 2);
    let files = [
        book,
        download(&hotline, "format=csv").await,
        download(&hotline, "format=csv&contacts=true").await,
    ];
    for file in files {
        let (_, outcome) = import(&hotline, file, "apply=true").await;
        assert_eq!(
            (&outcome["changes"], &outcome["faults"]),
            (&json!([]), &json!([]))
        );
        assert_eq!(outcome["applied"], true);
    }
    let other = format!("{PEOPLE}gongshui,李某,,,,,否,否,\r\n");
    let (_, outcome) = import(&hotline, other, "apply=true").await;
    let whats: Vec<_> = outcome["changes"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|change| change["what"].clone())
        .collect();
    assert_eq!(
        whats,
        ["added", "removed"].map(Value::from),
        "a list of a unit's people is the whole of it"
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_refused_with_what_to_do() {
    let hotline = county().await;
    let cases: [(&[u8], &str, &str); 5] = [
        (
            b"\xb4\xfa\xc2\xeb,\xc3\xfb\xb3\xc6\r\n",
            "name=a.csv",
            "CSV UTF-8",
        ),
        (b"PK\x03\x04 no zip", "name=a.xlsx", "重新另存为 .xlsx"),
        ("代码,名称".as_bytes(), "name=a.XLSX", "重新另存为 .xlsx"),
        (b"", "name=a.csv", "空的"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "name=a.xls", "旧版"),
    ];
    for (file, query, told) in cases {
        let (status, problem) = import(&hotline, file, query).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        let message = problem["errors"][0]["message"].as_str().expect("message");
        assert!(message.contains(told), "{message}");
    }
    let (_, wrong) = import(&hotline, "\u{feff}代码,单位名,类别\r\n1,2,3\r\n", "apply=true").await;
    let message = wrong["faults"][0]["message"].as_str().expect("message");
    assert!(
        message.contains("缺少：名称") && message.contains("不认识：单位名"),
        "{message}"
    );
    let (status, problem) = import(&hotline, vec![b'x'; 3 << 20], "apply=true").await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{problem}");
    assert!(
        problem["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("2 MB")),
        "{problem}"
    );
    let client = hotline.client_of("dispatcher").await;
    let (status, _) = answer(
        client
            .request(Method::POST, "/api/v1/unit-directory/import")
            .body("x"),
    )
    .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn several_hundred_units_come_in_at_once() {
    let hotline = county().await;
    let mut file = HEAD.to_owned();
    for n in 0..600 {
        file.push_str(&format!("n{n},单位{n},部门,,,,\r\n"));
    }
    let (_, outcome) = import(&hotline, file, "apply=true").await;
    assert_eq!(
        (&outcome["applied"], outcome["changes"].as_array().map(Vec::len)),
        (&json!(true), Some(600))
    );
}

#[tokio::test]
async fn a_unit_with_hours_of_its_own_counts_its_own_dues() {
    let hotline = county().await;
    let fields = json!({"title": "停水", "contact_phone": "13800000001", "band": "C"});
    let (_, ticket) = hotline
        .client_of("operator")
        .await
        .post("/api/v1/tickets", &fields)
        .await;
    let number = ticket["number"].as_str().expect("number").to_owned();
    for (who, verb, body) in [
        ("operator", "accept", json!({})),
        ("dispatcher", "dispatch", json!({"unit_code": "gongshui"})),
    ] {
        let path = format!("/api/v1/tickets/{number}/{verb}");
        assert_eq!(
            hotline.client_of(who).await.post(&path, &body).await.0,
            StatusCode::OK
        );
    }
    let total = async || {
        let (_, ticket) = hotline
            .client_of("dispatcher")
            .await
            .get(&format!("/api/v1/tickets/{number}"))
            .await;
        let limits = ticket["limits"].as_array().expect("limits").clone();
        let handle = limits
            .into_iter()
            .find(|limit| limit["timer"] == "handle")
            .expect("handle");
        handle["total_minutes"].as_i64().expect("minutes")
    };
    let usual = total().await;
    let own = json!({"name": "县自来水公司", "kind": "公共企业", "workdays": "08:00-12:00", "phone": ""});
    let (status, saved) = hotline
        .client_of("admin")
        .await
        .put("/api/v1/unit-directory/gongshui", &own)
        .await;
    assert_eq!(status, StatusCode::OK, "{saved}");
    hotline.settle().await;
    assert!(total().await < usual, "a shorter day has fewer minutes");
}

#[tokio::test]
async fn a_unit_keeps_its_own_people_and_no_others() {
    let hotline = county().await;
    let people = json!({"contacts": [{"name": "王某", "mobile": "13800000001", "sms": true}]});
    let water = hotline.client_of("water").await;
    assert_eq!(
        water
            .put("/api/v1/unit-directory/gongshui/contacts", &people)
            .await
            .0,
        StatusCode::OK
    );
    let (status, _) = water.put("/api/v1/unit-directory/reli/contacts", &people).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (_, own) = water.get("/api/v1/unit-directory").await;
    assert_eq!(own["items"].as_array().map(Vec::len), Some(1));
    let wrong = json!({"contacts": [{"name": "王某", "sms": true}]});
    let (status, problem) = water
        .put("/api/v1/unit-directory/gongshui/contacts", &wrong)
        .await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("contacts.mobile"))
    );
}
