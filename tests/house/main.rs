//! The rules of the house, as tests: who depends on whom, and how the tree is kept.

mod architecture;
mod functions;
mod modules;
mod tidy;
mod tree;
