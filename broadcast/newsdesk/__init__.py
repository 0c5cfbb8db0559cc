"""The local newsroom studio behind the renderer `newsdesk`: an order in, an MP4 out, no key and no network.

    studio          the one entry: narrate, draw, compose, encode
    voice, sound    words into a narration with times; loudness
    speech          segments that another voice spoke
    guest           somebody who speaks in a corner
    captions        words into phrases, on screen and as SubRip
    bidi, fonts, typesetting    any script into lines of glyphs that fit
    canvas, look    shapes, colours, the set
    pieces, scenes  what stands on screen, and when
    compositor      layers into YUV frames, touching only what changed
    recorder        frames and sound into the file
    subrip, burn    captions of a finished video, read and put into its picture
    films           what a render left behind

But for the last, nothing here is imported before a render starts: numpy, Pillow and PyAV are heavy, and an
optional extra.
"""
