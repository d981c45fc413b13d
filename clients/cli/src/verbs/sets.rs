//! `otactl sets …`.

use crate::args::ListOptions;
use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    CreateDistributionSetRequest, DeleteDistributionSetRequest, DeletedMode, DistributionSet,
    GetDistributionSetRequest, ListDistributionSetsRequest, SoftwareModule,
};

/// What can be done with distribution sets.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists sets.
    List {
        #[command(flatten)]
        list: ListOptions,
        /// Shows those that are deleted as well.
        #[arg(long)]
        deleted: bool,
    },
    /// Shows one set.
    Show {
        /// The set's number.
        set: i64,
    },
    /// Makes a set.
    Create(Create),
    /// Deletes sets.
    Delete {
        /// The sets' numbers.
        #[arg(required = true, value_name = "SET")]
        sets: Vec<i64>,
    },
}

/// A set to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it is called.
    name: String,
    /// Which version of it.
    #[arg(value_name = "VERSION")]
    release: String,
    /// A module's number; may be repeated.
    #[arg(long = "module", value_name = "MODULE")]
    modules: Vec<i64>,
    /// The key of its type; the tenant's default without one.
    #[arg(long = "type", value_name = "KEY", default_value = "", hide_default_value = true)]
    type_key: String,
    /// Free text.
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// Devices have to pass through it: newer assignments do not cancel it.
    #[arg(long)]
    required_migration_step: bool,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::List { list, deleted } => {
            let (sets, total) = collect(session, list, deleted).await?;
            output.list("distributionSets", &sets, total)
        }
        Verb::Show { set } => {
            let request = GetDistributionSetRequest { name: names::distribution_set(set) };
            output.show(&session.sets().get_distribution_set(request).await?.into_inner())
        }
        Verb::Create(create) => {
            let request = create.into_request();
            output.show(&session.sets().create_distribution_set(request).await?.into_inner())
        }
        Verb::Delete { sets } => {
            let mut gone = Vec::new();
            for name in sets.into_iter().map(names::distribution_set) {
                let request = DeleteDistributionSetRequest { name: name.clone() };
                session.sets().delete_distribution_set(request).await?;
                gone.push(name);
            }
            super::deleted(output, &gone)
        }
    }
}

impl Create {
    fn into_request(self) -> CreateDistributionSetRequest {
        let module = |id| SoftwareModule { name: names::software_module(id), ..Default::default() };
        let set = DistributionSet {
            type_key: self.type_key,
            display_name: self.name,
            version: self.release,
            description: self.description,
            required_migration_step: self.required_migration_step,
            software_modules: self.modules.into_iter().map(module).collect(),
            ..Default::default()
        };
        CreateDistributionSetRequest { distribution_set: Some(set), ..Default::default() }
    }
}

async fn collect(
    session: &Session,
    list: ListOptions,
    deleted: bool,
) -> Result<(Vec<DistributionSet>, i64), CliError> {
    let mode = if deleted { DeletedMode::Include } else { DeletedMode::Exclude };
    gather(list.limit, |page_size, page_token| {
        let request = ListDistributionSetsRequest {
            page_size,
            page_token,
            skip: 0,
            filter: list.filter.clone(),
            order_by: list.order_by.clone(),
            deleted_mode: mode.into(),
            ..Default::default()
        };
        async move {
            let answer = session.sets().list_distribution_sets(request).await?.into_inner();
            let (items, next, total) =
                (answer.distribution_sets, answer.next_page_token, answer.total_size);
            Ok(Page { items, next, total })
        }
    })
    .await
}
