"""What a regulator asks for: evidence, where it came from, who is registered, and proof."""
