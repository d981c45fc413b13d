//! The adapter against a scripted hub.

#[cfg(test)]
mod actions;
#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod lenient;
#[cfg(test)]
mod manual;
#[cfg(test)]
mod modules;
#[cfg(test)]
mod rollouts;
mod sets;
#[cfg(test)]
mod support;
#[cfg(test)]
mod system;
#[cfg(test)]
mod tags;
#[cfg(test)]
mod target_filters;
mod targets;
#[cfg(test)]
mod types;
