//! `otactl users …`.
//!
//! Passwords are read from a file or standard input, never from the command line, where others on
//! this machine could see them.

use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    CreateUserRequest, DeleteUserRequest, GetUserRequest, ListUsersRequest, UpdateUserRequest, User,
};
use prost_types::FieldMask;
use std::path::{Path, PathBuf};

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists users.
    List {
        /// How many to show; 0 for all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows one user.
    Show {
        /// The user's name.
        name: String,
    },
    /// Makes a user.
    Create(Create),
    /// Changes what a user may, whether it may log in, or its password.
    Update(Update),
    /// Deletes users with their tokens.
    Delete {
        /// The users' names.
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

/// A user to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The user's name.
    name: String,
    /// A permission or role, e.g. READ_TARGET or ROLE_TENANT_ADMIN; may be repeated.
    #[arg(long = "authority", value_name = "NAME")]
    authorities: Vec<String>,
    /// Where the password stands, in the first line; `-` is standard input.
    #[arg(long, value_name = "FILE", default_value = "-")]
    password_file: PathBuf,
    /// The tenant, if it is not the caller's own; needs SYSTEM_ADMIN.
    #[arg(long)]
    tenant: Option<String>,
}

/// A change of a user.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The user's name.
    name: String,
    /// A permission or role that it has from now on, instead of those before; may be repeated.
    #[arg(long = "authority", value_name = "NAME")]
    authorities: Vec<String>,
    /// Whether it may not log in.
    #[arg(long, value_name = "BOOL")]
    disabled: Option<bool>,
    /// Where the new password stands, in the first line; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::List { limit } => {
            let (users, total) = collect(session, limit).await?;
            output.list("users", &users, total)
        }
        Verb::Show { name } => {
            let request = GetUserRequest { name: names::user(&name) };
            output.show(&session.users().get_user(request).await?.into_inner())
        }
        Verb::Create(create) => {
            let request = create.into_request()?;
            output.show(&session.users().create_user(request).await?.into_inner())
        }
        Verb::Update(update) => {
            let request = update.into_request()?;
            output.show(&session.users().update_user(request).await?.into_inner())
        }
        Verb::Delete { names } => {
            let mut gone = Vec::new();
            for name in names.iter().map(|name| names::user(name)) {
                let request = DeleteUserRequest { name: name.clone() };
                session.users().delete_user(request).await?;
                gone.push(name);
            }
            super::deleted(output, &gone)
        }
    }
}

impl Create {
    fn into_request(self) -> Result<CreateUserRequest, CliError> {
        let user = User {
            name: names::user(&self.name),
            authorities: self.authorities,
            password: password(&self.password_file)?,
            ..Default::default()
        };
        let tenant = self.tenant.as_deref().map(names::tenant).unwrap_or_default();
        Ok(CreateUserRequest { user: Some(user), tenant, ..Default::default() })
    }
}

impl Update {
    fn into_request(self) -> Result<UpdateUserRequest, CliError> {
        let mut user = User { name: names::user(&self.name), ..Default::default() };
        let mut paths = Vec::new();
        if !self.authorities.is_empty() {
            user.authorities = self.authorities;
            paths.push("authorities".to_owned());
        }
        if let Some(disabled) = self.disabled {
            user.disabled = disabled;
            paths.push("disabled".to_owned());
        }
        if let Some(file) = self.password_file {
            user.password = password(&file)?;
            paths.push("password".to_owned());
        }
        if paths.is_empty() {
            let words = "say what to change: --authority, --disabled or --password-file";
            return Err(CliError::Usage(words.to_owned()));
        }
        Ok(UpdateUserRequest { user: Some(user), update_mask: Some(FieldMask { paths }) })
    }
}

/// The first line of a file or of standard input.
pub(super) fn password(file: &Path) -> Result<String, CliError> {
    let read = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(file)
    };
    let text =
        read.map_err(|why| CliError::Local(format!("no password in {}: {why}", file.display())))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

async fn collect(session: &Session, limit: usize) -> Result<(Vec<User>, i64), CliError> {
    gather(limit, |page_size, page_token| async move {
        let request = ListUsersRequest { page_size, page_token };
        let answer = session.users().list_users(request).await?.into_inner();
        let (next, total) = (answer.next_page_token, answer.total_size);
        Ok(Page { items: answer.users, next, total })
    })
    .await
}
