//! Units and their people as rows of a sheet, and rows as units and people: every fault with its row and column, in words.

use std::collections::BTreeSet;

use super::{
    rules::{self, Duty},
    store::{Contact, Unit},
};
use crate::sheets::{Cells, Fault, Row, Sheet, table};

pub(super) const UNITS: [&str; 7] = [
    "代码",
    "名称",
    "类别",
    "上级代码",
    "电话",
    "工作时间",
    "节假日时间",
];
pub(super) const CONTACTS: [&str; 9] = [
    "单位代码",
    "姓名",
    "职务",
    "电话",
    "手机",
    "邮箱",
    "短信通知",
    "邮件通知",
    "值班",
];
/// What a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) units: Vec<(u32, Unit)>,
    pub(super) contacts: Vec<(u32, Contact)>,
    pub(super) faults: Vec<Fault>,
}

pub(super) fn unit_sheet(units: &[Unit]) -> Sheet {
    let mut sheet = Sheet::new("单位", &UNITS);
    let row = |unit: &Unit| {
        vec![
            unit.code.clone(),
            unit.name.clone(),
            unit.kind.clone(),
            unit.parent.clone().unwrap_or_default(),
            unit.phone.clone(),
            unit.workdays.clone(),
            unit.holidays.clone(),
        ]
    };
    sheet.rows = units.iter().map(row).collect();
    sheet
}

pub(super) fn contact_sheet(contacts: &[Contact]) -> Sheet {
    let mut sheet = Sheet::new("联系人", &CONTACTS);
    let yes = |flag: bool| if flag { "是" } else { "否" }.to_owned();
    let row = |contact: &Contact| {
        vec![
            contact.unit_code.clone(),
            contact.name.clone(),
            contact.office.clone(),
            contact.phone.clone(),
            contact.mobile.clone(),
            contact.email.clone(),
            yes(contact.sms),
            yes(contact.mail),
            contact.duty.to_string(),
        ]
    };
    sheet.rows = contacts.iter().map(row).collect();
    sheet
}

/// Reads the sheets of a file; which is which is told by their columns.
pub(super) fn read(sheets: &[Cells]) -> Wanted {
    let mut wanted = Wanted::default();
    for cells in sheets {
        wanted.sheet(cells);
    }
    wanted
}

impl Wanted {
    fn sheet(&mut self, cells: &Cells) {
        let is_contacts = cells.begins_with(CONTACTS[0]);
        let columns: &[&str] = if is_contacts { &CONTACTS } else { &UNITS };
        let Some(rows) = table(cells, columns, &mut self.faults) else {
            return;
        };
        let mut seen = BTreeSet::new();
        for (number, row) in rows {
            let mut row = Row::new(cells, *number, columns, row, &mut self.faults);
            if is_contacts {
                let contact = row.contact(&mut seen);
                self.contacts.push((*number, contact));
            } else {
                let unit = row.unit(&mut seen);
                self.units.push((*number, unit));
            }
        }
    }
}

impl Row<'_> {
    fn phone(&mut self, column: &str, is_good: fn(&str) -> bool, expected: &str) -> String {
        let cell = self.text(column);
        if !cell.is_empty() && !is_good(&cell) {
            self.fault(column, format!("“{cell}”不是有效号码，{expected}"));
        }
        cell
    }

    fn flag(&mut self, column: &str) -> bool {
        let cell = self.text(column);
        match cell.as_str() {
            "是" => true,
            "否" | "" => false,
            _ => {
                self.fault(column, format!("“{cell}”应为“是”或“否”"));
                false
            }
        }
    }

    fn unit(&mut self, seen: &mut BTreeSet<String>) -> Unit {
        let unit = Unit {
            code: self.filled("代码"),
            name: self.filled("名称"),
            kind: self.filled("类别"),
            parent: Some(self.text("上级代码")).filter(|code| !code.is_empty()),
            phone: self.phone("电话", rules::is_phone, "应为数字，可带区号和分机"),
            workdays: self.text("工作时间"),
            holidays: self.text("节假日时间"),
        };
        if !unit.code.is_empty() && !rules::is_code(&unit.code) {
            self.fault("代码", "应为 1 至 40 个字母、数字、横线或下划线");
        }
        if !unit.code.is_empty() && !seen.insert(unit.code.clone()) {
            self.fault(
                "代码",
                format!("“{}”在前面的行中已出现，每个代码只能有一行", unit.code),
            );
        }
        if !unit.kind.is_empty() && !rules::KINDS.contains(&unit.kind.as_str()) {
            let kinds = rules::KINDS.join("、");
            self.fault("类别", format!("“{}”应为 {kinds} 之一", unit.kind));
        }
        let expected = "应写作 08:30-12:00;13:30-17:30，全天值守写 24h，留空按时限方案";
        if rules::hours(&unit.workdays, "").is_err() {
            self.fault("工作时间", expected);
        }
        if rules::hours("", &unit.holidays).is_err() {
            self.fault("节假日时间", expected);
        }
        unit
    }

    fn contact(&mut self, seen: &mut BTreeSet<String>) -> Contact {
        let duty = self.text("值班");
        let contact = Contact {
            unit_code: self.filled("单位代码"),
            name: self.filled("姓名"),
            office: self.text("职务"),
            phone: self.phone("电话", rules::is_phone, "应为数字，可带区号和分机"),
            mobile: self.phone("手机", rules::is_mobile, "应为 11 位手机号，不带空格"),
            email: self.text("邮箱"),
            sms: self.flag("短信通知"),
            mail: self.flag("邮件通知"),
            duty: Duty::parse(&duty).unwrap_or_default(),
        };
        if let Err(part) = Duty::parse(&duty) {
            self.fault(
                "值班",
                format!("“{part}”应为周一至周日或 2026-10-01 这样的日期，用分号隔开"),
            );
        }
        if !contact.email.is_empty() && contact.email.parse::<lettre::Address>().is_err() {
            self.fault("邮箱", format!("“{}”不是有效的邮箱地址", contact.email));
        }
        if contact.sms && contact.mobile.is_empty() {
            self.fault("手机", "选了短信通知，必须填写手机");
        }
        if contact.mail && contact.email.is_empty() {
            self.fault("邮箱", "选了邮件通知，必须填写邮箱");
        }
        let key = format!("{}\n{}", contact.unit_code, contact.name);
        if !contact.name.is_empty() && !seen.insert(key) {
            self.fault("姓名", format!("“{}”在同一单位中已出现", contact.name));
        }
        contact
    }
}
