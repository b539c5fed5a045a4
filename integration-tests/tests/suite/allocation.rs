//! Allocation of subnets.
