"""Faults of lists: what implementations get wrong about pages, orders and cursors."""

from assistants_conformance.reference.faults import Fault

FAULTS = (
    Fault("limit-ignored", "A page holds up to 100 items whatever `limit` says.", ("PAGE-002",)),
    Fault("no-default-limit", "Without `limit` a page holds up to 100 items.", ("PAGE-002", "PAGE-003")),
    Fault("page-of-ten-by-default", "Without `limit` a page holds 10 items.", ("PAGE-003", "N-17")),
    Fault("limit-clamped", "A `limit` out of range is silently moved into it.", ("PAGE-004",)),
    Fault("pages-shorter-than-limit", "No page holds more than 4 items, and `has_more` tells of the rest.", ("N-17",)),
    Fault("order-ignored", "Lists are always descending.", ("PAGE-005", "PAGE-006")),
    Fault("default-order-ascending", "Lists without `order` are ascending.", ("PAGE-005",)),
    Fault("list-sorted-by-id", "Lists are sorted by id.", ("PAGE-005", "PAGE-006")),
    Fault("unknown-order-accepted", "An unknown `order` is taken for `asc`.", ("PAGE-007",)),
    Fault("after-includes-cursor", "`after` answers the cursor itself as the first item.", ("PAGE-008", "PAGE-012")),
    Fault("after-skips-one", "`after` leaves out the first item behind the cursor.", ("PAGE-008", "PAGE-012")),
    Fault("before-includes-cursor", "`before` answers the cursor itself too.", ("PAGE-009",)),
    Fault("before-ignored", "`before` is ignored.", ("PAGE-009", "N-19")),
    Fault("before-answers-descending", "A page with `before` is descending whatever `order` says.", ("N-19",)),
    Fault("last-id-is-the-first", "`last_id` is the id of the first item of the page.", ("PAGE-010",)),
    Fault("empty-list-with-empty-ids", "An empty list has empty texts as ids.", ("PAGE-011", "N-18")),
    Fault("has-more-always-true", "`has_more` is always true.", ("PAGE-012", "PAGE-020", "N-18")),
    Fault("has-more-always-false", "`has_more` is always false.", ("PAGE-012", "PAGE-003")),
    Fault("has-more-if-page-is-full", "`has_more` is true on every full page, also on the last.", ("PAGE-012",)),
    Fault(
        "small-pages-sort-otherwise",
        "Pages of one or two items order the objects of one second in another way than larger ones.",
        ("PAGE-013",),
    ),
    Fault("ascending-list-lags-behind", "The newest object is missing in ascending lists.", ("PAGE-014", "PAGE-012")),
    Fault("unknown-cursor-starts-over", "A cursor that nobody knows answers the first page.", ("PAGE-015",)),
    Fault(
        "cursor-is-an-offset",
        "A cursor stands for the place that its object had when a list first showed it.",
        ("PAGE-016", "STAB-001", "STAB-002", "STAB-003", "STAB-004", "STAB-005"),
    ),
    Fault("run-id-filter-ignored", "The list of messages ignores the query parameter `run_id`.", ("PAGE-017",)),
    Fault("walk-begins-anew", "After the last page the first one comes again.", ("PAGE-020",)),
    Fault("runs-of-every-thread-listed", "The list of a thread's runs shows the runs of all threads.", ("PAGE-021",)),
    Fault("cursor-by-time", "A cursor is a time: what shares the second of its object is lost.", ("PAGE-022",)),
    Fault("page-past-the-end-not-found", "`after` with the last id of a list answers 404.", ("N-18",)),
    Fault("unknown-query-refused", "A query parameter that nobody knows is refused.", ("N-20",)),
)
