"""What a candidate is asked before it may decide about anybody, and what the gate makes of it."""
