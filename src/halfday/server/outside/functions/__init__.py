"""Functions that a pool calls, which AWS runs in Lambda: where each runs, and one invocation of it.

    targets         what an ARN stands for: a Python function, a Node file, an invoke URL
    invocation      one call, what came of it, and the record that is kept of it
    workers         processes that are kept warm; `python_worker.py` and `node_worker.mjs` run within them
    invoke_url      somebody else's Lambda: LocalStack, SAM, the runtime emulator, serverless-offline
    declarations    what a seed file and a setting declare
    code_files      the zips of functions that were made by Lambda's API
    uploads         those functions as they run: unpacked, begun anew when code or configuration is another
    functions       by ARN: finds the target, retries as AWS does, keeps the records

Nothing here knows what a trigger is: flows/triggers does.
"""
