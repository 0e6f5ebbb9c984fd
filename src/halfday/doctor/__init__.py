"""Why it does not work: what is read from a refusal, from what was sent, and from asking around without AWS keys.

The causes themselves are data, in `halfday.client.causes`, because every error of the client speaks by them too.

    reading      a refusal as people paste it → Symptom
    sent         the request that was refused, and the sign-in link before it → facts
    probes       the questions that can be asked with no AWS keys (facts/failures.md, P1 to P6)
    examination  a connection from its settings to credentials, step by step
    report       what was found, for people and as JSON
"""
