"""The judge remembers objects that are alive, and nothing else."""

from dataclasses import replace

from assistants_conformance.contract import load_profile
from assistants_conformance.observe import Exchange, Judge, Request, Response
from assistants_conformance.scenario.embed import embed, embedded_settings


def test_ended_objects_are_forgotten():
    # Declared, lest a probe leave a run of its own.
    declared = {"thread_and_run": True, "streaming": True}
    api = embed(replace(embedded_settings(load_profile()), capabilities=declared))
    world, _ = api.judge._session("")
    for _ in range(20):
        run = api.chat("Hello.")
        api.post_run(run["thread_id"], run["assistant_id"], stream=True)
        api.steps(run)
        api.messages(run["thread_id"])
        api.call("delete_thread", thread_id=run["thread_id"])
        api.call("delete_assistant", assistant_id=run["assistant_id"])
    assert world.objects == {}
    assert world.runs == {}
    assert world.runs_of_thread == {}
    assert not any(world.children.values())
    assert world.streamed == {}
    assert api.judge.findings == []


def test_ended_stores_are_forgotten():
    api = embed(embedded_settings(load_profile()))
    world, _ = api.judge._session("")
    for _ in range(5):
        files = [api.file(b"A note.\n", "note.txt", "text/plain")["id"] for _ in range(2)]
        store = api.store(file_ids=files[:1])["id"]
        batch = api.need(api.post_batch(store, files), "add a batch")["id"]
        api.indexed("get_vector_store_file_batch", vector_store_id=store, batch_id=batch)
        api.call("list_vector_store_files", vector_store_id=store)
        assert world.stores[store].files.keys() == set(files)
        api.call("delete_file", file_id=files[0])
        assert world.stores[store].files.keys() == {files[1]}
        api.call("delete_vector_store", vector_store_id=store)
        api.call("delete_file", file_id=files[1])
    assert world.stores == {}
    assert world.objects == {}
    assert not any(world.children.values())
    assert api.judge.findings == []


def test_what_has_ended_is_remembered_up_to_a_bound():
    judge = Judge(load_profile(), closed=True)
    world, _ = judge._session("")
    for number in range(10_000):
        identifier = f"thread_{number:024}"
        body = f'{{"id": "{identifier}", "object": "thread.deleted", "deleted": true}}'.encode()
        request = Request("DELETE", f"/openai/threads/{identifier}?api-version=2024-05-01-preview")
        judge.observe(Exchange(request, Response(200, {"content-type": "application/json"}, body), "", number, number))
    assert len(world.ended) == 4096
    assert len(world.children) == 0


def test_sessions_of_a_long_recording_are_dropped():
    judge = Judge()
    for number in range(1000):
        request = Request("GET", "https://api.openai.com/v1/assistants", {"openai-beta": "assistants=v2"})
        body = b'{"object": "list", "data": [], "first_id": null, "last_id": null, "has_more": false}'
        response = Response(200, {"content-type": "application/json"}, body)
        judge.observe(Exchange(request, response, "", number, number, session=f"file {number}"))
    assert len(judge._sessions) <= 64
    assert judge.judged["openai-v2"] == 1000
