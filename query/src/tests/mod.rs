//! Queries as a reader writes them: what they find, what is said of those that
//! cannot be read, and that none of them does harm.

mod reading;
mod round_trip;
mod rows;

/// Years and months alone; the order of LAVA's versions is the server's.
fn ordinal(name: &str) -> Option<i64> {
    let (year, month) = name.split_once('.')?;
    Some(year.parse::<i64>().ok()? * 100 + month.parse::<i64>().ok()?)
}
