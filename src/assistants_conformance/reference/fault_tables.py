"""The areas with faults written by hand. A new area is one module and one line here."""

from assistants_conformance.reference import (
    faults_annotations,
    faults_assistants,
    faults_authentication,
    faults_errors,
    faults_file_types,
    faults_files,
    faults_messages,
    faults_objects,
    faults_pagination,
    faults_run_steps,
    faults_sdk,
    faults_thread_locking,
    faults_threads,
    faults_versions,
)

AREAS = (
    faults_annotations.FAULTS,
    faults_assistants.FAULTS,
    faults_authentication.FAULTS,
    faults_errors.FAULTS,
    faults_file_types.FAULTS,
    faults_files.FAULTS,
    faults_messages.FAULTS,
    faults_objects.FAULTS,
    faults_pagination.FAULTS,
    faults_run_steps.FAULTS,
    faults_sdk.FAULTS,
    faults_thread_locking.FAULTS,
    faults_threads.FAULTS,
    faults_versions.FAULTS,
)
