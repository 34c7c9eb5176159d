"""The bank's procedures, one flow per procedure; they hold no arithmetic."""
