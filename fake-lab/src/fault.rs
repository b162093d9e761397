//! What can go wrong between a client and a server, call by call. Must not
//! know how a door makes it happen.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{rest::Request, world::World};

/// One call the server saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub at: DateTime<Utc>,
    /// The first call of a server is 0.
    pub nth: usize,
    pub method: String,
    pub path: String,
    pub query: String,
    /// None: anonymous, or a token nobody has.
    pub user: Option<String>,
    /// Of an XML-RPC call.
    pub rpc: Option<String>,
    pub fault: Fault,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// No connection. Not applied.
    Refused,
    /// The connection breaks before the server took the call.
    ResetBefore,
    /// Applied, and the connection breaks before the answer.
    ResetAfter,
    /// The answer comes late; the call is applied when `applied` says.
    Late { by: TimeDelta, applied: Applied },
    /// Applied, and the answer breaks off in its middle.
    HalfBody,
    /// A page of a proxy with this status: 500, 502, 503, 429. Not applied.
    Status(u16),
    /// 200 with an HTML page. Not applied.
    Html,
    /// Applied, and answered with JSON that nobody expects.
    WrongJson,
    /// 403, as for a token that is no longer valid. Not applied.
    Forbidden,
    /// 404. Not applied.
    NotFound,
    /// 301 to another place. Not applied.
    Moved,
    /// Applied, and answered with a body of a gigabyte.
    Gigabyte,
    /// Applied, and answered with a byte a second.
    Drip,
    /// Applied twice, as by a proxy that tries again; the second answer arrives.
    Twice,
    /// Not answered, and applied so much later.
    AppliedLate { by: TimeDelta },
}

/// When a late call is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    AtOnce,
    AtEnd,
    Never,
}

impl Fault {
    /// Late by whole seconds, applied at once.
    #[must_use]
    pub const fn late(seconds: i64) -> Self {
        Self::Late {
            by: TimeDelta::seconds(seconds),
            applied: Applied::AtOnce,
        }
    }
}

/// A call that is under way and will be applied later.
pub(crate) struct Pending {
    pub(crate) at: DateTime<Utc>,
    pub(crate) request: Request,
}

impl Pending {
    /// Its answer reaches nobody.
    pub(crate) fn apply(&self, world: &mut World) {
        crate::rest::handle(world, &self.request);
    }
}
