"""Faults of objects: what implementations get wrong about ids, times, round trips and deletions of every kind."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("thread-ids-used-again", "A new thread gets the id of a deleted one.", ("OBJ-001",)),
    Fault("every-create-answers-one-id", "Every new assistant has the same id.", ("OBJ-001",)),
    Fault("retrieve-answers-the-first", "The first assistant is answered for every id.", ("OBJ-002",)),
    Fault("created-at-is-now", "A retrieve dates the object anew.", ("OBJ-003",)),
    Fault("list-forgets-objects", "The list of assistants holds the two newest only.", ("OBJ-004",)),
    Fault("message-list-forgets-objects", "The list of messages shows the last three only.", ("OBJ-004",)),
    Fault("deleted-assistant-stays-listed", "A deleted assistant is still listed.", ("OBJ-004", "ASST-038")),
    Fault("created-at-as-float", "`created_at` is a float.", ("OBJ-005", "ASST-F03", "THR-F03")),
    Fault("created-at-in-milliseconds", "`created_at` is in milliseconds.", ("OBJ-005",)),
    Fault("created-at-of-an-example", "`created_at` is that of an example in the documentation.", ("OBJ-005",)),
    Fault("retrieve-without-metadata", "A retrieve of a thread shows no metadata.", ("OBJ-006",)),
    Fault("delete-only-answers", "A deletion is confirmed and not carried out.", ("OBJ-007", "OBJ-004", "ASST-038")),
    Fault("objects-name-their-owner", "Every object has a member `owner`.", ("N-01",)),
    Fault("null-metadata", "`metadata` is null where none was given.", ("N-02", "ASST-034")),
    Fault("second-delete-succeeds", "A thread that is not there is deleted with success.", ("N-21",)),
    Fault("deletion-tells-the-time", "The answer to a deletion has a member `deleted_at`.", ("N-22",)),
)
