"""The bundle of a run: what was read, chosen, asked, said, sent and paid, in one file that can be checked alone.

`making` gathers it from the journal, `packing` writes and reads the file, `checking` holds its contents against
each other. A bundle says what it lacks, and holds no secret.
"""
