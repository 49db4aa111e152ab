"""Events and usage reports that others send: the store of the hub and of the sandbox."""
