//! The history of an action.

use otahub_domain::action::{Action, Entry, NewEntry};
use otahub_domain::{ActionId, Timestamp};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, Set,
};
use std::collections::HashSet;

use crate::entity::action_entry::{ActiveModel, Column, Entity, Model};
use crate::target::CHUNK;
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

/// An entry on its way into the history of an action.
#[derive(Debug, Clone)]
pub struct AddedEntry {
    /// Whose history.
    pub action: ActionId,
    /// What is added.
    pub entry: NewEntry,
    /// The request that says it; no two entries of an action have the same.
    pub request_id: Option<String>,
}

fn new_row(added: &AddedEntry, reported_at: Timestamp) -> Result<ActiveModel, Error> {
    let AddedEntry { action, entry, request_id } = added;
    Ok(ActiveModel {
        action_id: Set(action.0),
        status: Set(entry.status.as_str().to_owned()),
        messages: Set(codec::messages_text(&entry.messages)?),
        code: Set(entry.code),
        occurred_at: Set(entry.occurred_at.millis()),
        reported_at: Set(reported_at.millis()),
        request_id: Set(request_id.clone()),
        ..ActiveModel::default()
    })
}

impl Session<'_> {
    /// Adds entries to the histories of actions.
    ///
    /// # Errors
    /// [`Error::Conflict`] if an action is gone, or one of the requests added an entry before.
    pub async fn insert_entries(
        &self,
        entries: &[AddedEntry],
        reported_at: Timestamp,
    ) -> Result<(), Error> {
        let rows = entries.iter().map(|added| new_row(added, reported_at));
        match self.insert_all(rows.collect::<Result<Vec<_>, _>>()?).await {
            Err(Error::Unique(_)) => Err(Error::Conflict),
            inserted => inserted,
        }
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

    /// Which of these requests added an entry to the action that they are about.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn known_requests(
        &self,
        requests: &[(ActionId, &str)],
    ) -> Result<HashSet<(ActionId, String)>, Error> {
        let mut known = HashSet::new();
        for some in requests.chunks(CHUNK) {
            let select = Entity::find()
                .select_only()
                .columns([Column::ActionId, Column::RequestId])
                .filter(Column::ActionId.is_in(some.iter().map(|(action, _)| action.0)))
                .filter(Column::RequestId.is_in(some.iter().map(|(_, id)| *id)));
            let rows: Vec<(i64, String)> =
                select.into_tuple().all(self.conn()).await.map_err(Error::of)?;
            known.extend(rows.into_iter().map(|(action, id)| (ActionId(action), id)));
        }
        Ok(known)
    }
}
