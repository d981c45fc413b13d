//! The one place where anything is written.

use crate::args::{Format, Globals};
use crate::error::CliError;
use crate::view::{Column, at, flatten, last, plain};
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};

/// Where results and remarks go.
pub struct Streams {
    /// Results.
    pub out: Box<dyn Write>,
    /// Remarks and errors.
    pub err: Box<dyn Write>,
}

impl Streams {
    /// The standard streams of the process.
    #[must_use]
    pub fn standard() -> Self {
        Self { out: Box::new(io::stdout().lock()), err: Box::new(io::stderr()) }
    }

    /// Writes what clap has to say: help to the one, errors to the other.
    pub(crate) fn usage(&mut self, error: &clap::Error) -> u8 {
        let terminal = match error.use_stderr() {
            true => io::stderr().is_terminal(),
            false => io::stdout().is_terminal(),
        };
        let text = match terminal {
            true => error.render().ansi().to_string(),
            false => error.render().to_string(),
        };
        let stream = if error.use_stderr() { &mut self.err } else { &mut self.out };
        let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
        u8::try_from(error.exit_code()).unwrap_or(2)
    }
}

/// Writes results as they were asked for.
pub(crate) struct Output {
    streams: Streams,
    format: Format,
    columns: Vec<String>,
    quiet: bool,
}

impl Output {
    pub(crate) fn new(globals: &Globals, streams: Streams) -> Self {
        let columns = globals.columns.clone();
        Self { streams, format: globals.output, columns, quiet: globals.quiet }
    }

    /// A list; `key` is its name in JSON.
    pub(crate) fn list(
        &mut self,
        columns: &[Column],
        key: &str,
        items: &[Value],
        total: i64,
    ) -> Result<(), CliError> {
        match self.format {
            Format::Json | Format::Yaml => {
                return self.value(&json!({ key: items, "totalSize": total }));
            }
            Format::Name => {
                items.iter().try_for_each(|item| self.text(&clean(&known_as(item, columns))))?;
            }
            Format::Table => {
                let mut table = self.table(&self.titles(columns));
                table.add_rows(items.iter().map(|item| self.cells(columns, item)));
                self.print(table)?;
            }
        }
        let shown = i64::try_from(items.len()).unwrap_or(i64::MAX);
        if shown < total {
            self.remark(&format!("{shown} of {total}; --limit 0 shows all"));
        }
        Ok(())
    }

    /// One resource with all its fields: as they are, or a line each.
    pub(crate) fn show(&mut self, value: &Value) -> Result<(), CliError> {
        match self.format {
            Format::Json | Format::Yaml => self.value(value),
            Format::Name => self.text(&clean(&known_as(value, &[]))),
            Format::Table => {
                let mut table = self.table(&[]);
                let fields = match self.columns.as_slice() {
                    [] => flatten(value),
                    chosen => {
                        chosen.iter().map(|path| (path.clone(), plain(at(value, path)))).collect()
                    }
                };
                table.add_rows(fields.into_iter().map(|(key, text)| cleaned(vec![key, text])));
                self.print(table)
            }
        }
    }

    /// What was done: words for people, the names of what it was done to, `value` for programs.
    pub(crate) fn done(
        &mut self,
        words: &str,
        names: &[String],
        value: &Value,
    ) -> Result<(), CliError> {
        match self.format {
            Format::Table => self.text(&clean(words)),
            Format::Json | Format::Yaml => self.value(value),
            Format::Name => names.iter().try_for_each(|name| {
                let name = name.as_str().into();
                self.text(&clean(&last(&name)))
            }),
        }
    }

    /// One of many results that come one by one: a line of text or of JSON, a document of YAML.
    pub(crate) fn entry(&mut self, columns: &[Column], item: &Value) -> Result<(), CliError> {
        match self.format {
            Format::Table => {
                let cells = self.cells(columns, item);
                let said: Vec<_> = cells.into_iter().filter(|cell| !cell.is_empty()).collect();
                self.text(&said.join("  "))?;
            }
            Format::Json => self.text(&item.to_string())?,
            Format::Yaml => {
                self.text("---")?;
                self.value(item)?;
            }
            Format::Name => self.text(&clean(&known_as(item, columns)))?,
        }
        self.flush()
    }

    /// A remark for people, beside the results.
    pub(crate) fn remark(&mut self, text: &str) {
        if !self.quiet {
            let _ = writeln!(self.streams.err, "{text}");
        }
    }

    /// Says in one sentence what went wrong, or in JSON what the hub refused; gives the exit code.
    pub(crate) fn complain(&mut self, error: &CliError) -> u8 {
        let code = error.code();
        if code != 0 {
            let text = match error.refusal() {
                Some(refusal) if self.format == Format::Json => refusal.to_string(),
                Some(refusal) if self.format == Format::Yaml => yaml(&refusal),
                _ => format!("otactl: {}.", clean(&error.to_string())),
            };
            let _ = writeln!(self.streams.err, "{text}");
        }
        code
    }

    /// A bar for `bytes` bytes on the terminal, if there is one.
    pub(crate) fn bar(&self, label: &str, bytes: u64) -> ProgressBar {
        if self.quiet {
            return ProgressBar::hidden();
        }
        let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        let style = ProgressStyle::with_template(template);
        ProgressBar::new(bytes)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(label.to_owned())
    }

    /// Bars on the terminal, if there is one; none yet.
    pub(crate) fn bars(&self) -> Bars {
        Bars { is_hidden: self.quiet, ..Bars::default() }
    }

    /// A file of another program, as it is.
    pub(crate) fn script(&mut self, text: &[u8]) -> Result<(), CliError> {
        Ok(self.streams.out.write_all(text)?)
    }

    pub(crate) fn flush(&mut self) -> Result<(), CliError> {
        Ok(self.streams.out.flush()?)
    }

    fn titles(&self, columns: &[Column]) -> Vec<String> {
        match self.columns.as_slice() {
            [] => columns.iter().map(|Column(title, _)| (*title).to_owned()).collect(),
            chosen => chosen.to_vec(),
        }
    }

    fn cells(&self, columns: &[Column], item: &Value) -> Vec<String> {
        cleaned(match self.columns.as_slice() {
            [] => columns.iter().map(|Column(_, cell)| cell.text(item)).collect(),
            chosen => chosen.iter().map(|path| plain(at(item, path))).collect(),
        })
    }

    fn table(&self, titles: &[String]) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        if !titles.is_empty() {
            table.set_header(titles);
        }
        table
    }

    fn print(&mut self, mut table: Table) -> Result<(), CliError> {
        table.column_iter_mut().for_each(|column| {
            column.set_padding((0, 2));
        });
        self.text(&table.trim_fmt())
    }

    fn value(&mut self, value: &Value) -> Result<(), CliError> {
        let text = match self.format {
            Format::Yaml => yaml(value),
            _ => serde_json::to_string_pretty(value).map_err(io::Error::from)?,
        };
        self.text(&text)
    }

    fn text(&mut self, text: &str) -> Result<(), CliError> {
        Ok(writeln!(self.streams.out, "{text}")?)
    }
}

/// Bars for things that go on side by side.
#[derive(Default)]
pub(crate) struct Bars {
    all: MultiProgress,
    by_name: HashMap<String, ProgressBar>,
    is_hidden: bool,
}

impl Bars {
    /// Sets how far something is: `done` of `total`, and what is said of it.
    pub(crate) fn set(&mut self, name: &str, text: String, (done, total): (i64, i64)) {
        let number = |count| u64::try_from(count).unwrap_or(0);
        if self.is_hidden {
            return;
        }
        let bar = self.by_name.entry(name.to_owned()).or_insert_with(|| {
            let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} {msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
            self.all.add(ProgressBar::new(number(total)).with_style(style))
        });
        bar.set_length(number(total));
        bar.set_position(number(done));
        bar.set_message(clean(&text));
        if done >= total {
            bar.finish();
        }
    }
}

fn yaml(value: &Value) -> String {
    let text = yaml_serde::to_string(value).unwrap_or_else(|why| format!("# {why}"));
    text.trim_end().to_owned()
}

/// What other commands call a resource: its number, controller id or name.
fn known_as(item: &Value, columns: &[Column]) -> String {
    match (item.get("name"), columns.first()) {
        (Some(name), _) => last(name),
        (None, Some(Column(_, cell))) => cell.text(item),
        (None, None) => plain(item),
    }
}

/// Devices choose some of these texts, and a terminal obeys control characters.
fn clean(text: &str) -> String {
    if !text.chars().any(char::is_control) {
        return text.to_owned();
    }
    let shown = |c: char| match c.is_control() {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(shown).collect()
}

fn cleaned(cells: Vec<String>) -> Vec<String> {
    cells.iter().map(|cell| clean(cell)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_commanded_by_devices() {
        assert_eq!(clean("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb\\nc");
        assert_eq!(clean("grün"), "grün");
    }
}
