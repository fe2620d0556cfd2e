"""Programs of the user's: named on the command line or in the settings, and started here alone."""
