"""What is wrong with this set-up: `findings` on this machine, `steps` on the way to the service."""
