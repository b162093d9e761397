//! Who drives a lab: one replica at a time, by a row per lab. All times are
//! those of the database's clock. Must not know what driving is.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::{lab::LabId, lab_driver, replica};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait as _, Condition, ConnectionTrait, DatabaseBackend, DatabaseTransaction,
    EntityTrait as _, PaginatorTrait as _, QueryFilter as _, Statement,
    sea_query::{Expr, OnConflict},
};

use super::standing::Standing;
use crate::{
    db::Db,
    error::{Code, Error, Result},
    lease::{HEARTBEAT, LOCK_DELAY, SEND_WITHIN},
};

/// The seat of a lab's driver, as it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    pub lab: LabId,
    pub holder: String,
    pub fence: i64,
}

/// A server that may drive labs, and how fresh its word is that it lives.
#[derive(Debug)]
pub struct Replica {
    pub id: String,
    /// By this machine's own unstoppable clock, taken before the database was told.
    beaten_at: std::sync::Mutex<Option<Instant>>,
    /// Who counts our labs to take one or to let go of one: all drivers look at the same moment, and would all do it.
    counting: tokio::sync::Mutex<()>,
    pub(super) federated: Standing,
}

impl Default for Replica {
    fn default() -> Self {
        Self {
            id: uuid::Uuid::new_v4().simple().to_string(),
            beaten_at: std::sync::Mutex::new(None),
            counting: tokio::sync::Mutex::new(()),
            federated: Standing::default(),
        }
    }
}

impl Replica {
    /// Tells that we live, for all our labs at once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn beat(&self, db: &Db) -> Result<()> {
        let begun = Instant::now();
        let now = db.now().await?;
        let txn = db.begin().await?;
        let row = replica::ActiveModel {
            id: Set(self.id.clone()),
            heartbeat_at: Set(now),
        };
        replica::Entity::insert(row)
            .on_conflict(
                OnConflict::column(replica::Column::Id)
                    .update_column(replica::Column::HeartbeatAt)
                    .to_owned(),
            )
            .exec_without_returning(&txn)
            .await?;
        lab_driver::Entity::update_many()
            .col_expr(lab_driver::Column::HeartbeatAt, Expr::value(now))
            .filter(lab_driver::Column::Holder.eq(&self.id))
            .exec(&txn)
            .await?;
        replica::Entity::delete_many()
            .filter(replica::Column::HeartbeatAt.lt(now - LOCK_DELAY * 20))
            .exec(&txn)
            .await?;
        txn.commit().await?;
        if let Ok(mut beaten_at) = self.beaten_at.lock() {
            *beaten_at = Some(begun);
        }
        Ok(())
    }

    /// Whether the replica of this id lives, so far as it tells, and drives a lab.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drives(db: &impl ConnectionTrait, id: &str, now: DateTime<Utc>) -> Result<bool> {
        let row = replica::Entity::find_by_id(id.to_owned()).one(db).await?;
        if row.is_none_or(|row| now - row.heartbeat_at >= LOCK_DELAY) {
            return Ok(false);
        }
        let held = lab_driver::Entity::find()
            .filter(lab_driver::Column::Holder.eq(id))
            .count(db)
            .await?;
        Ok(held > 0)
    }

    /// Whether a call may be sent: nobody can have taken our labs over before
    /// it has ended.
    #[must_use]
    pub fn may_send(&self) -> bool {
        let limit = SEND_WITHIN.to_std().unwrap_or(Duration::ZERO);
        self.beaten_at
            .lock()
            .ok()
            .and_then(|beaten_at| *beaten_at)
            .is_some_and(|at| at.elapsed() < limit)
    }

    /// Takes the seat of a lab that has no living driver, unless others have
    /// fewer labs than we do.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take(&self, db: &Db, lab: LabId) -> Result<Option<Seat>> {
        let _alone = self.counting.lock().await;
        let now = db.now().await?;
        let txn = db.begin().await?;
        let known = lab_driver::Entity::find_by_id(lab).one(&txn).await?;
        let known = match known {
            Some(row) => row,
            None => {
                insert(&txn, lab, now).await?;
                lab_driver::Entity::find_by_id(lab)
                    .one(&txn)
                    .await?
                    .ok_or_else(|| Error::internal("a lab has no driver row"))?
            }
        };
        let seat = |fence| Seat {
            lab,
            holder: self.id.clone(),
            fence,
        };
        if known.holder.as_ref() == Some(&self.id) {
            txn.commit().await?;
            return Ok(Some(seat(known.fence)));
        }
        let silent =
            known.holder.is_none() || known.heartbeat_at + LOCK_DELAY < now || is_ours_alone(db);
        if !silent || self.has_its_share(db, &txn, now).await? {
            txn.commit().await?;
            return Ok(None);
        }
        let fence = known.fence + 1;
        let taken = lab_driver::Entity::update_many()
            .col_expr(lab_driver::Column::Holder, Expr::value(self.id.clone()))
            .col_expr(lab_driver::Column::Fence, Expr::value(fence))
            .col_expr(lab_driver::Column::HeartbeatAt, Expr::value(now))
            .filter(lab_driver::Column::LabId.eq(lab))
            .filter(lab_driver::Column::Fence.eq(known.fence))
            .filter(
                Condition::any()
                    .add(lab_driver::Column::Holder.is_null())
                    .add(lab_driver::Column::HeartbeatAt.eq(known.heartbeat_at)),
            )
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok((taken.rows_affected == 1).then(|| seat(fence)))
    }

    /// Lets go of one lab too many, so that a new replica gets its share.
    ///
    /// # Errors
    /// `CONFLICT` when somebody took the seat: where nothing is to be done no
    /// commit would tell, and a lab that was let go of again would be nobody's.
    /// When the database fails.
    pub async fn share(&self, db: &Db, seat: &Seat) -> Result<bool> {
        if is_ours_alone(db) {
            return Ok(false);
        }
        let _alone = self.counting.lock().await;
        let now = db.now().await?;
        let txn = db.begin().await?;
        let found = lab_driver::Entity::find_by_id(seat.lab)
            .filter(lab_driver::Column::Holder.eq(&seat.holder))
            .filter(lab_driver::Column::Fence.eq(seat.fence))
            .count(&txn)
            .await?;
        held(found)?;
        let (ours, share) = self.load(&txn, now).await?;
        if ours <= share {
            txn.commit().await?;
            return Ok(false);
        }
        leave(&txn, seat).await?;
        txn.commit().await?;
        Ok(true)
    }

    /// Lets go of all labs, so that others need not wait until we are silent.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn leave_all(&self, db: &Db) -> Result<()> {
        let txn = db.begin().await?;
        lab_driver::Entity::update_many()
            .col_expr(
                lab_driver::Column::Holder,
                Expr::value(Option::<String>::None),
            )
            .filter(lab_driver::Column::Holder.eq(&self.id))
            .exec(&txn)
            .await?;
        replica::Entity::delete_by_id(self.id.clone())
            .exec(&txn)
            .await?;
        txn.commit().await?;
        Ok(())
    }

    async fn has_its_share(
        &self,
        db: &Db,
        txn: &DatabaseTransaction,
        now: DateTime<Utc>,
    ) -> Result<bool> {
        if is_ours_alone(db) {
            return Ok(false);
        }
        let (ours, share) = self.load(txn, now).await?;
        Ok(ours >= share)
    }

    /// How many labs we drive, and how many each living replica should.
    async fn load(&self, txn: &DatabaseTransaction, now: DateTime<Utc>) -> Result<(u64, u64)> {
        let alive = replica::Entity::find()
            .filter(replica::Column::HeartbeatAt.gt(now - HEARTBEAT * 3))
            .filter(replica::Column::Id.ne(&self.id))
            .count(txn)
            .await?
            + 1;
        let labs = entity::lab::Entity::find().count(txn).await?;
        let ours = lab_driver::Entity::find()
            .filter(lab_driver::Column::Holder.eq(&self.id))
            .count(txn)
            .await?;
        Ok((ours, labs.div_ceil(alive)))
    }
}

/// One process at a time serves from a SQLite file, so whoever held a seat there
/// before is gone. What it sent without an answer is waited for by whom it
/// concerns.
fn is_ours_alone(db: &Db) -> bool {
    db.backend() == DatabaseBackend::Sqlite
}

async fn insert(txn: &DatabaseTransaction, lab: LabId, now: DateTime<Utc>) -> Result<()> {
    let row = lab_driver::ActiveModel {
        lab_id: Set(lab),
        holder: Set(None),
        fence: Set(0),
        heartbeat_at: Set(now),
        contacted_at: Set(None),
        failing_since: Set(None),
        failure_code: Set(None),
        failure: Set(None),
    };
    lab_driver::Entity::insert(row)
        .on_conflict(
            OnConflict::column(lab_driver::Column::LabId)
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(txn)
        .await?;
    Ok(())
}

async fn leave(txn: &DatabaseTransaction, seat: &Seat) -> Result<()> {
    lab_driver::Entity::update_many()
        .col_expr(
            lab_driver::Column::Holder,
            Expr::value(Option::<String>::None),
        )
        .filter(lab_driver::Column::LabId.eq(seat.lab))
        .filter(lab_driver::Column::Holder.eq(&seat.holder))
        .filter(lab_driver::Column::Fence.eq(seat.fence))
        .exec(txn)
        .await?;
    Ok(())
}

impl Seat {
    /// Makes sure that the transaction is the lab's driver's: from here to its
    /// end nobody else can take the seat.
    ///
    /// # Errors
    /// `CONFLICT` when somebody did.
    pub async fn hold(&self, txn: &impl ConnectionTrait) -> Result<()> {
        let statement = Statement::from_sql_and_values(
            txn.get_database_backend(),
            "UPDATE lab_driver SET fence = fence WHERE lab_id = $1 AND holder = $2 AND fence = $3",
            [
                self.lab.into(),
                self.holder.clone().into(),
                self.fence.into(),
            ],
        );
        held(txn.execute_raw(statement).await?.rows_affected())
    }

    /// Keeps facts of the lab's row of its driver, in a commit of their own.
    ///
    /// # Errors
    /// `CONFLICT` when somebody took the seat.
    pub async fn note(&self, db: &Db, facts: lab_driver::ActiveModel) -> Result<()> {
        let noted = lab_driver::Entity::update_many()
            .set(facts)
            .filter(lab_driver::Column::LabId.eq(self.lab))
            .filter(lab_driver::Column::Holder.eq(&self.holder))
            .filter(lab_driver::Column::Fence.eq(self.fence))
            .exec(db.single())
            .await?;
        held(noted.rows_affected)
    }
}

/// Whether the seat's own row was found.
fn held(rows: u64) -> Result<()> {
    if rows == 1 {
        return Ok(());
    }
    Err(Error::new(
        Code::Conflict,
        "Another replica drives this lab now.",
    ))
}
