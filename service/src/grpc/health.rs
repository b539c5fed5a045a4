//! Health and reflection.
//!
//! The empty service name stands for the process, the names of the services for the database behind them.

use std::time::Duration;

use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use super::store::Store;
use crate::config::Reflection;
use crate::telemetry::metrics::Metrics;

/// The services beside our own, and the reporter of their health.
pub fn services(
    model: &qairon::Model,
    reflection: Reflection,
) -> Result<(Routes, HealthReporter, Vec<String>), String> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let mut routes = Routes::new(health);
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(qairon::DOCUMENTED_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // For clients that show the details of errors.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    if reflection == Reflection::On {
        let v1 = builder().build_v1().map_err(|error| error.to_string())?;
        // Several clients in wide use know this one alone.
        let v1alpha = builder().build_v1alpha().map_err(|error| error.to_string())?;
        routes = routes.add_service(v1).add_service(v1alpha);
    }
    let mut names: Vec<String> = model.pool().services().map(|service| service.full_name().to_owned()).collect();
    names.retain(|name| name.starts_with("qairon."));
    Ok((routes, reporter, names))
}

/// Follows the database until it is dropped.
pub async fn follow_database(store: &Store, metrics: &Metrics, reporter: &HealthReporter, names: &[String]) {
    let mut was_up = None;
    loop {
        let answered = tokio::time::timeout(Duration::from_secs(2), store.db.ping()).await.unwrap_or(false);
        let (connections, idle) = store.db.pool_state();
        metrics.pool(connections, idle, store.db.free_permits());
        metrics.database_up.set(answered.into());
        if was_up != Some(answered) {
            match (was_up, answered) {
                (Some(false), true) => tracing::info!("the database answers again"),
                (_, false) => tracing::warn!("the database does not answer"),
                (_, true) => {}
            }
            report(reporter, names, answered).await;
            was_up = Some(answered);
        }
        tokio::time::sleep(Duration::from_millis(if answered { 1000 } else { 200 })).await;
    }
}

/// Tells the health of the services.
pub async fn report(reporter: &HealthReporter, names: &[String], serving: bool) {
    let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in names {
        reporter.set_service_status(name, status).await;
    }
}
