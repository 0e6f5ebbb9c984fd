"""Use cases: what happens when somebody signs up, signs in, is given tokens or AWS credentials, by whichever edge.

A flow is here because it has more than one step, not because two edges need it. It knows the store, the clock and the
world outside by `Services`, and neither HTTP nor AWS's shapes. Rooms: `sign_in`, `account`, `factors`, `protection`,
`tokens`, `identity`, `federation`.
"""
