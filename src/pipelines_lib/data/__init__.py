"""From deliveries to snapshots: what a run may know, cut by date, typed, and pseudonymised."""
