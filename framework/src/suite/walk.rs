//! A first walk through a YAML text: whether it is small enough to be read at all, and the place of every value in it.
//!
//! `serde_yaml` gives values without their lines, and it expands aliases, by which 300 KB of text can become gigabytes. The
//! text is therefore walked once as events, in which an alias is a single event, before any value is made.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use crate::suite::source_map::{NodeId, SourceMap, Step};

/// The largest text. Within brackets, the scanner keeps whatever may still turn out to be a key, which takes up to 360 bytes
/// for every byte of the text.
pub const MAX_BYTES: usize = 512 << 10;
/// What is wrong with a larger one.
pub const TOO_LARGE: &str = "more than 512 KiB is too much";

/// The largest number of bytes in a key. Every message about a value names the keys that lead to it.
const MAX_KEY_BYTES: usize = 1024;
const MAX_DEPTH: usize = 32;
const MAX_ALIASES: usize = 1000;

// Limits on the text after its aliases are expanded.
const MAX_NODES: u64 = 100_000;
const MAX_TEXT_BYTES: u64 = 1 << 20;

/// The text is not valid YAML, or uses something of YAML that suites do not have.
#[derive(Debug, PartialEq, Eq)]
pub struct YamlError {
    /// The line, counted from one.
    pub line: usize,
    /// The path of the node; empty for the whole text.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// The size of a node after its aliases are expanded.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: u64,
    bytes: u64,
}

/// A sequence or a mapping that has begun and not ended.
#[derive(Debug)]
struct OpenNode {
    node: NodeId,
    inside: Inside,
    anchor: usize,
    size: Size,
}

#[derive(Debug)]
enum Inside {
    Sequence {
        next: usize,
    },
    Mapping {
        /// The node of the key whose value is due.
        key: Option<NodeId>,
        seen: HashSet<String>,
    },
}

#[derive(Debug, Default)]
struct Walk {
    map: SourceMap,
    open: Vec<OpenNode>,
    anchors: HashMap<usize, Size>,
    aliases: usize,
    documents: usize,
}

/// Walks a text and notes the place of every node.
pub fn source_map(text: &str) -> Result<SourceMap, YamlError> {
    if text.len() > MAX_BYTES {
        return Err(YamlError {
            line: 1,
            path: String::new(),
            message: TOO_LARGE.into(),
        });
    }
    let mut walk = Walk::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(not_yaml)?;
        walk.event(event, span)?;
    }
    if walk.documents == 0 {
        return Err(YamlError {
            line: 1,
            path: String::new(),
            message: "is empty".into(),
        });
    }
    Ok(walk.map)
}

fn not_yaml(error: ScanError) -> YamlError {
    YamlError {
        line: error.marker().line(),
        path: String::new(),
        message: format!("is not YAML: {}", error.info()),
    }
}

/// Whether this is a whole number that no integer can hold. `serde_yaml` would turn it into a float, or report it without a
/// place.
fn is_too_large(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_whole && value.parse::<u64>().is_err() && value.parse::<i64>().is_err()
}

/// Whether YAML may take a plain value for a number or a truth.
fn is_no_text(value: &str) -> bool {
    let begins = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.');
    value.as_bytes().first().is_some_and(begins)
        || ["true", "false"].contains(&&*value.to_lowercase())
}

impl Walk {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), YamlError> {
        let line = span.start.line();
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(self.error(line, "holds a second document, expected one"));
                }
            }
            Event::Scalar(value, style, anchor, tag) => {
                if tag.is_some() {
                    return Err(self.error(line, "has a tag; tags are not supported"));
                }
                if self.takes_key(&value, line)? {
                    return Ok(());
                }
                if style == ScalarStyle::Plain && is_too_large(&value) {
                    let digits: String = value.chars().take(30).collect();
                    let more = if digits.len() < value.len() {
                        "…"
                    } else {
                        ""
                    };
                    let message = format!(
                        "{digits}{more} is out of range; whole numbers go from {} to {}",
                        i64::MIN,
                        u64::MAX
                    );
                    return Err(self.error(line, message));
                }
                let size = Size {
                    nodes: 1,
                    bytes: value.len() as u64,
                };
                let node = self.begin(line);
                if style == ScalarStyle::Plain && is_no_text(&value) {
                    self.map.write(node, &value);
                }
                self.anchor(anchor, size);
                self.end(size, line)?;
            }
            Event::Alias(anchor) => {
                let Some(&size) = self.anchors.get(&anchor) else {
                    return Err(
                        self.error(line, "holds an alias to something that is not complete")
                    );
                };
                self.refuse_as_key(line)?;
                self.aliases += 1;
                if self.aliases > MAX_ALIASES {
                    let message =
                        format!("is one alias too many; at most {MAX_ALIASES} are allowed");
                    return Err(self.error(line, message));
                }
                self.begin(line);
                self.end(size, line)?;
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(anchor, tag.is_some(), Inside::Sequence { next: 0 }, line)?;
            }
            Event::MappingStart(anchor, tag) => {
                self.open(
                    anchor,
                    tag.is_some(),
                    Inside::Mapping {
                        key: None,
                        seen: HashSet::new(),
                    },
                    line,
                )?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(closed) = self.open.pop() {
                    self.anchor(closed.anchor, closed.size);
                    self.end(closed.size, line)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn error(&self, line: usize, message: impl Into<String>) -> YamlError {
        YamlError {
            line,
            path: self.path(),
            message: message.into(),
        }
    }

    /// The path of the node that begins.
    fn path(&self) -> String {
        match self.open.last() {
            None => String::new(),
            Some(OpenNode {
                node,
                inside: Inside::Sequence { next },
                ..
            }) => format!("{}[{next}]", self.map.path(*node)),
            Some(OpenNode {
                node,
                inside: Inside::Mapping { key, .. },
                ..
            }) => self.map.path(key.unwrap_or(*node)),
        }
    }

    /// Takes a scalar as a key if a key is due, and says whether it was.
    fn takes_key(&mut self, value: &str, line: usize) -> Result<bool, YamlError> {
        let Some(OpenNode {
            node,
            inside:
                Inside::Mapping {
                    key: key @ None,
                    seen,
                },
            size,
            ..
        }) = self.open.last_mut()
        else {
            return Ok(false);
        };
        let length = value.len();
        if length > MAX_KEY_BYTES {
            let message =
                format!("has a key of {length} bytes; at most {MAX_KEY_BYTES} are allowed");
            return Err(self.error(line, message));
        }
        size.bytes = size.bytes.saturating_add(length as u64);
        *key = Some(self.map.add(Some(*node), Step::Key(value.into()), line));
        if seen.insert(value.to_owned()) {
            Ok(true)
        } else {
            Err(self.error(line, "is given twice"))
        }
    }

    fn refuse_as_key(&self, line: usize) -> Result<(), YamlError> {
        match self.open.last() {
            Some(OpenNode {
                inside: Inside::Mapping { key: None, .. },
                ..
            }) => Err(self.error(line, "has a key that is not a plain string")),
            _ => Ok(()),
        }
    }

    /// Notes the line of a node, which is that of its key if it has one.
    fn begin(&mut self, line: usize) -> NodeId {
        match self.open.last() {
            None => self.map.add(None, Step::Root, line),
            Some(OpenNode {
                node,
                inside: Inside::Sequence { next },
                ..
            }) => self.map.add(Some(*node), Step::Item(*next), line),
            Some(OpenNode {
                node,
                inside: Inside::Mapping { key, .. },
                ..
            }) => key.unwrap_or(*node),
        }
    }

    fn open(
        &mut self,
        anchor: usize,
        tagged: bool,
        inside: Inside,
        line: usize,
    ) -> Result<(), YamlError> {
        if tagged {
            return Err(self.error(line, "has a tag; tags are not supported"));
        }
        self.refuse_as_key(line)?;
        if self.open.len() == MAX_DEPTH {
            return Err(self.error(line, format!("is nested more than {MAX_DEPTH} levels deep")));
        }
        let node = self.begin(line);
        self.open.push(OpenNode {
            node,
            inside,
            anchor,
            size: Size { nodes: 1, bytes: 0 },
        });
        Ok(())
    }

    fn anchor(&mut self, anchor: usize, size: Size) {
        if anchor > 0 {
            self.anchors.insert(anchor, size);
        }
    }

    /// Ends a node, which counts towards the size of the node around it.
    fn end(&mut self, size: Size, line: usize) -> Result<(), YamlError> {
        let Some(around) = self.open.last_mut() else {
            return Ok(());
        };
        around.size.nodes = around.size.nodes.saturating_add(size.nodes);
        around.size.bytes = around.size.bytes.saturating_add(size.bytes);
        let (nodes, bytes) = (around.size.nodes, around.size.bytes);
        match &mut around.inside {
            Inside::Sequence { next } => *next += 1,
            Inside::Mapping { key, .. } => *key = None,
        }
        if nodes > MAX_NODES || bytes > MAX_TEXT_BYTES {
            return Err(self.error(
                line,
                format!(
                    "is too large once its aliases are expanded: more than {MAX_NODES} values \
                     or {} MiB of text",
                    MAX_TEXT_BYTES >> 20
                ),
            ));
        }
        Ok(())
    }
}
