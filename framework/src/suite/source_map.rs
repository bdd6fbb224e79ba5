//! The place of every value in a YAML text. It takes memory in proportion to the text: a node knows the node around it, and a
//! path is put together only for a message.

/// The line of every node, to be found by its path, such as `matrix.surrogate[1].trapezoidal.inner`.
#[derive(Debug, Default)]
pub struct SourceMap {
    /// Each node comes after the one around it.
    nodes: Vec<Node>,
    /// Values that YAML takes for numbers or truths, as they are written.
    written: Vec<(NodeId, Box<str>)>,
}

/// The number of a node in its map.
pub type NodeId = usize;

#[derive(Debug)]
struct Node {
    around: Option<NodeId>,
    step: Step,
    line: usize,
}

/// The last part of a path.
#[derive(Debug)]
pub enum Step {
    /// The whole text, whose path is empty.
    Root,
    /// An item of a sequence, counted from zero.
    Item(usize),
    /// A value of a mapping.
    Key(Box<str>),
}

impl SourceMap {
    /// Adds a node that begins on `line`.
    pub fn add(&mut self, around: Option<NodeId>, step: Step, line: usize) -> NodeId {
        self.nodes.push(Node { around, step, line });
        self.nodes.len() - 1
    }

    /// Notes how a value is written that YAML takes for something else than a text.
    pub fn write(&mut self, node: NodeId, text: &str) {
        self.written.push((node, text.into()));
    }

    /// The value at `path` as it is written, if YAML takes it for something else than a text.
    pub fn written(&self, path: &str) -> Option<&str> {
        let mut all = self.written.iter();
        let found = all.find(|(node, _)| self.path(*node) == path);
        found.map(|(_, text)| &**text)
    }

    /// The path of a node.
    pub fn path(&self, node: NodeId) -> String {
        let mut steps = Vec::new();
        let mut next = Some(node);
        while let Some(node) = next {
            steps.push(&self.nodes[node].step);
            next = self.nodes[node].around;
        }
        let mut path = String::new();
        for step in steps.into_iter().rev() {
            match step {
                Step::Root => {}
                Step::Item(index) => path.push_str(&format!("[{index}]")),
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => {
                    path.push('.');
                    path.push_str(key);
                }
            }
        }
        path
    }

    /// The line of the node at `path`, or of the nearest node around it that is in the text.
    pub fn line(&self, path: &str) -> Option<usize> {
        // How much of the path leads to each node; nothing to those that lie elsewhere.
        let mut reached: Vec<Option<usize>> = Vec::with_capacity(self.nodes.len());
        let mut nearest: Option<(usize, usize)> = None;
        for node in &self.nodes {
            let around = node.around.map_or(Some(0), |around| reached[around]);
            let length = around.and_then(|length| node.step.after(path, length));
            reached.push(length);
            if let Some(length) = length
                && (length > 0 || path.is_empty())
                && nearest.is_none_or(|(longest, _)| length > longest)
            {
                nearest = Some((length, node.line));
            }
        }
        nearest.map(|(_, line)| line)
    }
}

impl Step {
    /// The length of the path's beginning that ends with this step, if the step follows its first `length` bytes.
    fn after(&self, path: &str, length: usize) -> Option<usize> {
        let rest = &path[length..];
        let left = match self {
            Self::Root => rest,
            Self::Item(index) => rest
                .strip_prefix('[')?
                .strip_prefix(&index.to_string())?
                .strip_prefix(']')?,
            Self::Key(key) => {
                let key_first = if length == 0 {
                    rest
                } else {
                    rest.strip_prefix('.')?
                };
                let left = key_first.strip_prefix(&**key)?;
                // A key may be the beginning of another one.
                if !(left.is_empty() || left.starts_with(['.', '['])) {
                    return None;
                }
                left
            }
        };
        Some(path.len() - left.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_found_by_its_path_and_a_missing_one_by_the_nearest_around_it() {
        let mut map = SourceMap::default();
        let root = map.add(None, Step::Root, 1);
        let key = |text: &str| Step::Key(text.into());
        let matrix = map.add(Some(root), key("matrix"), 2);
        let dotted = map.add(Some(root), key("matrix.actor"), 3);
        let actor = map.add(Some(matrix), key("actor"), 4);
        let second = map.add(Some(actor), Step::Item(11), 5);
        map.add(Some(matrix), key("actors"), 6);
        assert_eq!(map.path(second), "matrix.actor[11]");
        assert_eq!(map.path(dotted), "matrix.actor");
        for (path, line) in [
            ("", Some(1)),
            ("matrix", Some(2)),
            ("matrix.agent[3].ppo", Some(2)),
            // The first of two nodes whose paths read the same.
            ("matrix.actor", Some(3)),
            ("matrix.actor[11].popsan.hidden[0]", Some(5)),
            ("matrix.actor[1]", Some(3)),
            ("matrix.actors", Some(6)),
            ("seeds", None),
        ] {
            assert_eq!(map.line(path), line, "{path}");
        }
    }
}
