//! `otactl targets …`.

use crate::args::ListOptions;
use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    CreateTargetRequest, DeleteTargetRequest, GetTargetAttributesRequest, GetTargetRequest,
    ListTargetsRequest, Target, UpdateTargetRequest,
};
use prost_types::FieldMask;

/// What can be done with targets.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists targets.
    List {
        #[command(flatten)]
        list: ListOptions,
        /// Only targets to which this set is assigned.
        #[arg(long, value_name = "SET")]
        assigned: Option<i64>,
        /// Only targets that have this set.
        #[arg(long, value_name = "SET")]
        installed: Option<i64>,
    },
    /// Shows one target.
    Show {
        /// The target, by controller id.
        target: String,
    },
    /// Makes a target.
    Create {
        /// Its controller id: 1 to 256 characters without blanks.
        target: String,
        #[command(flatten)]
        fields: Fields,
    },
    /// Changes a target.
    Update {
        /// The target, by controller id.
        target: String,
        #[command(flatten)]
        fields: Fields,
        /// Asks the device for its attributes again.
        #[arg(long)]
        request_attributes: bool,
    },
    /// Deletes targets with their actions and history.
    Delete {
        /// The targets, by controller id.
        #[arg(required = true, value_name = "TARGET")]
        targets: Vec<String>,
    },
    /// Shows what the device said of itself.
    Attributes {
        /// The target, by controller id.
        target: String,
    },
}

/// What an operator may say of a target.
#[derive(Debug, Args)]
pub(crate) struct Fields {
    /// What people call it.
    #[arg(long)]
    name: Option<String>,
    /// Free text.
    #[arg(long)]
    description: Option<String>,
    /// Where it is reached: a URI.
    #[arg(long)]
    address: Option<String>,
    /// The device's secret; one is made up without it.
    #[arg(long, value_name = "TOKEN")]
    security_token: Option<String>,
    /// The group it stands in.
    #[arg(long)]
    group: Option<String>,
    /// The number of its type.
    #[arg(long = "type", value_name = "TARGET TYPE")]
    target_type: Option<i64>,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::List { list, assigned, installed } => {
            let set = |id: Option<i64>| id.map(names::distribution_set).unwrap_or_default();
            let (targets, total) = collect(session, list, set(assigned), set(installed)).await?;
            output.list("targets", &targets, total)
        }
        Verb::Show { target } => {
            let request = GetTargetRequest { name: names::target(&target) };
            output.show(&session.targets().get_target(request).await?.into_inner())
        }
        Verb::Create { target, fields } => {
            let target = Target { controller_id: target, ..fields.into_target().0 };
            let request = CreateTargetRequest { target: Some(target), ..Default::default() };
            output.show(&session.targets().create_target(request).await?.into_inner())
        }
        Verb::Update { target, fields, request_attributes } => {
            let request = update(&target, fields, request_attributes)?;
            output.show(&session.targets().update_target(request).await?.into_inner())
        }
        Verb::Delete { targets } => delete(targets, session, output).await,
        Verb::Attributes { target } => {
            let request = GetTargetAttributesRequest { name: names::target(&target) };
            let said = session.targets().get_target_attributes(request).await?.into_inner();
            output.fields(&serde_json::json!(said.attributes))
        }
    }
}

async fn collect(
    session: &Session,
    list: ListOptions,
    assigned_set: String,
    installed_set: String,
) -> Result<(Vec<Target>, i64), CliError> {
    gather(list.limit, |page_size, page_token| {
        let request = ListTargetsRequest {
            page_size,
            page_token,
            skip: 0,
            filter: list.filter.clone(),
            order_by: list.order_by.clone(),
            assigned_set: assigned_set.clone(),
            installed_set: installed_set.clone(),
            ..Default::default()
        };
        async move {
            let answer = session.targets().list_targets(request).await?.into_inner();
            let (items, next, total) = (answer.targets, answer.next_page_token, answer.total_size);
            Ok(Page { items, next, total })
        }
    })
    .await
}

async fn delete(
    targets: Vec<String>,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    let mut gone = Vec::new();
    for target in targets {
        let name = names::target(&target);
        session
            .targets()
            .delete_target(DeleteTargetRequest { name: name.clone(), ..Default::default() })
            .await?;
        gone.push(name);
    }
    super::deleted(output, &gone)
}

fn update(
    target: &str,
    fields: Fields,
    request_attributes: bool,
) -> Result<UpdateTargetRequest, CliError> {
    let (mut changed, mut paths) = fields.into_target();
    changed.name = names::target(target);
    changed.attributes_requested = request_attributes;
    if request_attributes {
        paths.push("attributes_requested".to_owned());
    }
    if paths.is_empty() {
        return Err(CliError::Usage("nothing is said that should change".to_owned()));
    }
    let update_mask = Some(FieldMask { paths });
    Ok(UpdateTargetRequest { target: Some(changed), update_mask, ..Default::default() })
}

impl Fields {
    /// A target with these fields, and the names of those that were given.
    fn into_target(self) -> (Target, Vec<String>) {
        let mut paths = Vec::new();
        let mut take = |path: &str, value: Option<String>| {
            if value.is_some() {
                paths.push(path.to_owned());
            }
            value.unwrap_or_default()
        };
        let kind = self.target_type.map(|id| names::numbered("targetTypes", id));
        let target = Target {
            display_name: take("display_name", self.name),
            description: take("description", self.description),
            address: take("address", self.address),
            security_token: take("security_token", self.security_token),
            group: take("group", self.group),
            target_type: take("target_type", kind),
            ..Default::default()
        };
        (target, paths)
    }
}
