"""What every test run obeys: signals, time, what is left behind, and which tests run."""
