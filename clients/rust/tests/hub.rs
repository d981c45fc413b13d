//! Against a real hub, which tests/clients/with_hub.py starts; skipped without one.

#[cfg(test)]
mod tests {
    use futures::{StreamExt, TryStreamExt};
    use otahub_client::proto::{
        CreateSoftwareModuleRequest, CreateTargetRequest, EventKind, GetCallerRequest,
        ListTargetsRequest, SoftwareModule, Target, WatchEventsRequest,
    };
    use otahub_client::{Caller, Hub, HubError, Identified, Reason, Tls, TransferError, Upload};
    use std::env::var;
    use std::io::Cursor;
    use tonic::Code;
    use uuid::Uuid;

    fn caller() -> Caller {
        Caller::basic(&var("OTAHUB_USER").unwrap(), &var("OTAHUB_PASSWORD").unwrap())
    }

    /// The hub at the address that a variable has.
    fn at(variable: &str) -> Option<Hub> {
        let Ok(address) = var(variable) else {
            println!("skipped: {variable} names no hub; see tests/run clients");
            return None;
        };
        Some(Hub::connect(&address, caller()).unwrap())
    }

    async fn create(hub: &Hub, controller_id: &str) -> Result<Target, HubError> {
        let target = Target { controller_id: controller_id.to_owned(), ..Default::default() };
        let request = CreateTargetRequest { target: Some(target), ..Default::default() };
        let create = |hub: Hub, request| async move { hub.targets().create_target(request).await };
        hub.repeat(request.identified(), create).await
    }

    async fn username(hub: &Hub) -> Result<String, HubError> {
        let get = |hub: Hub, request| async move { hub.tenant().get_caller(request).await };
        Ok(hub.repeat(GetCallerRequest {}, get).await?.username)
    }

    fn firmware() -> Vec<u8> {
        (0..700_000_u32).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect()
    }

    #[tokio::test]
    async fn pages_hold_every_item_once() {
        let Some(hub) = at("OTAHUB_ADDRESS") else { return };
        let prefix = Uuid::new_v4();
        let mut names = Vec::new();
        for n in 0..5 {
            names.push(create(&hub, &format!("{prefix}-{n}")).await.unwrap().name);
        }
        let filter = format!("controller_id = \"{prefix}*\"");
        let request = ListTargetsRequest { page_size: 2, filter, ..Default::default() };
        let list = |hub: Hub, request| async move { hub.targets().list_targets(request).await };
        let pages = hub.pages(request.clone(), list).map_ok(|page| page.targets.len());
        assert_eq!(pages.try_collect::<Vec<_>>().await.unwrap(), [2, 2, 1]);
        let found = hub.each(request, list).map_ok(|target| target.name);
        assert_eq!(found.try_collect::<Vec<_>>().await.unwrap(), names);
    }

    #[tokio::test]
    async fn errors_are_typed() {
        let Some(hub) = at("OTAHUB_ADDRESS") else { return };
        let id = Uuid::new_v4().to_string();
        create(&hub, &id).await.unwrap();
        let taken = create(&hub, &id).await.unwrap_err();
        assert_eq!((taken.code, taken.reason), (Code::AlreadyExists, Reason::AlreadyExists));
        assert_eq!(taken.detail("type"), Some("Target"));
        let invalid = create(&hub, "a b").await.unwrap_err();
        assert_eq!(invalid.details.fields[0].subject, "controller_id");
        let address = var("OTAHUB_ADDRESS").unwrap();
        let stranger = Hub::connect(&address, Caller::basic("admin", "wrong")).unwrap();
        assert_eq!(username(&stranger).await.unwrap_err().reason, Reason::Unauthenticated);
    }

    #[tokio::test]
    async fn tls_with_a_private_issuer() {
        let (Ok(address), Ok(ca)) = (var("OTAHUB_TLS_ADDRESS"), var("OTAHUB_TLS_CA")) else {
            return println!("skipped: OTAHUB_TLS_ADDRESS names no hub; see tests/run clients");
        };
        let ca = std::fs::read(ca).unwrap();
        let hub = Hub::connect_trusting(&address, caller(), &ca).unwrap();
        assert_eq!(username(&hub).await.unwrap(), "admin");
        let trusting_others = Hub::connect(&address, caller()).unwrap();
        assert!(username(&trusting_others).await.unwrap_err().is_broken());
    }

    #[tokio::test]
    async fn tls_with_a_certificate_of_ones_own() {
        let Ok(address) = var("OTAHUB_MTLS_ADDRESS") else {
            return println!("skipped: OTAHUB_MTLS_ADDRESS names no hub; see tests/run clients");
        };
        let read = |name: &str| std::fs::read(var(name).unwrap()).unwrap();
        let trusting = Tls::new().trusting(&read("OTAHUB_TLS_CA"));
        let nobody = Hub::connect_tls(&address, caller(), &trusting).unwrap();
        assert!(username(&nobody).await.unwrap_err().is_broken());
        let tls = trusting.identified_by(&read("OTAHUB_MTLS_CERT"), &read("OTAHUB_MTLS_KEY"));
        let hub = Hub::connect_tls(&address, caller(), &tls).unwrap();
        assert_eq!(username(&hub).await.unwrap(), "admin");
    }

    #[tokio::test]
    async fn reads_and_identified_writes_survive_a_line_that_hangs_up() {
        for _ in 0..4 {
            let Some(hub) = at("OTAHUB_FLAKY_ADDRESS") else { return };
            assert_eq!(username(&hub).await.unwrap(), "admin");
            create(&hub, &Uuid::new_v4().to_string()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn artifacts_arrive_whole_on_a_line_that_hangs_up() {
        let Some(hub) = at("OTAHUB_ADDRESS") else { return };
        let software_module = Some(SoftwareModule {
            type_key: "os".to_owned(),
            display_name: Uuid::new_v4().to_string(),
            version: "1".to_owned(),
            ..Default::default()
        });
        let request = CreateSoftwareModuleRequest { software_module, ..Default::default() };
        let module = hub.software().create_software_module(request).await.unwrap().into_inner();
        let filename = "firmware.bin".to_owned();
        let upload = Upload { module: module.name, filename, ..Default::default() };
        let wrong = Upload { sha256: Some("0".repeat(64)), ..upload.clone() };
        let refused = hub.upload(wrong, Cursor::new(firmware()), |_| {}).await;
        let Err(TransferError::Hub(refused)) = refused else { panic!("{refused:?}") };
        assert_eq!(refused.reason, Reason::ChecksumMismatch);
        let mut artifact = hub.upload(upload, Cursor::new(firmware()), |_| {}).await.unwrap();

        let flaky = at("OTAHUB_FLAKY_ADDRESS").unwrap();
        let (mut sink, mut told) = (Vec::new(), Vec::new());
        flaky.download(&artifact, &mut sink, |done| told.push(done)).await.unwrap();
        assert!(sink == firmware(), "{} bytes came", sink.len());
        assert!(told.is_sorted() && told.last() == Some(&700_000), "{told:?}");

        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("copy.bin");
        let left = format!(".copy.bin.{}.part", &artifact.hashes.clone().unwrap().sha256[..12]);
        std::fs::write(folder.path().join(left), &firmware()[..500_000]).unwrap();
        let mut first = None;
        let progress = |done| first = first.or(Some(done));
        hub.download_file(&artifact, &place, progress).await.unwrap();
        assert!(std::fs::read(&place).unwrap() == firmware());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(first < Some(500_000), "what is there is told of as well: {first:?}");
        artifact.hashes.as_mut().unwrap().sha256 = "0".repeat(64);
        let differs = hub.download(&artifact, &mut sink, |_| {}).await;
        assert!(matches!(differs, Err(TransferError::Checksum { .. })), "{differs:?}");
    }

    #[tokio::test]
    async fn a_watch_on_a_line_that_hangs_up_misses_nothing() {
        let Some(hub) = at("OTAHUB_ADDRESS") else { return };
        let kinds = vec![EventKind::TargetCreated.into()];
        let mut request = WatchEventsRequest { kinds, ..Default::default() };
        let mut watch = Box::pin(hub.watch(request.clone()));
        let first = watch.next().await.unwrap().unwrap();
        assert_eq!(first.event, None);
        request.resume_token = first.resume_token;
        let prefix = Uuid::new_v4();
        let mut names = Vec::new();
        for n in 0..3 {
            names.push(create(&hub, &format!("{prefix}-{n}")).await.unwrap().name);
        }
        let mut seen = Vec::new();
        while seen.len() < 3 {
            // a new connection each time, of which every other one is hung up on
            let flaky = at("OTAHUB_FLAKY_ADDRESS").unwrap();
            let message = Box::pin(flaky.watch(request.clone())).next().await.unwrap().unwrap();
            request.resume_token = message.resume_token;
            // other tests make targets, too
            let resource = message.event.map(|event| event.resource);
            seen.extend(resource.filter(|name| names.contains(name)));
        }
        assert_eq!(seen, names);
    }
}
