//! How many connections a port has, in all and from one peer.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::telemetry::metrics::PortMetrics;

/// The connections of one port.
pub struct Admission {
    total: usize,
    per_peer: usize,
    open: Mutex<Open>,
    metrics: PortMetrics,
}

#[derive(Default)]
struct Open {
    all: usize,
    by_peer: HashMap<IpAddr, usize>,
}

/// A connection that was admitted. Others have its place when it is dropped.
pub struct Admitted {
    admission: Arc<Admission>,
    peer: IpAddr,
}

impl Admission {
    /// A port without connections.
    pub fn new(total: usize, per_peer: usize, metrics: PortMetrics) -> Arc<Self> {
        Arc::new(Self { total, per_peer, open: Mutex::default(), metrics })
    }

    /// Admits a connection, if there is a place for it.
    pub fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Admitted> {
        let peer = network(address);
        let mut open = self.open();
        let of_peer = open.by_peer.get(&peer).copied().unwrap_or_default();
        if open.all >= self.total || of_peer >= self.per_peer {
            let limit = if open.all >= self.total { "total" } else { "peer" };
            self.metrics.refused(limit);
            tracing::debug!(%peer, limit, "a connection was refused");
            return None;
        }
        open.all += 1;
        open.by_peer.insert(peer, of_peer + 1);
        self.metrics.open(open.all);
        Some(Admitted { admission: self.clone(), peer })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let Self { admission, peer } = self;
        let mut open = admission.open();
        open.all -= 1;
        admission.metrics.open(open.all);
        if let Some(of_peer) = open.by_peer.get_mut(peer) {
            *of_peer -= 1;
            if *of_peer == 0 {
                open.by_peer.remove(peer);
            }
        }
    }
}

/// The peer that an address belongs to: a machine has at least a /64 of IPv6 addresses to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::metrics::Metrics;

    #[test]
    fn places_are_limited_by_peer_and_in_all_and_are_given_back() {
        let metrics = Metrics::new().expect("metrics");
        let admission = Admission::new(3, 2, metrics.port("api"));
        let admit = |address: &str| admission.admit(address.parse().expect("an address"));
        let (a, b) = (admit("10.0.0.1"), admit("::ffff:10.0.0.1"));
        assert!(a.is_some() && b.is_some() && admit("10.0.0.1").is_none(), "two from one peer");
        let c = admit("fd00::1:2:3:4");
        assert!(c.is_some() && admit("10.0.0.2").is_none(), "three in all");
        drop(a);
        assert!(admit("fd00::5").is_some_and(|d| {
            drop(c);
            admit("fd00::6").is_some_and(|_| {
                drop(d);
                true
            })
        }));
        drop(b);
        let open = admission.open();
        assert!(open.all == 0 && open.by_peer.is_empty());
        drop(open);
        let text = metrics.render().expect("text");
        assert!(text.contains(r#"qairon_connections_refused_total{limit="peer",port="api"} 1"#), "{text}");
        assert!(text.contains(r#"qairon_connections_refused_total{limit="total",port="api"} 1"#), "{text}");
        assert!(text.contains(r#"qairon_connections{port="api"} 0"#), "{text}");
    }
}
