//! Rollouts and their groups, one by one.

use std::time::Duration;

use otahub_domain::rollout::{
    Approval, Conditions, Group, GroupState, GroupTemplate, Pace, Proof, RetryPolicy, Rollout,
    RolloutState, SuccessAction,
};
use otahub_domain::{RolloutGroupId, RolloutId, SetId, TenantId, Timestamp};
use sea_orm::sea_query::{Expr, LockType};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

use crate::codec::{self, audit_of, set_audit, set_touch, signed, unsigned};
use crate::entity::rollout::{ActiveModel, Column, Entity, Model};
use crate::entity::rollout_group;
use crate::{Error, Session};

/// The word for a rollout's state.
pub(crate) const fn state_word(state: RolloutState) -> &'static str {
    match state {
        RolloutState::Creating => "creating",
        RolloutState::Ready => "ready",
        RolloutState::WaitingForApproval => "waiting_for_approval",
        RolloutState::ApprovalDenied => "approval_denied",
        RolloutState::Starting => "starting",
        RolloutState::Running => "running",
        RolloutState::Paused => "paused",
        RolloutState::Stopping => "stopping",
        RolloutState::Stopped => "stopped",
        RolloutState::Finished => "finished",
        RolloutState::Deleting => "deleting",
        RolloutState::Deleted => "deleted",
    }
}

/// The word for a group's state.
pub(crate) const fn group_state_word(state: GroupState) -> &'static str {
    match state {
        GroupState::Creating => "creating",
        GroupState::Ready => "ready",
        GroupState::Scheduled => "scheduled",
        GroupState::Running => "running",
        GroupState::Finished => "finished",
        GroupState::Error => "error",
    }
}

const fn success_word(action: SuccessAction) -> &'static str {
    match action {
        SuccessAction::NextGroup => "next_group",
        SuccessAction::Pause => "pause",
    }
}

fn conditions(success: i32, action: &str, error: i32) -> Result<Conditions, Error> {
    let success_action = match action {
        "next_group" => SuccessAction::NextGroup,
        "pause" => SuccessAction::Pause,
        other => return Err(Error::corrupt("success action", other)),
    };
    Ok(Conditions { success_percent: success, success_action, error_percent: error })
}

fn span(millis: i64) -> Duration {
    Duration::from_millis(unsigned(millis))
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

fn small(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

fn short(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn codes(text: &str) -> Result<Vec<i32>, Error> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts.map(|part| part.parse().map_err(|_| Error::corrupt("status codes", text))).collect()
}

impl TryFrom<Model> for Rollout {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        let state = RolloutState::ALL.into_iter().find(|state| state_word(*state) == row.state);
        let proof = row.proof_attribute.map(|attribute| Proof {
            attribute,
            value: row.proof_value.unwrap_or_default(),
            timeout: span(row.proof_timeout.unwrap_or(0)),
        });
        let retry = match row.retry_attempts {
            Some(attempts) => Some(RetryPolicy {
                attempts: small(attempts),
                delay: span(row.retry_delay.unwrap_or(0)),
                codes: codes(&row.retry_codes.unwrap_or_default())?,
            }),
            None => None,
        };
        Ok(Self {
            id: RolloutId(row.id),
            tenant: TenantId(row.tenant_id),
            name: row.name,
            description: row.description,
            set: SetId(row.set_id),
            filter: row.filter,
            source: row.source,
            action_type: codec::action_type(&row.action_type, row.forced_at)?,
            start_at: codec::time(row.start_at),
            weight: row.weight,
            dynamic: row.dynamic,
            template: row.template_count.map(|count| GroupTemplate {
                name_suffix: row.template_suffix.unwrap_or_default(),
                target_count: unsigned(count),
            }),
            confirmation_required: row.confirmation_required,
            conditions: conditions(row.success_percent, &row.success_action, row.error_percent)?,
            window: codec::window(row.window_schedule, row.window_duration, row.window_timezone)?,
            pace: Pace {
                per_minute: small(row.per_minute),
                in_progress: small(row.in_progress),
                random: row.random_order,
            },
            retry,
            answer_timeout: row.answer_timeout.map(span),
            proof,
            state: state.ok_or_else(|| Error::corrupt("rollout state", row.state))?,
            deleted: row.deleted,
            approval_exempt: row.approval_exempt,
            approval: row.decided_by.map(|decided_by| Approval { decided_by, remark: row.remark }),
            matching: unsigned(row.matching),
            audit: audit_of!(row),
            version: row.version,
        })
    }
}

fn changeable(rollout: &Rollout) -> ActiveModel {
    let approval = rollout.approval.as_ref();
    let mut row = ActiveModel {
        name: Set(rollout.name.clone()),
        description: Set(rollout.description.clone()),
        per_minute: Set(short(rollout.pace.per_minute)),
        in_progress: Set(short(rollout.pace.in_progress)),
        state: Set(state_word(rollout.state).to_owned()),
        deleted: Set(rollout.deleted),
        decided_by: Set(approval.map(|approval| approval.decided_by.clone())),
        remark: Set(approval.and_then(|approval| approval.remark.clone())),
        ..ActiveModel::default()
    };
    set_touch!(row, rollout.audit);
    row
}

fn new_row(rollout: &Rollout) -> ActiveModel {
    let (action_type, forced_at) = codec::action_type_columns(rollout.action_type);
    let (template, window) = (rollout.template.as_ref(), rollout.window.as_ref());
    let (retry, proof) = (rollout.retry.as_ref(), rollout.proof.as_ref());
    let joined =
        |codes: &[i32]| codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let mut row = ActiveModel {
        tenant_id: Set(rollout.tenant.0),
        set_id: Set(rollout.set.0),
        filter: Set(rollout.filter.clone()),
        source: Set(rollout.source.clone()),
        action_type: Set(action_type.to_owned()),
        forced_at: Set(forced_at),
        start_at: Set(rollout.start_at.map(Timestamp::millis)),
        weight: Set(rollout.weight),
        dynamic: Set(rollout.dynamic),
        template_suffix: Set(template.map(|template| template.name_suffix.clone())),
        template_count: Set(template.map(|template| signed(template.target_count))),
        confirmation_required: Set(rollout.confirmation_required),
        success_percent: Set(rollout.conditions.success_percent),
        success_action: Set(success_word(rollout.conditions.success_action).to_owned()),
        error_percent: Set(rollout.conditions.error_percent),
        window_schedule: Set(window.map(|window| window.schedule.clone())),
        window_duration: Set(window.map(|window| window.duration.clone())),
        window_timezone: Set(window.map(|window| window.timezone.clone())),
        random_order: Set(rollout.pace.random),
        retry_attempts: Set(retry.map(|retry| short(retry.attempts))),
        retry_delay: Set(retry.map(|retry| millis(retry.delay))),
        retry_codes: Set(retry.map(|retry| joined(&retry.codes))),
        answer_timeout: Set(rollout.answer_timeout.map(millis)),
        proof_attribute: Set(proof.map(|proof| proof.attribute.clone())),
        proof_value: Set(proof.map(|proof| proof.value.clone())),
        proof_timeout: Set(proof.map(|proof| millis(proof.timeout))),
        approval_exempt: Set(rollout.approval_exempt),
        matching: Set(signed(rollout.matching)),
        gathered_until: Set(Some(0)),
        involve_at: Set(0),
        version: Set(1),
        ..changeable(rollout)
    };
    set_audit!(row, rollout.audit);
    row
}

impl TryFrom<rollout_group::Model> for Group {
    type Error = Error;

    fn try_from(row: rollout_group::Model) -> Result<Self, Error> {
        let word = |state: &GroupState| group_state_word(*state) == row.state;
        let state = GroupState::ALL.into_iter().find(word);
        Ok(Self {
            id: RolloutGroupId(row.id),
            rollout: RolloutId(row.rollout_id),
            position: small(row.position),
            name: row.name,
            description: row.description,
            filter: row.filter,
            source: row.source,
            percent: row.percent,
            size: row.size.map(unsigned),
            conditions: conditions(row.success_percent, &row.success_action, row.error_percent)?,
            confirmation_required: row.confirmation_required,
            dynamic: row.dynamic,
            state: state.ok_or_else(|| Error::corrupt("group state", row.state))?,
            audit: audit_of!(row),
            version: row.version,
        })
    }
}

fn changeable_group(group: &Group) -> rollout_group::ActiveModel {
    let mut row = rollout_group::ActiveModel {
        size: Set(group.size.map(signed)),
        state: Set(group_state_word(group.state).to_owned()),
        ..rollout_group::ActiveModel::default()
    };
    set_touch!(row, group.audit);
    row
}

fn new_group_row(rollout: &Rollout, group: &Group) -> rollout_group::ActiveModel {
    let mut row = rollout_group::ActiveModel {
        tenant_id: Set(rollout.tenant.0),
        rollout_id: Set(rollout.id.0),
        position: Set(short(group.position)),
        name: Set(group.name.clone()),
        description: Set(group.description.clone()),
        filter: Set(group.filter.clone()),
        source: Set(group.source.clone()),
        percent: Set(group.percent),
        success_percent: Set(group.conditions.success_percent),
        success_action: Set(success_word(group.conditions.success_action).to_owned()),
        error_percent: Set(group.conditions.error_percent),
        confirmation_required: Set(group.confirmation_required),
        dynamic: Set(group.dynamic),
        scheduled_until: Set(0),
        version: Set(1),
        ..changeable_group(group)
    };
    set_audit!(row, group.audit);
    row
}

impl Session<'_> {
    /// The rollout of this number, soft-deleted or not.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollout(
        &self,
        tenant: TenantId,
        rollout: RolloutId,
    ) -> Result<Option<Rollout>, Error> {
        let select = Entity::find_by_id(rollout.0).filter(Column::TenantId.eq(tenant.0));
        self.one(select).await?.map(Rollout::try_from).transpose()
    }

    /// The same, and nobody else changes it before the job's transaction ends.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn lock_rollout(
        &self,
        tenant: TenantId,
        rollout: RolloutId,
    ) -> Result<Option<Rollout>, Error> {
        let mut select = Entity::find_by_id(rollout.0).filter(Column::TenantId.eq(tenant.0));
        if self.is_postgres() {
            select = select.lock(LockType::Update);
        }
        self.one(select).await?.map(Rollout::try_from).transpose()
    }

    /// Adds a rollout with its groups, and gives them their numbers.
    ///
    /// # Errors
    /// [`Error::Unique`] if its name is taken, [`Error::Conflict`] if its set is gone.
    pub async fn insert_rollout(
        &self,
        rollout: &Rollout,
        groups: &[Group],
    ) -> Result<Rollout, Error> {
        let id = RolloutId(self.insert(new_row(rollout)).await?);
        let made = Rollout { id, version: 1, ..rollout.clone() };
        let rows = groups.iter().map(|group| new_group_row(&made, group)).collect();
        self.insert_all::<rollout_group::ActiveModel>(rows).await?;
        Ok(made)
    }

    /// Adds a group to a rollout and gives its number.
    ///
    /// # Errors
    /// [`Error::Unique`] if its name is taken.
    pub async fn insert_rollout_group(
        &self,
        rollout: &Rollout,
        group: &Group,
    ) -> Result<RolloutGroupId, Error> {
        Ok(RolloutGroupId(self.insert(new_group_row(rollout, group)).await?))
    }

    /// Writes a changed rollout back and returns it with its new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read, [`Error::Unique`] if
    /// its new name is taken.
    pub async fn save_rollout(&self, rollout: &Rollout) -> Result<Rollout, Error> {
        let update = Entity::update_many()
            .set(changeable(rollout))
            .col_expr(Column::Version, Expr::value(rollout.version + 1))
            .filter(Column::Id.eq(rollout.id.0))
            .filter(Column::Version.eq(rollout.version));
        self.changed_one(self.update(update).await?)?;
        Ok(Rollout { version: rollout.version + 1, ..rollout.clone() })
    }

    /// A rollout's groups, in order.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollout_groups(&self, rollout: RolloutId) -> Result<Vec<Group>, Error> {
        let select = rollout_group::Entity::find()
            .filter(rollout_group::Column::RolloutId.eq(rollout.0))
            .order_by_asc(rollout_group::Column::Position);
        self.all(select).await?.into_iter().map(Group::try_from).collect()
    }

    /// One group.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollout_group(
        &self,
        rollout: RolloutId,
        group: RolloutGroupId,
    ) -> Result<Option<Group>, Error> {
        let select = rollout_group::Entity::find_by_id(group.0)
            .filter(rollout_group::Column::RolloutId.eq(rollout.0));
        self.one(select).await?.map(Group::try_from).transpose()
    }

    /// Writes a changed group back and returns it with its new version.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read.
    pub async fn save_rollout_group(&self, group: &Group) -> Result<Group, Error> {
        use rollout_group::Column;
        let update = rollout_group::Entity::update_many()
            .set(changeable_group(group))
            .col_expr(Column::Version, Expr::value(group.version + 1))
            .filter(Column::Id.eq(group.id.0))
            .filter(Column::Version.eq(group.version));
        self.changed_one(self.update(update).await?)?;
        Ok(Group { version: group.version + 1, ..group.clone() })
    }

    /// Rollouts of all tenants that time or devices can bring on, with their tenants.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn rollouts_at_work(
        &self,
        now: Timestamp,
    ) -> Result<Vec<(TenantId, RolloutId)>, Error> {
        const SQL: &str = "SELECT tenant_id, id FROM rollouts \
            WHERE state IN ('creating', 'starting', 'running', 'paused', 'stopping', 'deleting') \
               OR (state = 'ready' AND start_at <= ?) ORDER BY id";
        let rows = self.query_sql(SQL, [now.millis().into()]).await?;
        let id = |row: &sea_orm::QueryResult| {
            let (tenant, id) = (row.try_get("", "tenant_id"), row.try_get("", "id"));
            Ok((TenantId(tenant.map_err(Error::of)?), RolloutId(id.map_err(Error::of)?)))
        };
        rows.iter().map(id).collect()
    }

    /// How many rollouts of a set, deleted ones aside, are in each state; states without any are
    /// left out.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_rollouts_by_state(
        &self,
        tenant: TenantId,
        set: SetId,
    ) -> Result<Vec<(RolloutState, u64)>, Error> {
        let mut counts = Vec::new();
        for state in RolloutState::ALL {
            let select = Entity::find()
                .filter(Column::TenantId.eq(tenant.0))
                .filter(Column::SetId.eq(set.0))
                .filter(Column::Deleted.eq(false))
                .filter(Column::State.eq(state_word(state)));
            match self.count(select).await? {
                0 => {}
                number => counts.push((state, number)),
            }
        }
        Ok(counts)
    }

    /// The rollouts of a set that can be stopped.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn stoppable_rollouts(
        &self,
        tenant: TenantId,
        set: SetId,
    ) -> Result<Vec<RolloutId>, Error> {
        let stoppable = RolloutState::ALL.into_iter().filter(|state| state.is_stoppable());
        let select = Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .filter(Column::SetId.eq(set.0))
            .filter(Column::State.is_in(stoppable.map(state_word)))
            .order_by_asc(Column::Id);
        Ok(self.all(select).await?.into_iter().map(|row| RolloutId(row.id)).collect())
    }
}
