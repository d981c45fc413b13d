//! Actions that somebody watches: all of them bit by bit, or some of them again.

use otahub_domain::action::Action;
use otahub_domain::filter::{ActionField, Filter};
use otahub_domain::{ActionId, RolloutId, SetId, TargetId, TenantId};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    QueryTrait as _, Select,
};

use crate::codec::{signed, unsigned};
use crate::entity::action::{Column, Entity};
use crate::target::CHUNK;
use crate::{Error, Session, filter_sql};

/// Which actions are watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionChoice {
    /// Those that match.
    pub filter: Option<Filter<ActionField>>,
    /// Those of this target.
    pub target: Option<TargetId>,
    /// Those of this rollout.
    pub rollout: Option<RolloutId>,
    /// Those that install this set.
    pub set: Option<SetId>,
}

impl ActionChoice {
    fn select(&self, tenant: TenantId) -> Select<Entity> {
        Entity::find()
            .filter(Column::TenantId.eq(tenant.0))
            .apply_if(self.filter.as_ref(), |select, filter| {
                select.filter(filter_sql::condition(tenant, filter))
            })
            .apply_if(self.target, |select, id| select.filter(Column::TargetId.eq(id.0)))
            .apply_if(self.rollout, |select, id| select.filter(Column::RolloutId.eq(id.0)))
            .apply_if(self.set, |select, id| select.filter(Column::SetId.eq(id.0)))
    }
}

impl Session<'_> {
    /// The next actions of a choice after a number, at most `limit`, in the order of their
    /// numbers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn chosen_actions_after(
        &self,
        tenant: TenantId,
        choice: &ActionChoice,
        after: ActionId,
        limit: u64,
    ) -> Result<Vec<Action>, Error> {
        let select = choice.select(tenant).filter(Column::Id.gt(after.0));
        let select = select.order_by_asc(Column::Id).limit(unsigned(signed(limit)));
        self.all(select).await?.into_iter().map(Action::try_from).collect()
    }

    /// Which of some actions are of a choice.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn chosen_actions(
        &self,
        tenant: TenantId,
        choice: &ActionChoice,
        among: &[ActionId],
    ) -> Result<Vec<Action>, Error> {
        let mut chosen = Vec::new();
        for some in among.chunks(CHUNK) {
            let ids = some.iter().map(|id| id.0);
            for row in self.all(choice.select(tenant).filter(Column::Id.is_in(ids))).await? {
                chosen.push(Action::try_from(row)?);
            }
        }
        Ok(chosen)
    }
}
