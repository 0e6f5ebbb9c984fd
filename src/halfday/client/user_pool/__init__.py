"""The user pool's JSON API without I/O: sign-in, its challenges, remembered devices."""
