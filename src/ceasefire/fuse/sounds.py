"""How a word sounds, whatever its script: Latin, Cyrillic and Arabic letters brought to twelve consonants.

In: the letters of a word, one by one. Out: its shape, a few numbers that a name keeps when it is spelled in another script or
another way: Donetsk, Донецк, Donezk and دونيتسك are D N S K. Vowels, doubled letters and signs are not heard; p is b (Arabic has no
p), v and w are f, g and h are one (Luhansk, Lugansk), sh, ch, zh and j are one. Digraphs are read as they are met.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ceasefire.compiled import lean

B, F, T, D, S, SH, K, G, M, N, L, R = range(1, 13)
H, C, X = 13, 14, 15  # Latin letters that depend on their neighbours, or stand for two
_HEARD = {
    B: "bpбпبپ",
    F: "fvwфвفڤ",
    T: "tţťтتطث",
    D: "dďđдدضذ",
    S: "szçţśźżßзсцسصزظ",
    SH: "jšžčćşжшщчшجشچژ",
    K: "kqкكقک",
    G: "gğгґхغخحگ",
    M: "mмم",
    N: "nñńňнن",
    L: "lłľлل",
    R: "rřŕрر",
    H: "h",
    C: "c",
    X: "x",
}
SHAPE = 6  # consonants of a word that count
FEWEST = 3  # consonants of the shortest word that is told by its sound
LATIN, CYRILLIC, ARABIC = 1, 2, 3  # scripts that are told apart; 0 = another


def heard_letters() -> Any:
    """What is heard of each code point below 0x700; 0 = nothing."""
    table = np.zeros(0x700, dtype=np.int64)
    for sound, letters in _HEARD.items():
        for letter in letters:
            table[ord(letter)] = sound
    return table


@lean
def script_of(letter: int) -> Any:
    """The script of a folded letter."""
    if 0x61 <= letter <= 0x7A or 0xC0 <= letter < 0x250:
        return LATIN
    if 0x400 <= letter < 0x530:
        return CYRILLIC
    return ARABIC if 0x600 <= letter < 0x700 else 0


@lean
def hear(heard: Any, letter: int, before: int, earlier: int, shape: Any, length: int) -> Any:
    """Add a letter to the shape of a word; the new length. ``before`` and ``earlier``: the two letters ahead of it, 0 = none."""
    sound = heard[letter] if letter < len(heard) else 0
    last = heard[before] if before < len(heard) else 0
    if sound == 0:
        if last == C and length > 0 and letter in (0x65, 0x69, 0x79):  # ce, ci, cy
            shape[length - 1] = S
        return length
    if sound == H:
        if last in (T, D, R):
            return length
        sound = G
        if length > 0 and before in (0x73, 0x63, 0x7A, 0x70, 0x6B, 0x67):
            if before in (0x73, 0x63, 0x7A):  # sh, ch, zh
                sound = SH
            elif before == 0x70:  # ph
                sound = F
            length -= 1
            last = heard[earlier] if earlier < len(heard) else 0
    elif sound == X:
        if length < len(shape):
            shape[length] = K
            length += 1
        sound, last = S, K
    elif sound == C:
        sound = K
    if length > 0 and last > 0:
        if sound == last and shape[length - 1] == last:
            return length
        tied = (sound in (S, SH) and last in (T, D)) or (sound == SH and last == S)  # ts, dz, tch, dj, sch
        if tied and shape[length - 1] == last:
            length -= 1
    if length < len(shape):
        shape[length] = sound
        length += 1
    return length
