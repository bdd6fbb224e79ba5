//! Names that are referred to by their place.

use std::collections::HashMap;

/// Names in the order of their first appearance.
#[derive(Default)]
pub struct Names {
    pub list: Vec<String>,
    places: HashMap<String, u32>,
    /// The place that was asked for last.
    last: u32,
}

impl Names {
    /// Gives back the memory of the search, after which nothing is found any more.
    pub fn close(&mut self) {
        self.places = HashMap::new();
    }

    /// The place of a name, which is added if it is new.
    pub fn place(&mut self, name: &str) -> u32 {
        // Lines of one run mostly follow each other.
        if self
            .list
            .get(self.last as usize)
            .is_some_and(|last| last == name)
        {
            return self.last;
        }
        self.last = match self.places.get(name) {
            Some(place) => *place,
            None => {
                let place = self.list.len() as u32;
                self.list.push(name.to_owned());
                self.places.insert(name.to_owned(), place);
                place
            }
        };
        self.last
    }
}
