"""The messages and stubs of the API, generated from proto/qairon/v1. `make stubs` writes them."""
