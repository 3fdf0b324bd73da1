"""The areas with faults written by hand. A new area is one module and one line here."""

from assistants_conformance.reference import (
    faults_file_types,
    faults_files,
    faults_thread_locking,
)

AREAS = (
    faults_file_types.FAULTS,
    faults_files.FAULTS,
    faults_thread_locking.FAULTS,
)
