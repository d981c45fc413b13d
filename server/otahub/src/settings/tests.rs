//! How settings come together.

use super::*;

#[test]
fn a_rate_limit_is_off_on_loopback_and_hawkbits_elsewhere() {
    let mut settings = Settings::default();
    assert_eq!(settings.rate_limit(), RateLimit::Off);
    settings.http = SocketAddr::from(([0, 0, 0, 0], 8080));
    assert_eq!(settings.rate_limit(), RateLimit::PerSecond { reads: 200, writes: 50 });
    settings.rate_limit = Some(RateLimit::try_from("10,5".to_owned()).unwrap());
    assert_eq!(settings.rate_limit(), RateLimit::PerSecond { reads: 10, writes: 5 });
    assert!(RateLimit::try_from("fast".to_owned()).is_err());
    assert!(RateLimit::try_from("0,1".to_owned()).is_err());
}

#[test]
fn a_flag_beats_the_file_and_a_bad_name_in_the_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("otahub.toml");
    std::fs::write(&path, "http = \"127.0.0.1:1\"\ngrpc = \"127.0.0.1:2\"\n").unwrap();
    let flags = Flags { http: Some("127.0.0.1:3".into()), ..Flags::default() };
    let settings = Settings::load(Some(&path), &flags).unwrap();
    assert_eq!((settings.http.port(), settings.grpc.port()), (3, 2));
    std::fs::write(&path, "htpp = \"127.0.0.1:1\"\n").unwrap();
    let sentence = Settings::load(Some(&path), &Flags::default()).unwrap_err();
    assert!(sentence.contains("htpp"), "{sentence}");
}

#[test]
fn every_setting_can_come_from_the_environment() {
    let names = serde_json::to_value(Settings::default()).unwrap();
    assert!(names.as_object().unwrap().contains_key("trusted_proxies"));
}

#[test]
fn https_without_a_certificate_is_refused() {
    let flags = Flags { https: Some("127.0.0.1:8443".into()), ..Flags::default() };
    let sentence = Settings::load(None, &flags).unwrap_err();
    assert_eq!(sentence, "--https needs --tls-cert and --tls-key");
}
