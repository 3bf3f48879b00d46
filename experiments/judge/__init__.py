"""What differences between futures are worth."""
