"""What a pool is, as a document that can be kept and read again: read by calls, written by calls.

The words are those of the API: what Describe*, List* and Get* answer. `reading` makes the document of whatever answers
these calls, this server or AWS; `writing` makes of it what it describes. `secrets` are what no call tells: of this
server only, and only for whoever asks. `foreign` reads the files of other products into such a document.
"""
