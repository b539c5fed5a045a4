//! The first free range of a network: arithmetic over the gaps between its subnets, never over candidates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnetwork::IpNetwork;

/// Looks for the first gap among the subnets of a network, given in the order of their addresses.
#[derive(Debug)]
pub struct GapFinder {
    network: IpNetwork,
    prefix: u8,
    /// The first address not known to be taken; `None` once the subnets reach the end of the address space.
    next: Option<u128>,
}

impl GapFinder {
    /// A search for a range with this prefix length. The prefix is at least the network's and at most its address
    /// length.
    pub fn new(network: IpNetwork, prefix: u8) -> Self {
        Self { next: Some(first(network)), network, prefix }
    }

    /// Takes the next subnet. Returns the free range before it, when it is large enough.
    pub fn pass(&mut self, subnet: IpNetwork) -> Option<IpNetwork> {
        let found = self.candidate().filter(|candidate| last(*candidate) < first(subnet));
        if found.is_none() {
            self.next = self.next.and_then(|next| Some(next.max(last(subnet).checked_add(1)?)));
        }
        found
    }

    /// The free range after the last subnet, when it is large enough.
    pub fn finish(self) -> Option<IpNetwork> {
        self.candidate().filter(|candidate| last(*candidate) <= last(self.network))
    }

    /// The first range of the wanted size at or after `next`.
    fn candidate(&self) -> Option<IpNetwork> {
        let size_minus_one = host_mask(self.network, self.prefix);
        let start = self.next?.checked_add(size_minus_one)? & !size_minus_one;
        let address = match self.network {
            IpNetwork::V4(_) => IpAddr::V4(Ipv4Addr::from(u32::try_from(start).ok()?)),
            IpNetwork::V6(_) => IpAddr::V6(Ipv6Addr::from(start)),
        };
        IpNetwork::new(address, self.prefix).ok()
    }
}

/// The number of bits of an address of the network's family.
pub fn address_bits(network: IpNetwork) -> u8 {
    if network.is_ipv4() { 32 } else { 128 }
}

fn first(network: IpNetwork) -> u128 {
    match network.network() {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

fn last(network: IpNetwork) -> u128 {
    first(network) | host_mask(network, network.prefix())
}

fn host_mask(network: IpNetwork, prefix: u8) -> u128 {
    let host_bits = u32::from(address_bits(network) - prefix);
    1u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(network: &str, prefix: u8, subnets: &[&str]) -> Option<String> {
        let mut finder = GapFinder::new(network.parse().expect("a network"), prefix);
        for subnet in subnets {
            if let Some(found) = finder.pass(subnet.parse().expect("a subnet")) {
                return Some(found.to_string());
            }
        }
        finder.finish().map(|found| found.to_string())
    }

    #[test]
    fn the_first_gap_that_fits_is_taken() {
        assert_eq!(find("10.0.0.0/16", 22, &[]).as_deref(), Some("10.0.0.0/22"));
        assert_eq!(find("10.0.0.0/16", 24, &["10.0.0.0/24", "10.0.2.0/24"]).as_deref(), Some("10.0.1.0/24"));
        assert_eq!(find("10.0.0.0/16", 23, &["10.0.0.0/24", "10.0.2.0/24"]).as_deref(), Some("10.0.4.0/23"));
        assert_eq!(find("10.0.0.0/24", 26, &["10.0.0.0/25", "10.0.0.192/26"]).as_deref(), Some("10.0.0.128/26"));
    }

    #[test]
    fn a_full_network_has_no_gap() {
        assert_eq!(find("10.0.0.0/24", 25, &["10.0.0.0/25", "10.0.0.128/25"]), None);
        assert_eq!(find("10.0.0.0/24", 24, &["10.0.0.0/24"]), None);
        assert_eq!(find("255.255.255.0/24", 32, &["255.255.255.0/24"]), None);
        assert_eq!(find("10.0.0.0/24", 24, &["10.0.0.7/32"]), None);
    }

    #[test]
    fn the_whole_address_space_does_not_overflow() {
        assert_eq!(find("0.0.0.0/0", 0, &[]).as_deref(), Some("0.0.0.0/0"));
        assert_eq!(find("::/0", 0, &[]).as_deref(), Some("::/0"));
        assert_eq!(find("::/0", 128, &["::/0"]), None);
        assert_eq!(find("0.0.0.0/0", 1, &["0.0.0.0/1", "128.0.0.0/1"]), None);
        assert_eq!(find("::/0", 1, &["::/1"]).as_deref(), Some("8000::/1"));
    }

    #[test]
    fn ipv6_gaps_are_found() {
        let taken = ["fd00::/64", "fd00:0:0:1::/64", "fd00:0:0:4::/62"];
        assert_eq!(find("fd00::/48", 64, &taken).as_deref(), Some("fd00:0:0:2::/64"));
        assert_eq!(find("fd00::/48", 62, &taken).as_deref(), Some("fd00:0:0:8::/62"));
    }
}
