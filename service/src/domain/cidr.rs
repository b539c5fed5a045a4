//! Address ranges in CIDR notation.

use ipnetwork::IpNetwork;

/// An address with its prefix length, or without one. The library reads more notations than one: a length with zeros or
/// a sign before it, and a netmask. A range has one name.
pub fn address_range(text: &str) -> Option<IpNetwork> {
    if let Some((_, length)) = text.split_once('/') {
        let plain = length == "0" || !length.starts_with('0') && length.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || length.is_empty() {
            return None;
        }
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_has_one_notation() {
        for good in ["10.0.0.0/8", "0.0.0.0/0", "::/0", "fd00::/48", "10.0.0.1", "10.0.0.0/32"] {
            assert!(address_range(good).is_some(), "{good}");
        }
        let bad = [
            "10.0.0.0/08",
            "10.0.0.0/+8",
            "10.0.0.0/-8",
            "10.0.0.0/ 8",
            "10.0.0.0/00",
            "10.0.0.0/255.0.0.0",
            "10.0.0.0/",
            "10.0.0.0/8/8",
            "10.0.0.0/33",
            "fd00::/048",
            "fd00::/+48",
            "010.0.0.0/8",
            "10.0.0/8",
            "",
        ];
        for bad in bad {
            assert_eq!(address_range(bad), None, "{bad}");
        }
    }
}
