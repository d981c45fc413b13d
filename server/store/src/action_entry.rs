//! The history of an action.

use otahub_domain::action::{Action, Entry, NewEntry};
use otahub_domain::{ActionId, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};

use crate::entity::action_entry::{ActiveModel, Column, Entity, Model};
use crate::{EntryOrder, Error, Listed, Page, Session, codec};

impl TryFrom<Model> for Entry {
    type Error = Error;

    fn try_from(row: Model) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            action: ActionId(row.action_id),
            status: codec::entry_status(&row.status)?,
            messages: codec::messages(&row.messages)?,
            code: row.code,
            occurred_at: Timestamp::from_millis(row.occurred_at),
            reported_at: Timestamp::from_millis(row.reported_at),
        })
    }
}

fn new_row(
    action: ActionId,
    entry: &NewEntry,
    reported_at: Timestamp,
) -> Result<ActiveModel, Error> {
    Ok(ActiveModel {
        action_id: Set(action.0),
        status: Set(entry.status.as_str().to_owned()),
        messages: Set(codec::messages_text(&entry.messages)?),
        code: Set(entry.code),
        occurred_at: Set(entry.occurred_at.millis()),
        reported_at: Set(reported_at.millis()),
        ..ActiveModel::default()
    })
}

impl Session<'_> {
    /// Adds an entry to an action's history. False, and nothing is written, if the action has an
    /// entry of this `request_id` already: it was delivered twice.
    ///
    /// # Errors
    /// [`Error::Conflict`] if the action is gone.
    pub async fn insert_entry(
        &self,
        action: &Action,
        entry: &NewEntry,
        reported_at: Timestamp,
        request_id: Option<&str>,
    ) -> Result<bool, Error> {
        let row = new_row(action.id, entry, reported_at)?;
        let mut insert =
            Entity::insert(ActiveModel { request_id: Set(request_id.map(str::to_owned)), ..row });
        if request_id.is_some() {
            let mut known = OnConflict::columns([Column::ActionId, Column::RequestId]);
            known.target_and_where(Expr::col(Column::RequestId).is_not_null()).do_nothing();
            insert = insert.on_conflict(known);
        }
        match insert.exec_without_returning(self.conn()).await {
            Ok(count) => Ok(count > 0),
            Err(sea_orm::DbErr::RecordNotInserted) => Ok(false),
            Err(error) => Err(Error::of(error)),
        }
    }

    /// Adds entries to the histories of many actions.
    ///
    /// # Errors
    /// [`Error::Conflict`] if an action is gone.
    pub async fn insert_entries(
        &self,
        entries: &[(ActionId, NewEntry)],
        reported_at: Timestamp,
    ) -> Result<(), Error> {
        let rows = entries.iter().map(|(action, entry)| new_row(*action, entry, reported_at));
        self.insert_all(rows.collect::<Result<Vec<_>, _>>()?).await
    }

    /// A part of an action's history.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn entries(
        &self,
        action: &Action,
        page: &Page<EntryOrder>,
    ) -> Result<Listed<Entry>, Error> {
        let select = Entity::find().filter(Column::ActionId.eq(action.id.0));
        self.page(select, page).await?.try_map(Entry::try_from)
    }

    /// The newest entries of an action's history, the newest first.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn recent_entries(&self, action: &Action, limit: u64) -> Result<Vec<Entry>, Error> {
        let select = Entity::find()
            .filter(Column::ActionId.eq(action.id.0))
            .order_by_desc(Column::Id)
            .limit(codec::unsigned(codec::signed(limit)));
        self.all(select).await?.into_iter().map(Entry::try_from).collect()
    }

    /// Whether an entry of the action was made by this request.
    ///
    /// # Errors
    /// As every query.
    pub async fn has_request(&self, action: &Action, request_id: &str) -> Result<bool, Error> {
        let select = Entity::find()
            .filter(Column::ActionId.eq(action.id.0))
            .filter(Column::RequestId.eq(request_id));
        Ok(self.one(select).await?.is_some())
    }
}
