//! Operators at random.

use std::time::Duration;

use telephony::phone::PhoneCommand;
use telephony::queue::OperatorState;
use telephony::switch::{EndedBy, Mode, Wish};

use crate::floor::{MOBILE, desks_rung, to_operator};

#[test]
fn no_citizen_is_lost_whatever_operators_do() {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};
    for seed in 200..230 {
        let mut desks = desks_rung(seed, 1 + u32::try_from(seed % 3).unwrap());
        let mut rng = StdRng::seed_from_u64(seed);
        let citizen = desks.world.citizen_calls(MOBILE);
        desks.world.run(Duration::from_secs(5));
        for _ in 0..60 {
            let people = ["operator1", "operator2", "operator3", "supervisor1"];
            let person = people[rng.random_range(0..people.len())];
            let other = people[rng.random_range(0..3)];
            let call = desks.call();
            let wish = match rng.random_range(0..16) {
                0..=2 => Wish::Answer,
                3 => Wish::Decline,
                4 => Wish::Hold,
                5 => Wish::Resume,
                6 => Wish::Transfer {
                    to: to_operator(other),
                    attended: true,
                },
                7 => Wish::Transfer {
                    to: to_operator(other),
                    attended: false,
                },
                8 => Wish::Complete,
                9 => Wish::Cancel,
                10 => Wish::Conference,
                11 => Wish::Monitor {
                    call,
                    mode: Mode::Whisper,
                },
                12 => Wish::TakeOver { call },
                13..=14 => Wish::Swap,
                _ => {
                    desks.line(person);
                    continue;
                }
            };
            let _ = desks.wish(person, wish);
            desks
                .world
                .run(Duration::from_millis(rng.random_range(10..4_000)));
            if desks.ended().is_some() {
                break;
            }
        }
        if desks.ended().is_none() {
            desks.world.at_carrier(PhoneCommand::Hangup { leg: citizen });
        }
        desks.world.run(Duration::from_secs(90));
        let by = desks.ended().unwrap().2;
        assert_eq!(by, EndedBy::Citizen, "seed {seed}: {:#?}", desks.world.story());
        for operator in ["operator1", "operator2", "operator3"] {
            let state = desks.state_of(operator);
            assert!(
                matches!(state, OperatorState::Ready),
                "seed {seed}: {operator} is {state:?}"
            );
        }
        assert_eq!(desks.world.hotline.calls(), 0);
        assert_eq!(desks.open_legs(), [], "seed {seed}");
    }
}
