"""What the bank decides: model specs, policy packs and settings; bytes become objects here."""
