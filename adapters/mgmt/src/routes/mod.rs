//! Which path is served by what.

mod actions;
mod artifacts;
mod auto_confirm;
mod groups;
mod module_metadata;
mod module_types;
mod modules;
mod rollout_groups;
mod rollouts;
mod set_contents;
mod set_metadata;
mod set_tags;
mod set_types;
mod sets;
mod system;
mod target_actions;
mod target_filters;
mod target_metadata;
mod target_tags;
mod target_types;
mod targets;
mod upload;

use crate::call::App;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{delete, get, post, put};
use otahub_rest::docs::Chapter;
use otahub_rest::resource;

/// Everything below `/rest/v1`.
pub(crate) fn all() -> Router<App> {
    targets()
        .merge(target_extras())
        .merge(target_actions())
        .merge(modules())
        .merge(sets())
        .merge(module_types::routes())
        .merge(set_types::routes())
        .merge(target_types::routes())
        .merge(target_tags::routes())
        .merge(target_filters::routes())
        .merge(rollouts::routes())
        .merge(rollout_groups::routes())
        .merge(set_tags::routes())
        .merge(groups::routes())
        .merge(system())
        .fallback(otahub_rest::not_found)
}

/// All operations, as the documentation tells them, in the order of its chapters.
pub(crate) fn docs() -> Vec<Chapter> {
    let chapter = |tag, description, operations: Vec<Vec<_>>| Chapter {
        tag,
        description,
        operations: operations.concat(),
    };
    vec![
        chapter(
            "Software Modules",
            "What a device can install: a version of something, with its files",
            vec![modules::docs(), module_metadata::docs(), upload::docs(), artifacts::docs()],
        ),
        chapter(
            "Distribution Sets",
            "Software modules that are given out together",
            vec![sets::docs(), set_contents::docs(), set_metadata::docs()],
        ),
        chapter(
            "Targets",
            "The devices, and what they are to install",
            vec![targets::docs(), target_metadata::docs(), auto_confirm::docs()],
        ),
        chapter(
            "Actions",
            "Updates of one device each, and how they go",
            vec![actions::docs(), target_actions::docs()],
        ),
        chapter("Target Groups", "Names that targets are sorted by", vec![groups::docs()]),
        chapter("Target Tags", "Labels on targets", vec![target_tags::docs()]),
        chapter("Distribution Set Tags", "Labels on sets", vec![set_tags::docs()]),
        chapter("Target Types", "Which sets a target takes", vec![target_types::docs()]),
        chapter("Distribution Set Types", "What a set is made of", vec![set_types::docs()]),
        chapter(
            "Software Module Types",
            "What kinds of software there are",
            vec![module_types::docs()],
        ),
        chapter(
            "Target Filters",
            "Searches that are kept, and assign",
            vec![target_filters::docs()],
        ),
        chapter(
            "Rollouts",
            "Updates of many targets, group by group",
            vec![rollouts::docs(), rollout_groups::docs()],
        ),
        chapter("System Configuration", "Settings of the tenant", vec![system::docs()]),
    ]
}

fn targets() -> Router<App> {
    use self::targets as t;
    let own = get(t::get).put(t::update).delete(t::delete);
    Router::new()
        .route("/targets", resource(get(t::list).post(t::create), "GET, POST"))
        .route("/targets/{id}", resource(own, "GET, PUT, DELETE"))
        .route(
            "/targets/{id}/targettype",
            resource(post(t::set_type).delete(t::clear_type), "POST, DELETE"),
        )
        .route("/targets/{id}/attributes", resource(get(t::attributes), "GET"))
        .route(
            "/targets/{id}/assignedDS",
            resource(get(t::assigned_set).post(t::assign), "GET, POST"),
        )
        .route("/targets/{id}/installedDS", resource(get(t::installed_set), "GET"))
}

fn target_extras() -> Router<App> {
    use {auto_confirm as consent, target_metadata as metadata};
    let entry = get(metadata::get).put(metadata::update).delete(metadata::delete);
    Router::new()
        .route(
            "/targets/{id}/metadata",
            resource(get(metadata::list).post(metadata::create), "GET, POST"),
        )
        .route("/targets/{id}/metadata/{key}", resource(entry, "GET, PUT, DELETE"))
        .route("/targets/{id}/autoConfirm", resource(get(consent::get), "GET"))
        .route("/targets/{id}/autoConfirm/activate", resource(post(consent::activate), "POST"))
        .route("/targets/{id}/autoConfirm/deactivate", resource(post(consent::deactivate), "POST"))
}

fn target_actions() -> Router<App> {
    use target_actions as a;
    let own = get(a::get).put(a::force).delete(a::cancel);
    Router::new()
        .route("/targets/{id}/actions", resource(get(a::list).delete(a::purge), "GET, DELETE"))
        .route("/targets/{id}/actions/{action}", resource(own, "GET, PUT, DELETE"))
        .route("/targets/{id}/actions/{action}/status", resource(get(a::history), "GET"))
        .route("/targets/{id}/actions/{action}/confirmation", resource(put(a::confirm), "PUT"))
        .route("/actions", resource(get(actions::list).delete(actions::purge), "GET, DELETE"))
        .route(
            "/actions/{action}",
            resource(get(actions::get).delete(actions::delete), "GET, DELETE"),
        )
}

fn modules() -> Router<App> {
    use {artifacts as files, module_metadata as metadata, modules as m};
    let own = get(m::get).put(m::update).delete(m::delete);
    let entry = get(metadata::get).put(metadata::update).delete(metadata::delete);
    let artifacts = get(files::list).post(upload::upload).layer(DefaultBodyLimit::disable());
    let artifact = get(files::get).delete(files::delete);
    Router::new()
        .route("/softwaremodules", resource(get(m::list).post(m::create), "GET, POST"))
        .route("/softwaremodules/{id}", resource(own, "GET, PUT, DELETE"))
        .route(
            "/softwaremodules/{id}/metadata",
            resource(get(metadata::list).post(metadata::create), "GET, POST"),
        )
        .route("/softwaremodules/{id}/metadata/{key}", resource(entry, "GET, PUT, DELETE"))
        .route("/softwaremodules/{id}/artifacts", resource(artifacts, "GET, POST"))
        .route("/softwaremodules/{id}/artifacts/{artifact}", resource(artifact, "GET, DELETE"))
        .route(
            "/softwaremodules/{id}/artifacts/{artifact}/download",
            resource(get(files::download), "GET"),
        )
}

fn sets() -> Router<App> {
    use {set_contents as c, set_metadata as metadata, sets as s};
    let own = get(s::get).put(s::update).delete(s::delete);
    let entry = get(metadata::get).put(metadata::update).delete(metadata::delete);
    let assigned = get(c::assigned_targets).post(c::assign);
    Router::new()
        .route("/distributionsets", resource(get(s::list).post(s::create), "GET, POST"))
        .route("/distributionsets/{id}", resource(own, "GET, PUT, DELETE"))
        .route(
            "/distributionsets/{id}/metadata",
            resource(get(metadata::list).post(metadata::create), "GET, POST"),
        )
        .route("/distributionsets/{id}/metadata/{key}", resource(entry, "GET, PUT, DELETE"))
        .route(
            "/distributionsets/{id}/assignedSM",
            resource(get(c::modules_of).post(c::add_modules), "GET, POST"),
        )
        .route(
            "/distributionsets/{id}/assignedSM/{module}",
            resource(delete(c::remove_module), "DELETE"),
        )
        .route("/distributionsets/{id}/assignedTargets", resource(assigned, "GET, POST"))
        .route(
            "/distributionsets/{id}/installedTargets",
            resource(get(c::installed_targets), "GET"),
        )
        .merge(set_statistics())
        .route("/distributionsets/{id}/invalidate", resource(post(c::invalidate), "POST"))
}

fn set_statistics() -> Router<App> {
    use set_contents as c;
    let path = |aspect: &str| format!("/distributionsets/{{id}}/statistics{aspect}");
    Router::new()
        .route(&path(""), resource(get(c::all_statistics), "GET"))
        .route(&path("/actions"), resource(get(c::action_statistics), "GET"))
        .route(&path("/rollouts"), resource(get(c::rollout_statistics), "GET"))
        .route(&path("/autoassignments"), resource(get(c::automatic_statistics), "GET"))
}

fn system() -> Router<App> {
    use system as s;
    let own = get(s::get).put(s::update).delete(s::reset);
    Router::new()
        .route("/userinfo", resource(get(s::user_info), "GET"))
        .route("/system/configs", resource(get(s::list).put(s::update_several), "GET, PUT"))
        .route("/system/configs/{key}", resource(own, "GET, PUT, DELETE"))
}
