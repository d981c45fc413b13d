//! `otactl modules …`.

use crate::args::ListOptions;
use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    CreateSoftwareModuleRequest, DeleteSoftwareModuleRequest, DeletedMode,
    GetSoftwareModuleRequest, ListSoftwareModulesRequest, SoftwareModule,
};

/// What can be done with software modules.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists modules.
    List {
        #[command(flatten)]
        list: ListOptions,
        /// Only the modules of this set.
        #[arg(long, value_name = "SET")]
        set: Option<i64>,
        /// Shows those that are deleted as well.
        #[arg(long)]
        deleted: bool,
    },
    /// Shows one module.
    Show {
        /// The module's number.
        module: i64,
    },
    /// Makes a module.
    Create(Create),
    /// Deletes modules.
    Delete {
        /// The modules' numbers.
        #[arg(required = true, value_name = "MODULE")]
        modules: Vec<i64>,
    },
}

/// A module to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it is called.
    name: String,
    /// Which version of it.
    #[arg(value_name = "VERSION")]
    release: String,
    /// The key of its type, e.g. `os` or `application`.
    #[arg(long = "type", value_name = "KEY")]
    type_key: String,
    /// Who makes it.
    #[arg(long, default_value = "", hide_default_value = true)]
    vendor: String,
    /// Free text.
    #[arg(long, default_value = "", hide_default_value = true)]
    description: String,
    /// Has the hub encrypt its artifacts.
    #[arg(long)]
    encrypted: bool,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::List { list, set, deleted } => {
            let (modules, total) = collect(session, list, set, deleted).await?;
            output.list("softwareModules", &modules, total)
        }
        Verb::Show { module } => {
            let request = GetSoftwareModuleRequest { name: names::software_module(module) };
            output.show(&session.software().get_software_module(request).await?.into_inner())
        }
        Verb::Create(create) => {
            let request = create.into_request();
            output.show(&session.software().create_software_module(request).await?.into_inner())
        }
        Verb::Delete { modules } => {
            let mut gone = Vec::new();
            for name in modules.into_iter().map(names::software_module) {
                let request = DeleteSoftwareModuleRequest { name: name.clone() };
                session.software().delete_software_module(request).await?;
                gone.push(name);
            }
            super::deleted(output, &gone)
        }
    }
}

impl Create {
    fn into_request(self) -> CreateSoftwareModuleRequest {
        let module = SoftwareModule {
            type_key: self.type_key,
            display_name: self.name,
            version: self.release,
            vendor: self.vendor,
            description: self.description,
            encrypted: self.encrypted,
            ..Default::default()
        };
        CreateSoftwareModuleRequest { software_module: Some(module), ..Default::default() }
    }
}

async fn collect(
    session: &Session,
    list: ListOptions,
    set: Option<i64>,
    deleted: bool,
) -> Result<(Vec<SoftwareModule>, i64), CliError> {
    let mode = if deleted { DeletedMode::Include } else { DeletedMode::Exclude };
    gather(list.limit, |page_size, page_token| {
        let request = ListSoftwareModulesRequest {
            page_size,
            page_token,
            skip: 0,
            filter: list.filter.clone(),
            order_by: list.order_by.clone(),
            deleted_mode: mode.into(),
            distribution_set: set.map(names::distribution_set).unwrap_or_default(),
        };
        async move {
            let answer = session.software().list_software_modules(request).await?.into_inner();
            let (items, next, total) =
                (answer.software_modules, answer.next_page_token, answer.total_size);
            Ok(Page { items, next, total })
        }
    })
    .await
}
