"""What is recorded of online tables: what was loaded into each, and which are to be dropped."""
