//! Devices against a scripted hub.

#[cfg(test)]
mod device;
#[cfg(test)]
mod download;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod fleet;
