// Package qairon connects Go programs with Qairon: one connection with the clients of all services, and the few things
// that the generated code in qairon.dev/stubs/go/qairon/v1 does not do.
//
//   - [Connect] takes the address from QAIRON_ENDPOINT.
//   - Calls that fail with UNAVAILABLE are repeated. Writes too: each gets a request_id, under which the service acts
//     once, however often it is asked.
//   - [All] goes through the pages of a list, [Rows] through a trace, taking it up again when it breaks.
//   - Errors are an [Error], with the reason and the field.
//
// Everything else is the generated code; its comments are the reference of the API.
package qairon
