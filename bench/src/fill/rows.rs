//! Rows on their way into tables, in the binary format of COPY: nothing needs quoting, and PostgreSQL has little to
//! read. A [`Batch`] is what one transaction writes.

use std::collections::BTreeMap;
use std::net::IpAddr;

use fastrand::Rng;

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: [u8; 2] = (-1i16).to_be_bytes();
/// What every entity has; the ID is composed by the database, where the caller does not give it.
const SHARED: [&str; 3] = ["uid", "created_at", "defaults"];
/// PostgreSQL counts from 2000-01-01.
const EPOCH: i64 = 946_684_800_000_000;

/// A table and the columns that are written.
pub struct Table {
    pub name: &'static str,
    columns: &'static [&'static str],
    entity: bool,
}

impl Table {
    /// The table of an entity.
    pub const fn entity(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self { name, columns, entity: true }
    }

    /// A table of links.
    pub const fn links(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self { name, columns, entity: false }
    }

    pub fn columns(&self) -> impl Iterator<Item = &'static str> {
        let shared: &[&'static str] = if self.entity { &SHARED } else { &[] };
        self.columns.iter().chain(shared).copied()
    }
}

/// A value, as COPY takes it: its length and its bytes.
pub trait Cell {
    fn put(&self, out: &mut Vec<u8>);
}

fn put(out: &mut Vec<u8>, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    out.extend(i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
    parts.iter().for_each(|part| out.extend_from_slice(part));
}

impl Cell for &str {
    fn put(&self, out: &mut Vec<u8>) {
        put(out, &[self.as_bytes()]);
    }
}

impl Cell for String {
    fn put(&self, out: &mut Vec<u8>) {
        self.as_str().put(out);
    }
}

impl Cell for i64 {
    fn put(&self, out: &mut Vec<u8>) {
        put(out, &[&self.to_be_bytes()]);
    }
}

impl Cell for f64 {
    fn put(&self, out: &mut Vec<u8>) {
        put(out, &[&self.to_be_bytes()]);
    }
}

impl<T: Cell> Cell for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.put(out),
            None => out.extend((-1i32).to_be_bytes()),
        }
    }
}

/// A JSON object, as text.
pub struct Json(pub String);

impl Json {
    pub fn empty() -> Self {
        Self("{}".to_owned())
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        Self(value.to_string())
    }
}

impl Cell for Json {
    fn put(&self, out: &mut Vec<u8>) {
        // The version of the binary form of jsonb.
        put(out, &[&[1], self.0.as_bytes()]);
    }
}

/// An address range.
#[derive(Clone, Copy)]
pub struct Cidr(pub IpAddr, pub u8);

impl Cell for Cidr {
    fn put(&self, out: &mut Vec<u8>) {
        // Family, bits, whether it is a cidr, and the length of the address.
        match self.0 {
            IpAddr::V4(address) => put(out, &[&[2, self.1, 1, 4], &address.octets()]),
            IpAddr::V6(address) => put(out, &[&[3, self.1, 1, 16], &address.octets()]),
        }
    }
}

struct Rows {
    table: &'static Table,
    count: usize,
    data: Vec<u8>,
}

/// Rows of several tables.
#[derive(Default)]
pub struct Batch {
    rows: BTreeMap<&'static str, Rows>,
}

impl Batch {
    /// Adds an object that came into being at a moment: microseconds since 1970.
    pub fn object(&mut self, table: &'static Table, born: i64, defaults: &Json, cells: &[&dyn Cell], rng: &mut Rng) {
        let out = self.start(table, cells);
        // A UUID of version 7, as the service would make it: 48 bits of time, the version, the variant, and chance.
        let millis = u128::from((born / 1000).cast_unsigned()) << 80;
        let random = rng.u128(..1 << 76) & !(0b11 << 62);
        let uuid = millis | 0x7 << 76 | 0b10 << 62 | random;
        put(out, &[&uuid.to_be_bytes()]);
        (born - EPOCH).put(out);
        defaults.put(out);
    }

    /// Adds a link.
    pub fn link(&mut self, table: &'static Table, owner_id: &str, target_id: &str) {
        self.start(table, &[&owner_id, &target_id]);
    }

    fn start(&mut self, table: &'static Table, cells: &[&dyn Cell]) -> &mut Vec<u8> {
        debug_assert_eq!(cells.len(), table.columns.len(), "of `{}`", table.name);
        let rows = self.rows.entry(table.name).or_insert_with(|| Rows { table, count: 0, data: SIGNATURE.to_vec() });
        rows.count += 1;
        rows.data.extend(i16::try_from(table.columns().count()).unwrap_or(i16::MAX).to_be_bytes());
        cells.iter().for_each(|cell| cell.put(&mut rows.data));
        &mut rows.data
    }

    /// How many rows there are of each table.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, usize)> {
        self.rows.iter().map(|(name, rows)| (*name, rows.count))
    }

    pub fn count(&self) -> usize {
        self.rows.values().map(|rows| rows.count).sum()
    }

    /// The tables with what is to be copied into them, in the given order of tables.
    pub fn into_copies(mut self, order: &[String]) -> Vec<(&'static Table, Vec<u8>)> {
        let rows = order.iter().filter_map(|name| self.rows.remove(name.as_str()));
        rows.map(|mut rows| {
            rows.data.extend(END);
            (rows.table, rows.data)
        })
        .collect()
    }
}
