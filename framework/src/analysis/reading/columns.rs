//! Which column of a table has which role.

use super::options::Reading;
use super::role::{Role, plain};

/// The place of each column that has a role.
pub struct Columns {
    places: [Option<usize>; Role::ALL.len()],
    /// The columns without a role that have a name, in order.
    pub rest: Vec<usize>,
    /// The columns without a name: the index that pandas writes, or a separator too many at the end of lines.
    pub unnamed: Vec<usize>,
    /// The column that says where on a curve a line is, if what it holds tells that and no role does.
    pub axis: Option<usize>,
}

impl Columns {
    /// Finds the columns by the head of a table: those that were told, then those with a usual name.
    pub fn of(head: &[String], reading: &Reading) -> Result<Self, String> {
        let mut places = [None; Role::ALL.len()];
        for (role, name) in &reading.columns {
            let mut found = (0..head.len()).filter(|&place| head[place] == *name);
            places[*role as usize] = match (found.next(), found.next()) {
                (Some(place), None) => Some(place),
                (Some(_), Some(_)) => return Err(format!("column {name} is given twice")),
                (None, _) => return Err(format!("has no column {name:?}; found {}", listed(head))),
            };
        }
        let plain: Vec<String> = head.iter().map(|name| plain(name)).collect();
        for role in Role::ALL {
            if places[role as usize].is_some() {
                continue;
            }
            let free = |place: &usize| !places.contains(&Some(*place));
            let find = |name: &&&str| -> Vec<usize> {
                let own = (0..head.len()).filter(free);
                own.filter(|&place| plain[place] == ***name).collect()
            };
            let known = role.names().iter().map(|name| find(&name));
            let Some(found) = known.into_iter().find(|found| !found.is_empty()) else {
                continue;
            };
            if found.len() > 1 {
                return Err(format!("column {} is given twice", head[found[0]]));
            }
            places[role as usize] = Some(found[0]);
        }
        let without = (0..head.len()).filter(|place| !places.contains(&Some(*place)));
        let (unnamed, rest) = without.partition(|&place| {
            head[place].is_empty()
                || plain[place] == "index"
                || plain[place].starts_with("unnamed:")
        });
        Ok(Self {
            places,
            rest,
            unnamed,
            axis: None,
        })
    }

    /// The place of the column with a role.
    pub fn place(&self, role: Role) -> Option<usize> {
        self.places[role as usize]
    }

    /// The cell with a role.
    pub fn cell<'c>(&self, role: Role, cells: &'c csv::StringRecord) -> Option<&'c str> {
        self.place(role).and_then(|place| cells.get(place))
    }
}

/// The error for a table that lacks a column.
pub fn missing(role: Role, head: &[String]) -> String {
    if head.concat().is_empty() {
        return "is empty, expected a header with method, task, seed, score and optionally step"
            .into();
    }
    let name = role.name();
    let other = match role {
        Role::Seed => {
            "; a line for each method instead of each run has the columns method, mean, std and n"
        }
        _ => "",
    };
    format!(
        "column {name} is missing; expected method, task, seed, score and optionally step; found {}; --columns {name}=NAME \
         says which one it is{other}",
        listed(head)
    )
}

fn listed(head: &[String]) -> String {
    let name = |name: &String| match name.as_str() {
        "" => "\"\"".to_owned(),
        name => name.to_owned(),
    };
    head.iter().map(name).collect::<Vec<_>>().join(", ")
}
