//! Tags of targets and of distribution sets.

use crate::event::{Happened, Log};
use crate::hub::Hub;
use otahub_domain::tag::{SetTag, TagDraft, TagPatch, TargetTag, new_tag, update_tag};
use otahub_domain::{Audit, Entity, Error, Result, SetId, SetTagId, TargetTagId, TenantId};
use otahub_proto::names;
use otahub_store::{Lane, Session};
use std::collections::HashSet;

/// What is done to one kind of tag: its types, words and the names of the functions, first those
/// of the store, then those of the hub.
macro_rules! kind {
    (
        $tag:ident, $id:ident, $entity:ident, $happened:ident, $collection:literal,
        $read:ident, $insert:ident, $save:ident, $remove:ident,
        $find_in:ident, $find:ident, $create:ident, $change:ident, $delete:ident
    ) => {
        /// Finds a tag within a session.
        async fn $find_in(session: &Session<'_>, tenant: TenantId, tag: $id) -> Result<$tag> {
            let found = session.$read(tenant, tag).await?;
            found.ok_or_else(|| Error::not_found(Entity::$entity, tag))
        }

        impl Hub {
            /// The tag.
            pub(crate) async fn $find(&self, tenant: TenantId, tag: $id) -> Result<$tag> {
                $find_in(&self.store.read(), tenant, tag).await
            }

            /// Makes tags, all or none.
            pub(crate) async fn $create(
                &self,
                tenant: TenantId,
                by: &str,
                drafts: Vec<TagDraft>,
            ) -> Result<Vec<$tag>> {
                let (now, audit) = (self.now(), Audit::new(by, self.now()));
                let drafts: Vec<_> = drafts.iter().map(new_tag).collect::<Result<_>>()?;
                self.write(
                    Lane::ANY,
                    self.once(move |session| {
                        let (drafts, audit) = (drafts.clone(), audit.clone());
                        Box::pin(async move {
                            let log = Log { session, tenant, now };
                            let mut made = Vec::with_capacity(drafts.len());
                            for draft in &drafts {
                                let tag = session.$insert(tenant, draft, &audit).await?;
                                let name = names::numbered($collection, tag.id.0);
                                log.resource(Happened::$happened, &name).await?;
                                made.push(tag);
                            }
                            Ok(made)
                        })
                    }),
                )
                .await
            }

            /// Changes a tag.
            pub(crate) async fn $change(
                &self,
                tenant: TenantId,
                id: $id,
                by: &str,
                patch: TagPatch,
            ) -> Result<$tag> {
                let (by, now) = (by.to_owned(), self.now());
                self.write(Lane::ANY, move |session| {
                    let (by, patch) = (by.clone(), patch.clone());
                    Box::pin(async move {
                        let tag = $find_in(session, tenant, id).await?;
                        let changed = update_tag(&tag, &patch, &by, now)?;
                        session.$save(&changed, tag.audit.modified_at).await?;
                        let log = Log { session, tenant, now };
                        let name = names::numbered($collection, id.0);
                        log.resource(Happened::$happened, &name).await?;
                        Ok(changed)
                    })
                })
                .await
            }

            /// Deletes a tag; whoever has it loses it.
            pub(crate) async fn $delete(&self, tenant: TenantId, id: $id) -> Result<()> {
                let now = self.now();
                self.write(Lane::ANY, move |session| {
                    Box::pin(async move {
                        if !session.$remove(tenant, id).await? {
                            return Err(Error::not_found(Entity::$entity, id));
                        }
                        let log = Log { session, tenant, now };
                        let name = names::numbered($collection, id.0);
                        log.resource(Happened::$happened, &name).await
                    })
                })
                .await
            }
        }
    };
}

kind!(
    TargetTag,
    TargetTagId,
    TargetTag,
    TargetTagChanged,
    "targetTags",
    target_tag,
    insert_target_tag,
    save_target_tag,
    delete_target_tag,
    target_tag_in,
    find_target_tag,
    create_target_tags,
    change_target_tag,
    remove_target_tag
);

kind!(
    SetTag,
    SetTagId,
    DistributionSetTag,
    SetTagChanged,
    "distributionSetTags",
    set_tag,
    insert_set_tag,
    save_set_tag,
    delete_set_tag,
    set_tag_in,
    find_set_tag,
    create_set_tags,
    change_set_tag,
    remove_set_tag
);

/// Who gets a tag and who loses it.
#[derive(Debug, Clone)]
pub(crate) struct Tagging<K> {
    /// These get it.
    pub assign: Vec<K>,
    /// These lose it.
    pub unassign: Vec<K>,
    /// Pass over those that are not there.
    pub skip_unknown: bool,
}

impl Hub {
    /// Gives targets a tag and takes it from others. Gives the controller ids that are not
    /// there.
    pub(crate) async fn assign_target_tag(
        &self,
        tenant: TenantId,
        tag: TargetTagId,
        tagging: Tagging<String>,
    ) -> Result<Vec<String>> {
        if tagging.assign.is_empty() && tagging.unassign.is_empty() {
            return Err(Error::invalid("assign_controller_ids", "is empty"));
        }
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            let tagging = tagging.clone();
            Box::pin(async move {
                let tag = target_tag_in(session, tenant, tag).await?;
                let mut unknown = Vec::new();
                let log = Log { session, tenant, now };
                for (ids, add) in [(&tagging.assign, true), (&tagging.unassign, false)] {
                    let found = session.targets_by_controller_ids(tenant, ids).await?;
                    let known: HashSet<&str> =
                        found.iter().map(|t| t.controller_id.as_str()).collect();
                    unknown.extend(ids.iter().filter(|id| !known.contains(id.as_str())).cloned());
                    let rows: Vec<_> = found.iter().map(|target| target.id).collect();
                    if add {
                        session.tag_targets(&tag, &rows).await?;
                    } else {
                        session.untag_targets(&tag, &rows).await?;
                    }
                    for target in &found {
                        log.target(Happened::TargetUpdated, target).await?;
                    }
                }
                match unknown.first() {
                    Some(id) if !tagging.skip_unknown => Err(Error::not_found(Entity::Target, id)),
                    _ => Ok(unknown),
                }
            })
        })
        .await
    }

    /// Gives sets a tag and takes it from others.
    pub(crate) async fn assign_set_tag(
        &self,
        tenant: TenantId,
        tag: SetTagId,
        tagging: Tagging<SetId>,
    ) -> Result<()> {
        if tagging.assign.is_empty() && tagging.unassign.is_empty() {
            return Err(Error::invalid("assign_sets", "is empty"));
        }
        let now = self.now();
        self.write(Lane::ANY, move |session| {
            let tagging = tagging.clone();
            Box::pin(async move {
                let tag = set_tag_in(session, tenant, tag).await?;
                let log = Log { session, tenant, now };
                for (ids, add) in [(&tagging.assign, true), (&tagging.unassign, false)] {
                    let found = session.sets_by_ids(tenant, ids).await?;
                    let missing = |id: &&SetId| found.iter().all(|set| set.id != **id);
                    if let Some(id) = ids.iter().find(missing) {
                        return Err(Error::not_found(Entity::DistributionSet, id));
                    }
                    if add {
                        session.tag_sets(&tag, ids).await?;
                    } else {
                        session.untag_sets(&tag, ids).await?;
                    }
                    for set in &found {
                        let name = names::distribution_set(set.id.0);
                        log.resource(Happened::SetUpdated, &name).await?;
                    }
                }
                Ok(())
            })
        })
        .await
    }
}
