//! Every world that a lease can come into, within bounds: the lab, its owner and
//! LAVA act as they like between any two steps, calls are lost before or after
//! they are applied, and what must hold is asked at each write. Tables beside it
//! say what a lease does where it matters most.

use std::collections::{HashSet, VecDeque};

use entity::{device::DeviceId, lab::LabId, lease::LeaseId, round::RoundId};

use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn planned_lease() -> lease::Model {
    lease::Model {
        id: LeaseId(1),
        round_id: RoundId(1),
        lab_id: LabId(1),
        device_id: DeviceId(1),
        state: LeaseState::Planned,
        code: String::new(),
        reason: String::new(),
        saved_health: None,
        ends_at: now() + TimeDelta::hours(1),
        planned_at: now(),
        asked_at: None,
        taken_at: None,
        idle_at: None,
        prepared_at: None,
        opened_at: None,
        released_from_at: None,
        closed_at: None,
        restored_at: None,
        unsettled_until: None,
        ended_at: None,
        retakes: 0,
        release_asked: None,
        release_reason: None,
        keep_in_maintenance: false,
        fence: 1,
        event_no: 1,
    }
}

/// The lease, and the truth about its device.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct World {
    lease: Facts,
    health: DeviceHealth,
    /// Our write is what the lab shows.
    ours: bool,
    /// A job of the lab runs on it.
    busy: bool,
    /// A job of the lab ended on it since it was seen idle.
    ended: bool,
    open: bool,
    /// An opening without an answer is still on its way.
    opening: bool,
    /// A job of the federated server runs on it.
    driven: bool,
    dispatcher: Way,
    stop: bool,
    /// What people may still do.
    deeds: u8,
    /// Calls that may still be lost.
    losses: u8,
}

/// The lease without its times: which facts there are is all that counts here.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Facts {
    state: LeaseState,
    saved: Option<DeviceHealth>,
    asked: bool,
    taken: bool,
    idle: bool,
    prepared: bool,
    opened: bool,
    closed: bool,
    restored: bool,
    unsettled: bool,
    retakes: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Way {
    Coming,
    Online,
    Over,
}

impl Facts {
    fn row(&self) -> lease::Model {
        let at = |fact: bool| fact.then(now);
        lease::Model {
            state: self.state,
            saved_health: self.saved,
            asked_at: at(self.asked),
            taken_at: at(self.taken),
            idle_at: at(self.idle),
            prepared_at: at(self.prepared),
            opened_at: at(self.opened),
            closed_at: at(self.closed),
            restored_at: at(self.restored),
            unsettled_until: self.unsettled.then(|| now() + SETTLE),
            retakes: self.retakes,
            ..planned_lease()
        }
    }
}

impl World {
    fn begin(health: DeviceHealth, busy: bool) -> Self {
        Self {
            lease: Facts {
                state: LeaseState::Planned,
                saved: None,
                asked: false,
                taken: false,
                idle: false,
                prepared: false,
                opened: false,
                closed: false,
                restored: false,
                unsettled: false,
                retakes: 0,
            },
            health,
            ours: false,
            busy,
            ended: false,
            open: false,
            opening: false,
            driven: false,
            dispatcher: Way::Coming,
            stop: false,
            deeds: 2,
            losses: 2,
        }
    }

    fn seen(&self, lab_answers: bool, federated_answers: bool) -> Seen {
        Seen {
            lab: if lab_answers {
                LabSight::There {
                    health: self.health,
                    idle: !self.busy,
                    lab_job_ended: self.ended,
                }
            } else {
                LabSight::Unseen
            },
            federated: match (federated_answers, self.lease.prepared) {
                (false, _) => FederatedSight::Unseen,
                (true, false) => FederatedSight::Absent,
                (true, true) if self.open => FederatedSight::There(DeviceHealth::Good),
                (true, true) => FederatedSight::There(DeviceHealth::Maintenance),
            },
            dispatcher: match self.dispatcher {
                Way::Coming => DispatcherSight::Coming,
                Way::Online => DispatcherSight::Online,
                Way::Over => DispatcherSight::Over,
            },
            jobs: match (federated_answers, self.driven) {
                (false, _) => JobsSight::Unseen,
                (true, true) => JobsSight::Unfinished,
                (true, false) => JobsSight::Over,
            },
            denied: None,
            unprepared: None,
            stop: self
                .stop
                .then(|| Reason::new(Code::OwnerAsked, "Its owner wants it back.")),
        }
    }

    /// All that may come next.
    fn next(&self) -> Vec<Self> {
        let mut worlds = self.environment();
        for (lab, federated) in [(true, true), (false, true), (true, false)] {
            worlds.extend(self.driven_on(&self.seen(lab, federated)));
        }
        worlds
    }

    fn environment(&self) -> Vec<Self> {
        let mut worlds = Vec::new();
        let mut add = |change: &dyn Fn(&mut Self)| {
            let mut world = self.clone();
            change(&mut world);
            worlds.push(world);
        };
        if self.deeds > 0 {
            for health in [DeviceHealth::Good, DeviceHealth::Unknown, DeviceHealth::Bad] {
                add(&|world| {
                    world.deeds -= 1;
                    world.health = health;
                    world.ours = false;
                });
            }
            add(&|world| {
                world.deeds -= 1;
                world.stop = true;
            });
            add(&|world| {
                world.deeds -= 1;
                world.dispatcher = Way::Over;
                world.driven = false;
            });
        }
        if self.dispatcher == Way::Coming {
            add(&|world| world.dispatcher = Way::Online);
        }
        if self.busy {
            add(&|world| world.busy = false);
            // an infrastructure error opens the device, whoever closed it
            add(&|world| {
                world.busy = false;
                world.ended = world.lease.idle;
                world.health = DeviceHealth::Unknown;
                world.ours = false;
            });
        }
        let lent = is_lent(self.health);
        if lent && !self.busy {
            add(&|world| world.busy = true);
        }
        if self.open && !self.driven && self.dispatcher == Way::Online {
            add(&|world| world.driven = true);
        }
        if self.driven {
            add(&|world| world.driven = false);
            // with an infrastructure error, after which LAVA shows it Unknown
            add(&|world| (world.driven, world.open) = (false, true));
        }
        if self.opening {
            add(&|world| (world.open, world.opening) = (true, false));
        } else if self.lease.unsettled {
            add(&|world| world.lease.unsettled = false);
        }
        worlds
    }

    /// One step of the lease, with all that may become of its call.
    fn driven_on(&self, seen: &Seen) -> Vec<Self> {
        let row = self.lease.row();
        let mut world = self.clone();
        match step(&row, seen, &Timing::default(), now()) {
            Step::Wait => Vec::new(),
            Step::Move { to, .. } => {
                world.lease.state = to;
                if to == LeaseState::Acquiring {
                    world.lease.saved = Some(self.health);
                }
                world.moved(self);
                vec![world]
            }
            Step::Note(fact) => {
                match fact {
                    Fact::Taken => world.lease.taken = true,
                    Fact::Idle => world.lease.idle = true,
                    Fact::Closed => world.lease.closed = true,
                }
                vec![world]
            }
            Step::Do(act) => self.called(act),
        }
    }

    /// What must hold of a lease that moves.
    fn moved(&self, before: &Self) {
        match self.lease.state {
            LeaseState::Acquiring => assert!(is_lent(self.health), "{before:?}"),
            LeaseState::Held => {
                assert!(self.lease.saved.is_some() && self.open, "{before:?}");
            }
            LeaseState::Released => {
                assert!(!self.ours, "left in our Maintenance: {before:?}");
                assert!(self.cannot_be_driven(), "still open: {before:?}");
            }
            LeaseState::Skipped => assert!(!self.lease.asked && !self.ours, "{before:?}"),
            LeaseState::Planned | LeaseState::Releasing | LeaseState::Stuck => {}
        }
    }

    fn cannot_be_driven(&self) -> bool {
        !self.opening && (!self.open || self.dispatcher == Way::Over)
    }

    /// The call arrives, or is lost before or after it was applied.
    fn called(&self, act: Act) -> Vec<Self> {
        self.may(act);
        let mut intended = self.clone();
        match act {
            Act::Take => {
                intended.lease.retakes += i32::from(self.lease.taken);
                intended.lease.asked = true;
                intended.lease.taken = false;
                intended.lease.idle = false;
                intended.ended = false;
            }
            Act::Open => intended.lease.opened = true,
            Act::Restore(_) => intended.lease.restored = true,
            Act::Prepare | Act::Close | Act::CancelJobs => {}
        }
        let mut done = intended.clone();
        match act {
            Act::Take => {
                done.health = DeviceHealth::Maintenance;
                done.ours = true;
            }
            Act::Restore(health) => {
                done.health = health;
                done.ours = false;
            }
            Act::Prepare => done.lease.prepared = true,
            Act::Open => done.open = true,
            Act::Close => done.open = false,
            Act::CancelJobs => done.driven = false,
        }
        let mut answered = done.clone();
        answered.lease.taken |= act == Act::Take;
        let mut worlds = vec![answered];
        if self.losses > 0 {
            let unsettled = matches!(act, Act::Take | Act::Restore(_) | Act::Open);
            let late = Self {
                opening: true,
                ..intended.clone()
            };
            for mut lost in [intended, done]
                .into_iter()
                .chain((act == Act::Open).then_some(late))
            {
                // what Prepare leaves behind is known by its answer alone
                lost.lease.prepared = self.lease.prepared;
                lost.losses -= 1;
                lost.lease.unsettled |= unsettled;
                worlds.push(lost);
            }
        }
        worlds
    }

    /// What must hold of a call that is about to be made.
    fn may(&self, act: Act) {
        match act {
            Act::Take => {
                assert!(is_lent(self.health), "takes what is not lent: {self:?}");
                assert!(self.lease.saved.is_some(), "nothing is saved: {self:?}");
            }
            Act::Prepare => assert!(!self.open, "{self:?}"),
            Act::Open => {
                assert_eq!(self.health, DeviceHealth::Maintenance, "{self:?}");
                assert!(self.lease.idle && !self.busy, "{self:?}");
            }
            Act::Close | Act::CancelJobs => assert!(self.lease.opened, "{self:?}"),
            Act::Restore(health) => {
                assert_eq!(Some(health), self.lease.saved, "{self:?}");
                assert!(self.ours, "overwrites what is not ours: {self:?}");
                assert!(self.cannot_be_driven(), "still open: {self:?}");
                assert!(
                    !self.driven || self.dispatcher == Way::Over,
                    "its jobs are not over: {self:?}"
                );
            }
        }
    }
}

#[test]
fn in_every_world_nothing_is_kept_and_nothing_of_the_owners_is_lost() {
    let mut known = HashSet::new();
    let mut open = VecDeque::new();
    for health in [
        DeviceHealth::Good,
        DeviceHealth::Unknown,
        DeviceHealth::Bad,
        DeviceHealth::Maintenance,
    ] {
        for busy in [false, true] {
            open.push_back(World::begin(health, busy));
        }
    }
    let mut ends = HashSet::new();
    while let Some(world) = open.pop_front() {
        if !known.insert(world.clone()) {
            continue;
        }
        if world.lease.state.is_final() {
            ends.insert((world.lease.state, world.health));
            continue;
        }
        open.extend(world.next());
    }
    // the search went somewhere
    assert!(known.len() > 10_000, "{}", known.len());
    for end in [
        (LeaseState::Released, DeviceHealth::Good),
        (LeaseState::Released, DeviceHealth::Unknown),
        (LeaseState::Released, DeviceHealth::Bad),
        (LeaseState::Skipped, DeviceHealth::Bad),
        (LeaseState::Skipped, DeviceHealth::Maintenance),
    ] {
        assert!(ends.contains(&end), "{end:?} is never reached");
    }
    every_world_comes_to_an_end(&known);
}

/// Left alone, with servers that answer, each lease ends within some steps.
fn every_world_comes_to_an_end(known: &HashSet<World>) {
    for world in known {
        let mut world = world.clone();
        world.deeds = 0;
        world.losses = 0;
        world.stop = true;
        for _ in 0..40 {
            if world.lease.state.is_final() {
                break;
            }
            world.busy = false;
            world.lease.unsettled = false;
            world.opening = false;
            let seen = world.seen(true, true);
            if let Some(next) = world.driven_on(&seen).into_iter().next() {
                world = next;
            }
        }
        assert!(world.lease.state.is_final(), "never ends: {world:?}");
    }
}

#[test]
fn a_refused_credential_waits_for_a_person() {
    let mut row = planned_lease();
    row.state = LeaseState::Releasing;
    row.saved_health = Some(DeviceHealth::Good);
    row.asked_at = Some(now());
    row.taken_at = Some(now());
    let world = World {
        health: DeviceHealth::Maintenance,
        ..World::begin(DeviceHealth::Good, false)
    };
    let mut seen = world.seen(true, true);
    seen.denied = Some("403".to_owned());
    let next = |row: &lease::Model, seen: &Seen| step(row, seen, &Timing::default(), now());
    assert!(matches!(
        next(&row, &seen),
        Step::Move { to: LeaseState::Stuck, why } if why.code == Code::CredentialRefused
    ));
    row.state = LeaseState::Stuck;
    assert_eq!(next(&row, &seen), Step::Wait);
    seen.denied = None;
    assert_eq!(
        next(&row, &seen),
        Step::Do(Act::Restore(DeviceHealth::Good))
    );
}

#[test]
fn patience_with_the_labs_own_job_ends() {
    let mut row = planned_lease();
    row.state = LeaseState::Acquiring;
    row.saved_health = Some(DeviceHealth::Good);
    row.asked_at = Some(now());
    row.taken_at = Some(now());
    let world = World {
        health: DeviceHealth::Maintenance,
        dispatcher: Way::Online,
        ..World::begin(DeviceHealth::Good, true)
    };
    let seen = world.seen(true, true);
    let timing = Timing::default();
    assert_eq!(step(&row, &seen, &timing, now()), Step::Wait);
    let later = now() + timing.idle_patience + TimeDelta::seconds(1);
    assert!(matches!(
        step(&row, &seen, &timing, later),
        Step::Move { to: LeaseState::Releasing, why } if why.code == Code::NeverIdle
    ));
}
