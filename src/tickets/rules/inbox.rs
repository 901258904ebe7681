//! On which shelves a ticket lies, and which shelves each role's inboxes show. Pure: when something is due is the calendar's to say.

use super::facts::Proposed;
use super::projection::{Assignment, AssignmentState, Judge, Part, Ticket};
use super::state::State;
use super::timers::Running;
use crate::accounts::Role;
use crate::calendar::limits::Timer;

/// One kind of waiting. A ticket lies on several: on the office's, and on those of each unit that has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Shelf {
    Accept,
    Supplement,
    Direct,
    Dispatch,
    Returns,
    Disputes,
    Review,
    Callback,
    /// The machine does not call, or the citizen was not satisfied with what it asked about: a person is to call.
    PersonCallback,
    Judge,
    /// A proposal that any second person of the office decides on.
    Approve,
    /// A proposal that only a supervisor decides on.
    ApproveChief,
    Supervised,
    /// Everything that is not over; of a unit, everything it has.
    Open,
    Sign,
    Handling,
    Redo,
    Helping,
    Suspended,
}

impl Shelf {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Supplement => "supplement",
            Self::Direct => "direct",
            Self::Dispatch => "dispatch",
            Self::Returns => "returns",
            Self::Disputes => "disputes",
            Self::Review => "review",
            Self::Callback => "callback",
            Self::PersonCallback => "person_callback",
            Self::Judge => "judge",
            Self::Approve => "approve",
            Self::ApproveChief => "approve_chief",
            Self::Supervised => "supervised",
            Self::Open => "open",
            Self::Sign => "sign",
            Self::Handling => "handling",
            Self::Redo => "redo",
            Self::Helping => "helping",
            Self::Suspended => "suspended",
        }
    }
}

/// Where a ticket lies: on a shelf of the office, or of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    pub shelf: Shelf,
    pub unit: Option<String>,
}

pub fn spots(ticket: &Ticket) -> Vec<Spot> {
    // A draft is in the hands of the operator who talks; it waits for nobody.
    if !ticket.state.is_open() || ticket.state == State::Draft {
        return vec![];
    }
    let units = ticket
        .body
        .assignments
        .iter()
        .filter(|given| given.state.is_active());
    let mut spots: Vec<Spot> = of_office(ticket)
        .into_iter()
        .map(|shelf| Spot { shelf, unit: None })
        .collect();
    spots.extend(units.flat_map(|given| of_unit(ticket, given)));
    spots
}

fn of_office(ticket: &Ticket) -> Vec<Shelf> {
    let body = &ticket.body;
    let own = match ticket.state {
        State::Pending => Some(Shelf::Accept),
        State::Supplement => Some(Shelf::Supplement),
        State::Direct => Some(Shelf::Direct),
        State::Accepted => Some(Shelf::Dispatch),
        State::Returned => Some(Shelf::Returns),
        State::Disputed => Some(Shelf::Disputes),
        State::Replied => Some(Shelf::Review),
        State::Callback => Some(Shelf::Callback),
        State::Judging => Some(Shelf::Judge),
        _ => None,
    };
    let proposal = body.proposal.as_ref().map(|proposal| match proposal.proposed {
        Proposed::Reject { .. } | Proposed::Close { .. } => Shelf::Approve,
        Proposed::Void { .. } | Proposed::Extend { .. } | Proposed::Suspend { .. } => Shelf::ApproveChief,
    });
    let leaving = body
        .leaving(Judge::Office)
        .next()
        .filter(|_| ticket.state.is_with_units())
        .map(|_| Shelf::Returns);
    let supervised = body.supervised().map(|_| Shelf::Supervised);
    let person = wants_a_person(ticket).then_some(Shelf::PersonCallback);
    [Some(Shelf::Open), own, person, leaving, proposal, supervised]
        .into_iter()
        .flatten()
        .collect()
}

/// Whether a person is to call the citizen: what the machine gave up or never took on, and once after it heard that somebody is not
/// satisfied.
pub fn wants_a_person(ticket: &Ticket) -> bool {
    let machine = ticket.body.survey.as_ref().map(|survey| survey.state.as_str());
    match ticket.state {
        State::Callback => matches!(machine, None | Some("person")),
        State::Judging => {
            let since = ticket.body.entered.get(&State::Judging);
            let talked = |since| {
                ticket
                    .body
                    .callbacks
                    .iter()
                    .any(|entry| entry.at >= since && entry.result.reached)
            };
            machine == Some("completed") && since.is_some_and(|since| !talked(*since))
        }
        _ => false,
    }
}

fn of_unit(ticket: &Ticket, given: &Assignment) -> Vec<Spot> {
    if !ticket.state.is_with_units() {
        return vec![];
    }
    let spot = |shelf| Spot {
        shelf,
        unit: Some(given.unit_code.clone()),
    };
    let of_those_below = ticket
        .body
        .leaving(Judge::Unit(&given.unit_code))
        .next()
        .map(|_| Shelf::Returns);
    // What was answered, or is being looked at by somebody else, waits for nobody here.
    if matches!(given.state, AssignmentState::Replied | AssignmentState::Leaving) {
        return of_those_below.map(spot).into_iter().collect();
    }
    let shelf = match (given.state, given.part, ticket.state) {
        (AssignmentState::Waiting, ..) => Shelf::Sign,
        (_, _, State::Suspended) => Shelf::Suspended,
        (_, Part::Lead, State::Redo) => Shelf::Redo,
        (_, Part::Lead, _) => Shelf::Handling,
        (_, Part::Co | Part::Sub, _) => Shelf::Helping,
    };
    [Some(Shelf::Open), Some(shelf), of_those_below]
        .into_iter()
        .flatten()
        .map(spot)
        .collect()
}

/// The clock that matters at a spot.
pub fn clock<'a>(spot: &Spot, running: &'a [Running]) -> Option<&'a Running> {
    let timers: &[Timer] = match spot.shelf {
        Shelf::Supervised => &[Timer::Supervision],
        Shelf::Sign => &[Timer::Sign],
        _ => &[
            Timer::Dispatch,
            Timer::Review,
            Timer::Callback,
            Timer::Dispute,
            Timer::Redo,
            Timer::Handle,
        ],
    };
    let own = |one: &&Running| spot.shelf != Shelf::Sign || one.unit == spot.unit;
    timers
        .iter()
        .find_map(|timer| running.iter().filter(&own).find(|one| one.timer == *timer))
}

/// Which part of a shelf: all of it, what is late, what will be within a working day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Any,
    Soon,
    Late,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Office,
    /// The person's own unit.
    Unit,
    /// The units below it.
    Below,
}

/// One list of things to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inbox {
    pub name: &'static str,
    pub shelves: &'static [Shelf],
    pub when: When,
    pub whose: Whose,
    roles: &'static [Role],
}

const DESK: &[Role] = &[Role::Operator, Role::Dispatcher, Role::Admin];
const CENTRE: &[Role] = &[Role::Operator, Role::Dispatcher, Role::Supervisor, Role::Admin];
const DISPATCH: &[Role] = &[Role::Dispatcher, Role::Admin];
const OFFICE: &[Role] = &[Role::Dispatcher, Role::Supervisor, Role::Admin];
const CHIEF: &[Role] = &[Role::Supervisor, Role::Admin];
const UNIT: &[Role] = &[Role::Unit];

const fn office(name: &'static str, shelves: &'static [Shelf], roles: &'static [Role]) -> Inbox {
    Inbox {
        name,
        shelves,
        when: When::Any,
        whose: Whose::Office,
        roles,
    }
}

const fn of(name: &'static str, shelves: &'static [Shelf], when: When, whose: Whose) -> Inbox {
    Inbox {
        name,
        shelves,
        when,
        whose,
        roles: UNIT,
    }
}

const OPEN: &[Shelf] = &[Shelf::Open];

/// In the order in which a console shows them.
const INBOXES: &[Inbox] = &[
    office("accept", &[Shelf::Accept], DESK),
    office("supplement", &[Shelf::Supplement], DESK),
    office("direct", &[Shelf::Direct], DESK),
    office("dispatch", &[Shelf::Dispatch], DISPATCH),
    office("returns", &[Shelf::Returns], DISPATCH),
    office("judge", &[Shelf::Judge], CHIEF),
    office("disputes", &[Shelf::Disputes], OFFICE),
    office("review", &[Shelf::Review], OFFICE),
    office("callback", &[Shelf::Callback], CENTRE),
    office("person_callback", &[Shelf::PersonCallback], CENTRE),
    office("approvals", &[Shelf::Approve], &[Role::Dispatcher]),
    office("approvals", &[Shelf::Approve, Shelf::ApproveChief], CHIEF),
    office("supervise", &[Shelf::Supervised], CHIEF),
    Inbox {
        when: When::Late,
        ..office("overdue", OPEN, OFFICE)
    },
    of("sign", &[Shelf::Sign], When::Any, Whose::Unit),
    of("returns", &[Shelf::Returns], When::Any, Whose::Unit),
    of("redo", &[Shelf::Redo], When::Any, Whose::Unit),
    of("handling", &[Shelf::Handling], When::Any, Whose::Unit),
    of("helping", &[Shelf::Helping], When::Any, Whose::Unit),
    of("due_soon", OPEN, When::Soon, Whose::Unit),
    of("overdue", &[Shelf::Open, Shelf::Sign], When::Late, Whose::Unit),
    of("suspended", &[Shelf::Suspended], When::Any, Whose::Unit),
    of("below", OPEN, When::Any, Whose::Below),
];

/// The inboxes of a role.
pub fn inboxes(role: Role) -> impl Iterator<Item = &'static Inbox> {
    INBOXES.iter().filter(move |inbox| inbox.roles.contains(&role))
}
