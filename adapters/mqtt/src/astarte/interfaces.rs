//! The interfaces that the hub listens to, and what becomes of their values: the one table.

/// What all interfaces of Edgehog's begin with.
const NAMESPACE: &str = "io.edgehog.devicemanager.";

/// What a device is told by: server owned, `/request`.
pub(super) const OTA_REQUEST: &str = "io.edgehog.devicemanager.OTARequest";
/// What it answers with: device owned, `/event`.
pub(super) const OTA_EVENT: &str = "io.edgehog.devicemanager.OTAEvent";

/// A line of the table: where a value is on the wire, and the attribute that it becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The interface, without what all of Edgehog's begin with.
    pub interface: &'static str,
    /// Where in it; `%` stands for a name that the device gives. The members of an object stand
    /// below its path.
    pub endpoint: &'static str,
    /// The attribute's key, with the same `%`.
    pub key: &'static str,
    /// A property: the device keeps it, and says when it is gone.
    pub is_kept: bool,
}

const fn kept(interface: &'static str, endpoint: &'static str, key: &'static str) -> Row {
    Row { interface, endpoint, key, is_kept: true }
}

const fn told(interface: &'static str, endpoint: &'static str, key: &'static str) -> Row {
    Row { interface, endpoint, key, is_kept: false }
}

/// What becomes of what a device says of itself.
pub const ROWS: [Row; 27] = [
    kept("BaseImage", "/fingerprint", "baseImage.fingerprint"),
    kept("BaseImage", "/name", "baseImage.name"),
    kept("BaseImage", "/version", "baseImage.version"),
    kept("BaseImage", "/buildId", "baseImage.buildId"),
    kept("SystemInfo", "/serialNumber", "system.serialNumber"),
    kept("SystemInfo", "/partNumber", "system.partNumber"),
    kept("OSInfo", "/osName", "os.name"),
    kept("OSInfo", "/osVersion", "os.version"),
    kept("RuntimeInfo", "/name", "agent.name"),
    kept("RuntimeInfo", "/url", "agent.url"),
    kept("RuntimeInfo", "/version", "agent.version"),
    kept("RuntimeInfo", "/environment", "agent.environment"),
    kept("HardwareInfo", "/cpu/architecture", "hw.cpu.architecture"),
    kept("HardwareInfo", "/cpu/model", "hw.cpu.model"),
    kept("HardwareInfo", "/cpu/modelName", "hw.cpu.modelName"),
    kept("HardwareInfo", "/cpu/vendor", "hw.cpu.vendor"),
    kept("HardwareInfo", "/mem/totalBytes", "hw.mem.totalBytes"),
    kept("NetworkInterfaceProperties", "/%/macAddress", "net.%.macAddress"),
    kept("NetworkInterfaceProperties", "/%/technologyType", "net.%.technologyType"),
    kept("CellularConnectionProperties", "/%/apn", "modem.%.apn"),
    kept("CellularConnectionProperties", "/%/imei", "modem.%.imei"),
    kept("CellularConnectionProperties", "/%/imsi", "modem.%.imsi"),
    told("StorageUsage", "/%/name", "storage.%.name"),
    told("StorageUsage", "/%/totalBytes", "storage.%.totalBytes"),
    told("StorageUsage", "/%/freeBytes", "storage.%.freeBytes"),
    told("SystemStatus", "/systemStatus/bootId", "bootId"),
    told("BatteryStatus", "/%/levelPercentage", "battery.%.levelPercentage"),
];

/// The full names of the interfaces that the hub listens to.
pub(super) fn heard() -> impl Iterator<Item = String> {
    let mut names: Vec<&str> = ROWS.iter().map(|row| row.interface).collect();
    names.dedup();
    names.push("OTAEvent");
    names.into_iter().map(|name| format!("{NAMESPACE}{name}"))
}

/// The attribute of a value, and whether it is a property; nothing if nobody wants to know.
pub(super) fn key(interface: &str, path: &str) -> Option<(String, bool)> {
    let interface = interface.strip_prefix(NAMESPACE)?;
    let of = |row: &Row| Some((filled(row, path)?, row.is_kept));
    ROWS.iter().filter(|row| row.interface == interface).find_map(of)
}

/// The key of a row for a path that fits it.
fn filled(row: &Row, path: &str) -> Option<String> {
    let Some((before, after)) = row.endpoint.split_once('%') else {
        return (row.endpoint == path).then(|| row.key.to_owned());
    };
    let name = path.strip_prefix(before)?.strip_suffix(after)?;
    (!name.is_empty() && !name.contains('/')).then(|| row.key.replace('%', name))
}

/// What the attributes that stem from properties begin with.
pub(super) fn kept_prefixes() -> Vec<String> {
    let first = |row: &Row| row.key.split_inclusive('.').next().map(str::to_owned);
    let mut prefixes: Vec<String> =
        ROWS.iter().filter(|row| row.is_kept).filter_map(first).collect();
    prefixes.dedup();
    prefixes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_becomes_the_attribute_of_its_row() {
        let of = |interface: &str, path: &str| key(&format!("{NAMESPACE}{interface}"), path);
        assert_eq!(of("BaseImage", "/version"), Some(("baseImage.version".into(), true)));
        assert_eq!(of("OSInfo", "/osName"), Some(("os.name".into(), true)));
        let net = of("NetworkInterfaceProperties", "/eth0.7/macAddress");
        assert_eq!(net, Some(("net.eth0.7.macAddress".into(), true)));
        assert_eq!(of("SystemStatus", "/systemStatus/bootId"), Some(("bootId".into(), false)));
        assert_eq!(of("SystemStatus", "/systemStatus/taskCount"), None);
        assert_eq!(of("NetworkInterfaceProperties", "/a/b/macAddress"), None);
        assert_eq!(of("NetworkInterfaceProperties", "//macAddress"), None);
        assert_eq!(key("BaseImage", "/version"), None);
    }

    #[test]
    fn every_interface_is_heard_once() {
        let names: Vec<String> = heard().collect();
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len(), "the rows of an interface stand together");
        assert!(names.iter().any(|name| name == OTA_EVENT));
        assert!(kept_prefixes().contains(&"hw.".to_owned()));
        assert!(!kept_prefixes().contains(&"bootId".to_owned()));
    }
}
