//! `otactl tokens …`.

use crate::error::CliError;
use crate::output::Output;
use crate::paging::{Page, gather};
use crate::session::Session;
use crate::view::View;
use clap::{Args, Subcommand};
use otahub_client::names;
use otahub_client::proto::{
    ApiToken, CreateApiTokenRequest, ListApiTokensRequest, RevokeApiTokenRequest,
};
use std::time::SystemTime;

/// What can be done with API tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Lists tokens: the tenant's, or one's own without the permission to see those of others.
    List {
        /// How many to show; 0 for all.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Makes a token and shows its secret, this once.
    Create(Create),
    /// Makes tokens worthless, at once.
    Revoke {
        /// The tokens' numbers.
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
}

/// A token to be.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it is for.
    description: String,
    /// A permission or role that it has; may be repeated.
    #[arg(long = "authority", value_name = "NAME", required = true)]
    authorities: Vec<String>,
    /// When it ends by itself (RFC 3339 in UTC), e.g. `2030-01-01T00:00:00Z`; never without one.
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_rfc3339_weak)]
    expires: Option<SystemTime>,
}

pub(crate) async fn carry_out(
    verb: Verb,
    session: &Session,
    output: &mut Output,
) -> Result<(), CliError> {
    match verb {
        Verb::List { limit } => {
            let (tokens, total) = collect(session, limit).await?;
            output.list("apiTokens", &tokens, total)
        }
        Verb::Create(create) => {
            let request = CreateApiTokenRequest { api_token: Some(create.into_token()) };
            let made = session.users().create_api_token(request).await?.into_inner();
            let mut shown = made.api_token.unwrap_or_default().json();
            shown["secret"] = made.secret.into();
            output.fields(&shown)?;
            output.remark("The secret is not shown again; send it as `Authorization: Bearer …`.");
            Ok(())
        }
        Verb::Revoke { ids } => {
            let mut gone = Vec::new();
            for name in ids.into_iter().map(names::api_token) {
                let request = RevokeApiTokenRequest { name: name.clone() };
                session.users().revoke_api_token(request).await?;
                gone.push(name);
            }
            super::deleted(output, &gone)
        }
    }
}

impl Create {
    fn into_token(self) -> ApiToken {
        ApiToken {
            description: self.description,
            authorities: self.authorities,
            expire_time: self.expires.map(prost_types::Timestamp::from),
            ..Default::default()
        }
    }
}

async fn collect(session: &Session, limit: usize) -> Result<(Vec<ApiToken>, i64), CliError> {
    gather(limit, |page_size, page_token| async move {
        let request = ListApiTokensRequest { page_size, page_token };
        let answer = session.users().list_api_tokens(request).await?.into_inner();
        let (next, total) = (answer.next_page_token, answer.total_size);
        Ok(Page { items: answer.api_tokens, next, total })
    })
    .await
}
