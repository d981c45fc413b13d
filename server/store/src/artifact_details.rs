//! Artifacts with what is known of some of them only: what they were before they were encrypted,
//! and which others they sign or make.

use otahub_domain::software::{Artifact, ArtifactKind, Decrypted, Hashes, Relation, Subject};
use otahub_domain::{ArtifactId, ModuleId, TenantId};
use sea_orm::sea_query::{Alias, OnConflict};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, FromQueryResult, Iterable as _, QueryFilter as _,
    QueryResult, Set,
};

use crate::codec::{audit_of, signed, unsigned};
use crate::entity::{artifact, artifact_decryption as decryption, artifact_relation as relation};
use crate::{Error, Session};

/// Artifacts `f` with what more is known of them, for [`artifact_of`].
pub(crate) const ARTIFACTS: &str = "\
SELECT f.*, d.artifact_id AS d_artifact_id, d.size AS d_size, d.md5 AS d_md5, d.sha1 AS d_sha1,
  d.sha256 AS d_sha256, d.scheme AS d_scheme, d.key_id AS d_key_id,
  r.artifact_id AS r_artifact_id, r.kind AS r_kind, r.subject_filename AS r_subject_filename,
  r.subject_sha256 AS r_subject_sha256, r.format AS r_format,
  r.base_version AS r_base_version, r.base_sha256 AS r_base_sha256
FROM artifacts f
LEFT JOIN artifact_decryptions d ON d.artifact_id = f.id
LEFT JOIN artifact_relations r ON r.artifact_id = f.id";

/// The artifact in a row of a query that begins as [`ARTIFACTS`].
pub(crate) fn artifact_of(row: &QueryResult) -> Result<Artifact, Error> {
    let own = artifact::Model::from_query_result(row, "").map_err(Error::of)?;
    let decrypted = joined::<decryption::Model>(row, "d_")?.map(Decrypted::from);
    let relation = joined::<relation::Model>(row, "r_")?.map(relation_of).transpose()?;
    Ok(Artifact {
        id: ArtifactId(own.id),
        tenant: TenantId(own.tenant_id),
        module: ModuleId(own.module_id),
        filename: own.filename,
        size: unsigned(own.size),
        hashes: Hashes { md5: own.md5, sha1: own.sha1, sha256: own.sha256 },
        decrypted,
        relation: relation.unwrap_or_default(),
        audit: audit_of!(own),
    })
}

fn joined<T: FromQueryResult>(row: &QueryResult, prefix: &str) -> Result<Option<T>, Error> {
    let id: Option<i64> = row.try_get(prefix, "artifact_id").map_err(Error::of)?;
    id.map(|_| T::from_query_result(row, prefix).map_err(Error::of)).transpose()
}

impl From<decryption::Model> for Decrypted {
    fn from(row: decryption::Model) -> Self {
        Self {
            size: unsigned(row.size),
            hashes: Hashes { md5: row.md5, sha1: row.sha1, sha256: row.sha256 },
            scheme: row.scheme,
            key_id: row.key_id,
        }
    }
}

fn relation_of(row: relation::Model) -> Result<Relation, Error> {
    let subject = row.subject_filename.zip(row.subject_sha256);
    Ok(Relation {
        kind: kind(&row.kind)?,
        subject: subject.map(|(filename, sha256)| Subject { filename, sha256 }),
        format: row.format,
        base_version: row.base_version,
        base_sha256: row.base_sha256,
    })
}

const fn kind_word(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::Plain => "plain",
        ArtifactKind::Signature => "signature",
        ArtifactKind::Delta => "delta",
    }
}

fn kind(word: &str) -> Result<ArtifactKind, Error> {
    Ok(match word {
        "plain" => ArtifactKind::Plain,
        "signature" => ArtifactKind::Signature,
        "delta" => ArtifactKind::Delta,
        _ => return Err(Error::corrupt("artifact kind", word)),
    })
}

impl Session<'_> {
    /// Says how an artifact relates to another.
    pub(crate) async fn put_relation(
        &self,
        artifact: ArtifactId,
        relation: &Relation,
    ) -> Result<(), Error> {
        if *relation == Relation::default() {
            let delete =
                relation::Entity::delete_many().filter(relation::Column::ArtifactId.eq(artifact.0));
            return self.delete(delete).await.map(|_| ());
        }
        let subject = relation.subject.as_ref();
        let row = relation::ActiveModel {
            artifact_id: Set(artifact.0),
            kind: Set(kind_word(relation.kind).to_owned()),
            subject_filename: Set(subject.map(|s| s.filename.clone())),
            subject_sha256: Set(subject.map(|s| s.sha256.clone())),
            format: Set(relation.format.clone()),
            base_version: Set(relation.base_version.clone()),
            base_sha256: Set(relation.base_sha256.clone()),
        };
        let mut known = OnConflict::column(Alias::new("artifact_id"));
        let others = relation::Column::iter();
        known.update_columns(others.filter(|c| !matches!(c, relation::Column::ArtifactId)));
        let insert = relation::Entity::insert(row).on_conflict(known);
        insert.exec_without_returning(self.conn()).await.map_err(Error::of)?;
        Ok(())
    }

    /// Says what an encrypted artifact was before.
    pub(crate) async fn insert_decrypted(
        &self,
        artifact: ArtifactId,
        decrypted: &Decrypted,
    ) -> Result<(), Error> {
        let row = decryption::ActiveModel {
            artifact_id: Set(artifact.0),
            size: Set(signed(decrypted.size)),
            md5: Set(decrypted.hashes.md5.clone()),
            sha1: Set(decrypted.hashes.sha1.clone()),
            sha256: Set(decrypted.hashes.sha256.clone()),
            scheme: Set(decrypted.scheme.clone()),
            key_id: Set(decrypted.key_id.clone()),
        };
        self.insert_all(vec![row]).await
    }
}
