"""The sandbox: all resources as one server, with faults on demand and a resolver."""
