"""Thin Prefect tasks: open a reference, call one library function, log, return a value."""
