//! Actions, one by one and many at once.

use otahub_domain::action::{Action, NewAction, State};
use otahub_domain::target::Target;
use otahub_domain::{ActionId, RolloutGroupId, RolloutId, SetId, TargetId, TenantId};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, Set,
};

use crate::action_entry::AddedEntry;
use crate::codec::{self, audit_of, set_audit, set_touch};
use crate::entity::action::{ActiveModel, Column, Entity, Model};
use crate::target::CHUNK;
use crate::{Error, Session};

impl TryFrom<Model> for Action {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        Ok(Self {
            id: ActionId(row.id),
            tenant: TenantId(row.tenant_id),
            target: TargetId(row.target_id),
            set: SetId(row.set_id),
            action_type: codec::action_type(&row.action_type, row.forced_at)?,
            state: codec::state(&row.state)?,
            weight: row.weight,
            window: codec::window(row.window_schedule, row.window_duration, row.window_timezone)?,
            last_code: row.last_code,
            retrieved_last: row.retrieved_last,
            entries: u32::try_from(row.entries).unwrap_or(0),
            external_ref: row.external_ref,
            rollout: row.rollout_id.map(RolloutId),
            rollout_group: row.rollout_group_id.map(RolloutGroupId),
            audit: audit_of!(row),
            version: row.version,
        })
    }
}

/// The columns that a change may touch.
fn changeable(action: &Action) -> ActiveModel {
    let (action_type, forced_at) = codec::action_type_columns(action.action_type);
    let mut row = ActiveModel {
        action_type: Set(action_type.to_owned()),
        forced_at: Set(forced_at),
        state: Set(codec::state_word(action.state).to_owned()),
        active: Set(action.state.is_active()),
        weight: Set(action.weight),
        last_code: Set(action.last_code),
        retrieved_last: Set(action.retrieved_last),
        entries: Set(i32::try_from(action.entries).unwrap_or(i32::MAX)),
        external_ref: Set(action.external_ref.clone()),
        ..ActiveModel::default()
    };
    set_touch!(row, action.audit);
    row
}

fn new_row(action: &Action) -> ActiveModel {
    let window = action.window.as_ref();
    let mut row = ActiveModel {
        tenant_id: Set(action.tenant.0),
        target_id: Set(action.target.0),
        set_id: Set(action.set.0),
        window_schedule: Set(window.map(|window| window.schedule.clone())),
        window_duration: Set(window.map(|window| window.duration.clone())),
        window_timezone: Set(window.map(|window| window.timezone.clone())),
        rollout_id: Set(action.rollout.map(|id| id.0)),
        rollout_group_id: Set(action.rollout_group.map(|id| id.0)),
        version: Set(1),
        ..changeable(action)
    };
    set_audit!(row, action.audit);
    row
}

impl Session<'_> {
    /// The action of this number.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn action(
        &self,
        tenant: TenantId,
        action: ActionId,
    ) -> Result<Option<Action>, Error> {
        let select = Entity::find_by_id(action.0).filter(Column::TenantId.eq(tenant.0));
        self.one(select).await?.map(Action::try_from).transpose()
    }

    /// The actions of a target that wait for their rollout's group.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn scheduled_actions(&self, target: &Target) -> Result<Vec<Action>, Error> {
        let select = Entity::find()
            .filter(Column::TargetId.eq(target.id.0))
            .filter(Column::Active.eq(false))
            .filter(Column::State.eq(codec::state_word(State::Scheduled)))
            .order_by_asc(Column::Id);
        self.all(select).await?.into_iter().map(Action::try_from).collect()
    }

    /// How many actions a target has.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn count_actions(&self, target: &Target) -> Result<u64, Error> {
        let select = Entity::find().filter(Column::TargetId.eq(target.id.0));
        select.count(self.conn()).await.map_err(Error::of)
    }

    /// Adds an action with its first history entry.
    ///
    /// # Errors
    /// [`Error::Conflict`] if its target or set is gone.
    pub async fn insert_action(&self, new: NewAction) -> Result<Action, Error> {
        let entry = new.entry.clone();
        let reported_at = new.audit.created_at;
        let mut action = new.into_action(ActionId(0), 1);
        action.id = ActionId(self.insert(new_row(&action)).await?);
        if let Some(entry) = entry {
            let added = AddedEntry { action: action.id, entry, request_id: None };
            self.insert_entries(&[added], reported_at).await?;
        }
        Ok(action)
    }

    /// Writes a changed action back and returns it with its new version. Target, set, window and
    /// creation stay as they are.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it was changed or removed since it was read.
    pub async fn save_action(&self, action: &Action) -> Result<Action, Error> {
        let update = Entity::update_many()
            .set(changeable(action))
            .col_expr(Column::Version, Expr::value(action.version + 1))
            .filter(Column::Id.eq(action.id.0))
            .filter(Column::TenantId.eq(action.tenant.0))
            .filter(Column::Version.eq(action.version));
        self.changed_one(self.update(update).await?)?;
        Ok(Action { version: action.version + 1, ..action.clone() })
    }

    /// Writes changed actions back, those that change alike by one statement.
    ///
    /// # Errors
    /// [`Error::Conflict`] if any was changed or removed since it was read.
    pub async fn save_actions(&self, actions: &[Action]) -> Result<(), Error> {
        let rows = actions.iter().map(|one| ((changeable(one), one.version), one.id.0));
        self.update_alike(rows, (Column::Id, Column::Version)).await
    }

    /// Removes actions with their histories; how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_actions(
        &self,
        tenant: TenantId,
        actions: &[ActionId],
    ) -> Result<u64, Error> {
        let mut count = 0;
        for some in actions.chunks(CHUNK) {
            let delete = Entity::delete_many()
                .filter(Column::TenantId.eq(tenant.0))
                .filter(Column::Id.is_in(some.iter().map(|id| id.0)));
            count += self.delete(delete).await?;
        }
        Ok(count)
    }

    /// Removes the oldest actions of a target, whatever their state; how many there were.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn delete_oldest_actions(&self, target: TargetId, count: u64) -> Result<u64, Error> {
        let oldest = Query::select()
            .column(Column::Id)
            .from(Entity)
            .and_where(Expr::col(Column::TargetId).eq(target.0))
            .order_by(Column::Id, Order::Asc)
            .limit(count)
            .take();
        let delete = Entity::delete_many().filter(Column::Id.in_subquery(oldest));
        self.delete(delete).await
    }
}
