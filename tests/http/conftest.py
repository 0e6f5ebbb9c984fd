"""The front door, for the tests of this folder that want it."""

from __future__ import annotations

from front_door import door, running_door

__all__ = ["door", "running_door"]
