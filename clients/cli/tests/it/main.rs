//! The commands against a scripted hub.

#[cfg(test)]
mod actions;
#[cfg(test)]
mod artifacts;
#[cfg(test)]
mod declared;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod identity;
#[cfg(test)]
mod output;
#[cfg(test)]
mod program;
#[cfg(test)]
mod resources;
mod rollouts;
