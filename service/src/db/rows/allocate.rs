//! Allocation of subnets.
//!
//! The row lock on the network lets one caller at a time look for a gap in it. It also holds up a plain create in the
//! same network, whose foreign key needs a share of that row, so the gap is still free when it is taken. Callers of
//! other networks wait for nobody. The exclusion constraint backs all this up, but no allocation has to run into it.

use ipnetwork::IpNetwork;
use qairon::model::{Entity, Field};
use qairon::v1::ErrorReason;

use super::single::create;
use crate::db::bind::Bind;
use crate::db::failure::Failure;
use crate::db::row::unreadable;
use crate::db::sources::table;
use crate::db::sql::Sql;
use crate::db::transaction::Transaction;
use crate::db::wire;
use crate::domain::draft::Value;
use crate::domain::gaps::{GapFinder, address_bits};
use crate::error::{Error, ErrorKind};

/// What to allocate.
#[derive(Debug, Clone)]
pub struct Allocation {
    /// The network to carve from.
    pub network_id: String,
    /// By how many bits the prefix is longer than the network's.
    pub additional_mask_bits: i32,
}

/// Finds the first free range and creates the subnet. Returns it as field 1 of a response.
pub async fn allocate(
    transaction: &mut Transaction,
    allocation: &Allocation,
    subnet: &Entity,
    mut values: Vec<(&Field, Value)>,
) -> Result<Vec<u8>, Failure> {
    let network_id = &allocation.network_id;
    let Some(row) = transaction.one(lock(network_id)).await? else {
        return Err(Error::not_found("network", network_id).with_field("network_id").into());
    };
    let network: IpNetwork = row.text(0)?.parse().map_err(Error::internal)?;
    let free = first_free(transaction, allocation, network).await?;
    let field = subnet.field("cidr").ok_or_else(|| Error::internal("subnets have a range"))?;
    values.push((field, Value::Cidr(free)));
    create(transaction, subnet, &values).await
}

async fn first_free(
    transaction: &mut Transaction,
    allocation: &Allocation,
    network: IpNetwork,
) -> Result<IpNetwork, Failure> {
    let bits = address_bits(network);
    let prefix = u8::try_from(allocation.additional_mask_bits)
        .ok()
        .and_then(|additional| network.prefix().checked_add(additional))
        .filter(|prefix| *prefix <= bits);
    let Some(prefix) = prefix else {
        let message = format!(
            "`additional_mask_bits` must be 0 to {} in a network of {network}, not {}",
            bits - network.prefix(),
            allocation.additional_mask_bits
        );
        return Err(Error::invalid("additional_mask_bits", ErrorReason::OutOfRange, message).into());
    };
    let mut finder = GapFinder::new(network, prefix);
    let mut subnets = transaction.stream(taken(&allocation.network_id)).await?;
    while let Some(row) = subnets.next().await? {
        let range = wire::cidr(row.column(0)?.ok_or_else(|| unreadable("cidr"))?)?;
        if let Some(found) = finder.pass(range.parse().map_err(Error::internal)?) {
            return Ok(found);
        }
    }
    finder.finish().ok_or_else(|| {
        let message = format!(
            "network `{}` ({network}) has no free /{prefix} left; free a subnet, or allocate a smaller one",
            allocation.network_id
        );
        Error::new(ErrorKind::Exhausted, ErrorReason::NetworkExhausted, message)
            .with_resource("network", &allocation.network_id)
            .into()
    })
}

/// Locks a network and reads its range. See golden/allocate_a_subnet.sql.
pub(super) fn lock(network_id: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT cidr::text FROM {} WHERE id = ", table("network")))
        .bind(Bind::Text(network_id.to_owned()))
        .push(" FOR UPDATE");
    sql
}

/// The ranges taken in a network. cidr sorts by address, then by prefix length: the order in which the gaps come.
pub(super) fn taken(network_id: &str) -> Sql {
    let mut sql = Sql::new();
    sql.push(&format!("SELECT cidr FROM {} WHERE network_id = ", table("subnet")))
        .bind(Bind::Text(network_id.to_owned()));
    sql.push(" ORDER BY cidr");
    sql
}
