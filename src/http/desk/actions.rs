//! What is done with the call in hand: one route a wish.

use axum::{extract::State, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{AT_DESKS, Caller, FieldError, Json, Problem};
use crate::{
    app::App,
    live::desks::{Denied, DeskError, OfferFault, Party, Wish},
};

/// A wish without particulars: path, what it is, and the wish.
macro_rules! wishes {
    ($($name:ident $path:literal $summary:literal $wish:expr;)+) => {
        $(
            #[doc = $summary]
            #[utoipa::path(post, path = $path, tag = "desk", responses((status = 204)))]
            async fn $name(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
                ask(&app, &caller, $wish).await
            }
        )+

        fn plain_routes() -> OpenApiRouter<App> {
            OpenApiRouter::new()$(.routes(routes!($name)))+
        }
    };
}

wishes! {
    answer "/desk/answer" "Answers the call that rings" Wish::Answer;
    decline "/desk/decline" "Refuses the call that rings; it goes on to the next operator" Wish::Decline;
    hold "/desk/hold" "Puts the citizen on hold, with music" Wish::Hold;
    resume "/desk/resume" "Takes the citizen off hold" Wish::Resume;
    hang_up "/desk/hangup" "Ends the call; in a three-way call, leaves it" Wish::Hangup;
    complete "/desk/transfer/complete" "Hands the citizen to the party that was asked" Wish::Complete;
    cancel "/desk/transfer/cancel" "Back to the citizen, without the third party" Wish::Cancel;
    swap "/desk/swap" "From the party that was asked to the citizen, or back; the other hears music" Wish::Swap;
    conference "/desk/conference" "Citizen, operator and third party together" Wish::Conference;
    pause_recording "/desk/recording/pause" "What is said from now on is not recorded" Wish::PauseRecording;
    resume_recording "/desk/recording/resume" "Records again" Wish::ResumeRecording;
}

pub(super) fn routes() -> OpenApiRouter<App> {
    plain_routes()
        .routes(routes!(echo, end_echo))
        .routes(routes!(dtmf))
        .routes(routes!(ready))
        .routes(routes!(pause))
}

pub(super) async fn ask(app: &App, caller: &Caller, wish: Wish) -> Result<StatusCode, Problem> {
    caller.require(&AT_DESKS)?;
    hold_up_floods(app, caller)?;
    let granted = app.live.desks()?.wish(&caller.username, wish);
    granted.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whoever asks faster than fingers can is told so, and the switch is spared.
fn hold_up_floods(app: &App, caller: &Caller) -> Result<(), Problem> {
    match app.wishes.take(app.clock.now(), &caller.username) {
        true => Ok(()),
        false => Err(too_fast("操作过于频繁，请稍候再试")),
    }
}

pub(super) fn too_fast(detail: &str) -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).coded("desk-too-fast")
}

/// Echo test: what is spoken comes back after a second
#[utoipa::path(post, path = "/desk/echo", tag = "desk", responses((status = 204)))]
async fn echo(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    ask(&app, &caller, Wish::Echo(true)).await
}

/// Ends the echo test
#[utoipa::path(delete, path = "/desk/echo", tag = "desk", responses((status = 204)))]
async fn end_echo(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    ask(&app, &caller, Wish::Echo(false)).await
}

#[derive(Deserialize, ToSchema)]
struct Keys {
    /// 0 to 9, * and #
    digits: String,
    /// citizen, third; absent: whom the operator talks with, in a three-way call an outside number
    to: Option<String>,
}

impl Keys {
    fn party(&self) -> Result<Option<Party>, FieldError> {
        match self.to.as_deref() {
            None => Ok(None),
            Some("citizen") => Ok(Some(Party::Citizen)),
            Some("third") => Ok(Some(Party::Third)),
            Some(_) => Err(FieldError::new("to", "应为 citizen（市民）或 third（第三方）")),
        }
    }
}

/// Presses keys towards the citizen or the third party
#[utoipa::path(post, path = "/desk/dtmf", tag = "desk", request_body = Keys, responses((status = 204)))]
async fn dtmf(State(app): State<App>, caller: Caller, Json(keys): Json<Keys>) -> Result<StatusCode, Problem> {
    if keys.digits.is_empty() || keys.digits.len() > 32 {
        return Err(Problem::invalid(vec![FieldError::new(
            "digits",
            "应为 1 到 32 个按键",
        )]));
    }
    let to = keys.party().map_err(|fault| Problem::invalid(vec![fault]))?;
    let digits = keys.digits;
    ask(&app, &caller, Wish::Dtmf { digits, to }).await
}

/// Ready for the next call; ends wrap-up and pause
#[utoipa::path(post, path = "/desk/ready", tag = "desk", responses((status = 204)))]
async fn ready(State(app): State<App>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.require(&AT_DESKS)?;
    hold_up_floods(&app, &caller)?;
    app.live.switchboard()?.set_paused(&caller.username, None)?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize, ToSchema)]
struct Pause {
    /// rest, training, meeting, meal, other
    reason: String,
}

const REASONS: [&str; 5] = ["rest", "training", "meeting", "meal", "other"];

/// No calls for a while; in a call, after it
#[utoipa::path(post, path = "/desk/pause", tag = "desk", request_body = Pause, responses((status = 204)))]
async fn pause(
    State(app): State<App>,
    caller: Caller,
    Json(pause): Json<Pause>,
) -> Result<StatusCode, Problem> {
    caller.require(&AT_DESKS)?;
    if !REASONS.contains(&pause.reason.as_str()) {
        let expected = format!("应为 {}", REASONS.join("、"));
        return Err(Problem::invalid(vec![FieldError::new("reason", expected)]));
    }
    hold_up_floods(&app, &caller)?;
    app.live
        .switchboard()?
        .set_paused(&caller.username, Some(pause.reason))?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        let (problem, code) = match error {
            DeskError::Refused(refused) => return refused.into(),
            DeskError::Denied(denied) => {
                let (code, detail) = denial(denied);
                (Self::conflict(detail), code)
            }
            DeskError::Offer(fault) => {
                let (code, detail) = fault_text(fault);
                (Self::bad_request(detail), code)
            }
        };
        problem.coded(code)
    }
}

fn denial(denied: Denied) -> (&'static str, &'static str) {
    match denied {
        Denied::NothingRings => ("desk-nothing-rings", "没有正在振铃的来电，可能已被取消"),
        Denied::Taken => ("desk-taken", "来电已由其他坐席接听"),
        Denied::OnPhone => ("desk-on-phone", "来电在您的电话机上振铃，请拿起电话接听"),
        Denied::NoCall => ("desk-no-call", "当前没有通话"),
        Denied::Held => ("desk-held", "市民已在保持中"),
        Denied::NotHeld => ("desk-not-held", "市民不在保持中"),
        Denied::Consulting => ("desk-consulting", "请先完成或取消当前的转接"),
        Denied::NoConsult => ("desk-no-consult", "没有正在进行的转接或咨询"),
        Denied::NotAnswered => ("desk-not-answered", "对方尚未接听"),
        Denied::ThreeWay => ("desk-three-way", "正在三方通话，三方都能听到"),
        Denied::Yourself => ("desk-yourself", "不能转接给自己"),
        Denied::TargetBusy => ("desk-target-busy", "对方坐席不空闲"),
        Denied::NobodyFree => ("desk-nobody-free", "该队列现在没有空闲的坐席"),
        Denied::NoSuchTarget => ("desk-no-such-target", "没有这个坐席、队列或号码"),
        Denied::NoChannel => ("desk-no-channel", "中继线路已满或不可用"),
        Denied::NoLine => ("desk-no-line", "软电话未接通，请先接通软电话"),
        Denied::Busy => ("desk-busy", "当前已有通话"),
        Denied::NoFlow => ("desk-no-flow", "流程无法试拨，请先改正其中的问题"),
        Denied::NotRecording => ("desk-not-recording", "录音不在可暂停或可恢复的状态"),
        Denied::NotAKey => ("desk-not-a-key", "只能发送数字、* 和 #"),
    }
}

fn fault_text(fault: OfferFault) -> (&'static str, &'static str) {
    match fault {
        OfferFault::TooLong => (
            "audio-too-long",
            "软电话未能接通：浏览器发来的信息过长，请刷新页面后重试",
        ),
        OfferFault::Malformed => (
            "audio-malformed",
            "软电话未能接通：浏览器发来的信息无法识别，请刷新页面后重试",
        ),
        OfferFault::NotOneAudioLine => (
            "audio-not-one-line",
            "软电话未能接通：只能有一路声音，请刷新页面后重试",
        ),
        OfferFault::NoMicrophone => (
            "audio-no-microphone",
            "没有麦克风：请允许浏览器使用麦克风，再接通软电话",
        ),
        OfferFault::NoCodec => (
            "audio-no-codec",
            "软电话未能接通：浏览器不支持电话语音（G.711），请换用其他浏览器",
        ),
    }
}
