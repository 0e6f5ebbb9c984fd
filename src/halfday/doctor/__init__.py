"""Why it does not work: from a refusal, from the request that was sent, and from probes that need no AWS keys.

The causes themselves are data in `halfday.client.causes`, because the client's errors are explained by them too.

    pasted/refusals       a refusal as people paste it → Symptom
    pasted/sent_requests  the request that was refused, and the sign-in link before it → facts
    steps/probes          the requests that need no AWS keys (facts/failures.md, P1 to P6)
    steps/examination     a connection from its settings to credentials, step by step
    diagnosis             from all that is pasted to causes
    report                what was found, for people and as JSON
"""
