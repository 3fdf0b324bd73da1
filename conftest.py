"""What pytest needs to know of a checkout; the fixtures of the suites come from the plugin, as in a wheel."""

#: Programs, not tests: they would run while being collected.
collect_ignore_glob = ["benchmarks/*", "tools/*"]
