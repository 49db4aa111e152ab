"""Kernel-4 metadata: read every format, validate, compare, and write it."""
