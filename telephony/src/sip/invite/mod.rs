//! INVITE: calls placed (`uac`), calls taken (`uas`), and what changes a call in progress (`reinvite`).

pub(super) mod reinvite;
pub(super) mod uac;
pub(super) mod uas;
