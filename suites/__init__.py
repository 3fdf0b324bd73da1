"""The conformance scenarios, a file an area: `pytest suites -k thread_locking`."""
