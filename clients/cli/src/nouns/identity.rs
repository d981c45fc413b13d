//! Settings, users, API tokens and tenants.

use crate::table::{Answer, Arg, Form, Id, Kind, Noun, Place, Verb, first, many, option, repeated};
use crate::view::{Cell, Column, at, flags, plain};
use serde_json::Value;

const SETTING_KIND: Kind = Kind {
    message: "Setting",
    word: "setting",
    collection: "settings",
    id: Id::Text,
    list: "ListSettings",
    natural: &["name"],
    columns: SETTINGS,
};

/// How settings look.
pub(crate) const SETTINGS: &[Column] = &[
    Column("KEY", Cell::Last("name")),
    Column("VALUE", Cell::Text("value")),
    Column("SET BY", Cell::With(set_by)),
];

fn set_by(item: &Value) -> String {
    match (item.get("audit"), at(item, "global").as_bool()) {
        (Some(audit), Some(false)) => {
            plain(audit.get("updater").unwrap_or_else(|| at(audit, "creator")))
        }
        _ => "(default)".to_owned(),
    }
}

/// The other verbs are in [`crate::verbs::settings`].
pub(super) const SETTING: Noun = Noun {
    name: "settings",
    about: "Settings of the tenant",
    verbs: &[
        Verb::new("list", "Lists all settings", "ListSettings", &[]).answers(Answer::All(SETTINGS)),
        Verb::new(
            "show",
            "Shows one setting",
            "GetSetting",
            &[first("key", "name", Form::Ref(&SETTING_KIND), "Its key, e.g. pollingTime")],
        ),
    ],
};

const USER: Kind = Kind {
    message: "User",
    word: "user",
    collection: "users",
    id: Id::Text,
    list: "ListUsers",
    natural: &["name"],
    columns: &[
        Column("NAME", Cell::Last("name")),
        Column("AUTHORITIES", Cell::Text("authorities")),
        Column("STATE", Cell::With(user_state)),
        Column("CHANGED", Cell::Time("audit.updateTime")),
    ],
};

fn user_state(item: &Value) -> String {
    flags(item, &[("disabled", "disabled"), ("configured", "configured")])
}

const AUTHORITY: &str = "A permission or role, e.g. READ_TARGET or ROLE_TENANT_ADMIN; may be \
                         repeated";
const PASSWORD: &str = "Where the password stands, in the first line; - is standard input";

pub(super) const USERS: Noun = Noun {
    name: "users",
    about: "Who may log in, and what they may",
    verbs: &[
        Verb::new("list", "Lists users", "ListUsers", &[]).answers(Answer::List(USER.columns)),
        Verb::new(
            "show",
            "Shows one user",
            "GetUser",
            &[first("name", "name", Form::Ref(&USER), "The user's name")],
        ),
        Verb::new(
            "create",
            "Makes a user",
            "CreateUser",
            &[
                first("name", "user.name", Form::Ref(&USER), "The user's name"),
                repeated("authority", "user.authorities", Form::Text, AUTHORITY),
                option("password-file", "user.password", Form::Password(Some("-")), PASSWORD),
                option(
                    "tenant",
                    "tenant",
                    Form::Ref(&TENANT),
                    "The tenant, if it is not the caller's own; needs SYSTEM_ADMIN",
                ),
            ],
        ),
        Verb::new(
            "update",
            "Changes what a user may, whether it may log in, or its password",
            "UpdateUser",
            &[
                first("name", "user.name", Form::Ref(&USER), "The user's name"),
                repeated(
                    "authority",
                    "user.authorities",
                    Form::Text,
                    "A permission or role that it has from now on, instead of those before",
                ),
                option("disabled", "user.disabled", Form::Bool, "Whether it may not log in"),
                option("password-file", "user.password", Form::Password(None), PASSWORD),
            ],
        ),
        Verb::new(
            "delete",
            "Deletes users with their tokens",
            "DeleteUser",
            &[many("name", "name", Form::Ref(&USER), "The users' names")],
        )
        .answers(Answer::Done("deleted")),
    ],
};

const TOKEN: Kind = Kind {
    message: "ApiToken",
    word: "token",
    collection: "apiTokens",
    id: Id::Number,
    list: "ListApiTokens",
    natural: &[],
    columns: &[
        Column("ID", Cell::Last("name")),
        Column("MADE BY", Cell::Text("audit.creator")),
        Column("DESCRIPTION", Cell::Text("description")),
        Column("AUTHORITIES", Cell::Text("authorities")),
        Column("EXPIRES", Cell::Time("expireTime")),
        Column("LAST USED", Cell::Time("lastUseTime")),
    ],
};

pub(super) const TOKENS: Noun = Noun {
    name: "tokens",
    about: "Credentials for programs",
    verbs: &[
        Verb::new(
            "list",
            "Lists tokens: the tenant's, or one's own without the permission to see those of \
             others",
            "ListApiTokens",
            &[],
        )
        .answers(Answer::List(TOKEN.columns)),
        Verb::new(
            "create",
            "Makes a token and shows its secret, this once",
            "CreateApiToken",
            &[
                first("description", "api_token.description", Form::Text, "What it is for"),
                Arg {
                    name: "authority",
                    path: "api_token.authorities",
                    form: Form::Text,
                    place: Place::RepeatedRequired,
                    help: "A permission or role that it has; may be repeated",
                },
                option(
                    "expires",
                    "api_token.expire_time",
                    Form::Time,
                    "When it ends by itself, e.g. 2030-01-01T00:00:00Z; never without one",
                ),
            ],
        )
        .answers(Answer::Flat(
            "apiToken",
            "The secret is not shown again; send it as `Authorization: Bearer …`.",
        )),
        Verb::new(
            "revoke",
            "Makes tokens worthless, at once",
            "RevokeApiToken",
            &[many("id", "name", Form::Ref(&TOKEN), "The tokens")],
        )
        .answers(Answer::Done("deleted")),
    ],
};

const TENANT: Kind = Kind {
    message: "Tenant",
    word: "tenant",
    collection: "tenants",
    id: Id::Text,
    list: "ListTenants",
    natural: &["name"],
    columns: &[Column("NAME", Cell::Last("name"))],
};

pub(super) const TENANTS: Noun = Noun {
    name: "tenants",
    about: "The hub's tenants; all of it needs SYSTEM_ADMIN",
    verbs: &[
        Verb::new("list", "Lists tenants", "ListTenants", &[])
            .answers(Answer::List(TENANT.columns)),
        Verb::new(
            "show",
            "Shows one tenant",
            "GetTenant",
            &[first("name", "name", Form::Ref(&TENANT), "The tenant's name")],
        ),
        Verb::new(
            "create",
            "Makes a tenant",
            "CreateTenant",
            &[
                first("name", "tenant.name", Form::Ref(&TENANT), "The tenant's name"),
                option(
                    "admin",
                    "first_user.name",
                    Form::Ref(&USER),
                    "Its first user, who may do everything in it and logs in as TENANT\\NAME",
                ),
                Arg {
                    name: "password-file",
                    path: "first_user.password",
                    form: Form::Password(Some("-")),
                    place: Place::With("first_user.name"),
                    help: "Where that user's password stands, in the first line; - is standard \
                           input",
                },
            ],
        ),
        Verb::new(
            "delete",
            "Deletes a tenant with everything that it has",
            "DeleteTenant",
            &[first("name", "name", Form::Ref(&TENANT), "The tenant's name")],
        )
        .answers(Answer::Done("deleted")),
    ],
};
