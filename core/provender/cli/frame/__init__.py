"""What all commands share: options, output, confirmation, progress, errors and exit codes."""
