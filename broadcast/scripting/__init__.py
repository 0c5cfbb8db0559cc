"""Deciding what is said, without asking anybody: nothing in here reads a file of the user, a clock or the network.

In the order in which a story passes through:

    sanitise, triage              foreign text made fit to be spoken; what speaks to machines is put aside
    ranking, quantities           which of its sentences matter, and which figure is shown
    lint                          may a draft air? its rules: proof (against its quotes), speech (for the ear)
    kinds, compose, fit           intro, stories, sign-off, and how they fill their time
    timing, calibration           how long it takes to say, and what finished renders teach about a voice
    video_agent, captions         what a renderer is handed
    heard, subrip                 whether a render says what the script says

What proof stands on, from the letters up:

    tongue, tongues, numerals     which language it is, and its little words and numbers
    utterance, counting           a text as words, and the numbers among them, however they are written
    literals, joins, hours, vague    numbers as literals, quantities in two parts, times of day, "dozens"
    around, shapes, facts, fact   hedges, units and dates around them: what a text states that can be checked
    grounds, derived, turned      does it follow from the quotes, or from two numbers of them?
    context, belongs              and is it said there of the same thing, of the same time, and the same way round?
    claims, wider, opposites      negations and hedges, conditions, "rose" for "fell"
    roles, names                  who did it to whom, and names that nobody named
"""
