//! Health and reflection.
//!
//! The empty service name is that of the process, those of the services are about the database as well.

use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

/// The services beside our own, and the reporter of their health.
pub fn services(model: &qairon::Model, with_reflection: bool) -> Result<(Routes, HealthReporter, Vec<String>), String> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let mut routes = Routes::new(health);
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(qairon::DOCUMENTED_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            // For clients that show the details of errors.
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
    };
    if with_reflection {
        let v1 = builder().build_v1().map_err(|error| error.to_string())?;
        // Several clients in wide use know this one alone.
        let v1alpha = builder().build_v1alpha().map_err(|error| error.to_string())?;
        routes = routes.add_service(v1).add_service(v1alpha);
    }
    let mut names: Vec<String> = model.pool().services().map(|service| service.full_name().to_owned()).collect();
    names.retain(|name| name.starts_with("qairon."));
    Ok((routes, reporter, names))
}

/// Reports the health of the services.
pub async fn report(reporter: &HealthReporter, names: &[String], serving: bool) {
    let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
    for name in names {
        reporter.set_service_status(name, status).await;
    }
}
