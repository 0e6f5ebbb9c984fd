"""A pool's Lambda triggers, one file for each occasion: what each is asked, and what its answer changes.

`invoke` sends an event and reads what comes back; everything else here says what is in the two. A pool without the
trigger is answered at once: no statement, no call. No trigger is called within a unit of the store, for one may take
fifteen seconds. Source: facts/triggers.md.
"""
