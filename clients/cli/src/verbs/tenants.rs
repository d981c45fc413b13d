//! `otactl tenants …`.

use super::users::password;
use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    CreateTenantRequest, DeleteTenantRequest, ListTenantsRequest, Tenant, User,
};
use std::path::PathBuf;

/// What can be done with tenants; all of it needs SYSTEM_ADMIN.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists tenants.
    List {
        /// How many to show; 0 for all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Makes a tenant.
    Create(Create),
    /// Deletes a tenant with everything that it has.
    Delete {
        /// The tenant's name.
        name: String,
    },
}

/// A tenant to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The tenant's name.
    name: String,
    /// The name of its first user, who may do everything in it and logs in as TENANT\\NAME.
    #[arg(long, value_name = "NAME")]
    admin: Option<String>,
    /// Where that user's password stands, in the first line; `-` is standard input.
    #[arg(long, value_name = "FILE", default_value = "-", requires = "admin")]
    password_file: PathBuf,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::List { limit } => {
            let (tenants, total) = collect(session, limit).await?;
            output.list("tenants", &tenants, total)
        }
        Verb::Create(create) => {
            let request = create.into_request()?;
            output.show(&session.tenants().create_tenant(request).await?.into_inner())
        }
        Verb::Delete { name } => {
            let name = names::tenant(&name);
            session.tenants().delete_tenant(DeleteTenantRequest { name: name.clone() }).await?;
            super::deleted(output, &[name])
        }
    }
}

impl Create {
    fn into_request(self) -> Result<CreateTenantRequest, CliError> {
        let first_user = match self.admin {
            None => None,
            Some(name) => Some(User {
                name: names::user(&name),
                password: password(&self.password_file)?,
                ..Default::default()
            }),
        };
        let tenant = Some(Tenant { name: names::tenant(&self.name) });
        Ok(CreateTenantRequest { tenant, first_user, ..Default::default() })
    }
}

async fn collect(session: &Session, limit: usize) -> Result<(Vec<Tenant>, i64), CliError> {
    gather(limit, |page_size, page_token| async move {
        let request = ListTenantsRequest { page_size, page_token };
        let answer = session.tenants().list_tenants(request).await?.into_inner();
        let (next, total) = (answer.next_page_token, answer.total_size);
        Ok(Page { items: answer.tenants, next, total })
    })
    .await
}
