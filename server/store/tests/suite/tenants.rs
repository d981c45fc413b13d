//! Tenants, settings and users.

use otahub_domain::tenant::{Key, Value};
use otahub_domain::{Entity, Error as Refusal, SetTypeId};
use otahub_store::{Error, User};

use crate::harness::Db;
use crate::world::{NOW, later};

crate::on_each_database!(tenants_are_found_by_name, settings_come_back_typed, users_are_unique);

async fn tenants_are_found_by_name(db: Db) {
    assert_eq!(db.store.read().tenant("ACME").await, Ok(None));
    let made = db.write(|s| Box::pin(s.insert_tenant("ACME"))).await.unwrap();
    let id = made.id;
    db.write(move |s| Box::pin(s.set_default_set_type(id, SetTypeId(7)))).await.unwrap();
    let found = db.store.read().tenant("ACME").await.unwrap().unwrap();
    assert_eq!(found.default_set_type, Some(SetTypeId(7)));
    assert_eq!(db.store.read().tenant_by_id(id).await.unwrap(), Some(found.clone()));
    assert_eq!(db.store.read().tenants().await.unwrap(), vec![found]);

    let twice = db.write(|s| Box::pin(s.insert_tenant("ACME"))).await.unwrap_err();
    assert_eq!(twice, Error::Unique("tenants".into()));
    assert_eq!(Refusal::from(twice), Refusal::AlreadyExists { entity: Entity::Tenant });
}

async fn settings_come_back_typed(db: Db) {
    let tenant = db.write(|s| Box::pin(s.insert_tenant("ACME"))).await.unwrap().id;
    let given = [
        (Key::AnonymousDownload, Value::Bool(true)),
        (Key::MaintenanceWindowPollCount, Value::Int(9)),
        (Key::PollingTime, Value::Text("00:01:00".into())),
    ];
    for (key, value) in given.clone() {
        for now in [NOW, later(1)] {
            let value = value.clone();
            db.write(move |s| {
                let value = value.clone();
                Box::pin(async move { s.put_setting(tenant, (key, &value), "me", now).await })
            })
            .await
            .unwrap();
        }
    }
    let settings = db.store.read().settings(tenant).await.unwrap();
    for (key, value) in given {
        let found = settings.iter().find(|one| one.key == key).unwrap();
        assert_eq!(found.value, value);
        let audit = found.audit.clone().unwrap();
        assert_eq!((audit.created_at, audit.modified_at), (NOW, later(1)));
    }
    let key = Key::PollingTime;
    assert!(db.write(move |s| Box::pin(s.delete_setting(tenant, key))).await.unwrap());
    assert!(!db.write(move |s| Box::pin(s.delete_setting(tenant, key))).await.unwrap());
    assert_eq!(db.store.read().settings(tenant).await.unwrap().len(), 2);
}

async fn users_are_unique(db: Db) {
    let tenant = db.write(|s| Box::pin(s.insert_tenant("A"))).await.unwrap().id;
    let other = db.write(|s| Box::pin(s.insert_tenant("B"))).await.unwrap().id;
    let user = User {
        name: "admin".into(),
        tenant,
        password_hash: "$argon2id$".into(),
        authorities: vec!["READ_TARGET".into(), "ROLE_X".into()],
        disabled: false,
    };
    let put = async |user: User| {
        let job = db.write(move |s| {
            let user = user.clone();
            Box::pin(async move { s.put_user(&user, "me", NOW).await })
        });
        job.await
    };
    put(user.clone()).await.unwrap();
    let changed = User { disabled: true, authorities: Vec::new(), ..user.clone() };
    put(changed.clone()).await.unwrap();
    assert_eq!(db.store.read().user("admin").await.unwrap(), Some(changed.clone()));
    assert_eq!(db.store.read().users(tenant).await.unwrap(), vec![changed]);

    let stolen = put(User { tenant: other, ..user }).await.unwrap_err();
    assert_eq!(stolen, Error::Unique("users".into()));
    assert!(!db.write(move |s| Box::pin(s.delete_user(other, "admin"))).await.unwrap());
    assert!(db.write(move |s| Box::pin(s.delete_user(tenant, "admin"))).await.unwrap());
}
