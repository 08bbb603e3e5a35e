//! Nothing but benchmarks is here: `cargo bench --bench workloads`.
