//! Tables and properties of what is sent and heard.
