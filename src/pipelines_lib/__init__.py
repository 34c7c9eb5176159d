"""What a bank's governed model lifecycle knows; it never imports the orchestrator."""

__version__ = "0.1.0"
