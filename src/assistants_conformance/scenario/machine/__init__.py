"""A model of threads, messages, runs, locks, time and files, which walks beside an endpoint and must agree with it."""
