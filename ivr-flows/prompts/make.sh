#!/bin/sh
# Makes the sound of every prompt and number with espeak-ng and sox: 8 kHz mono A-law WAV files,
# prompts/<language>/<name>.wav, and the music and the beep beside them. A centre replaces them with
# recordings by people under the same names; files named as arguments (sw/welcome) are made alone.
#
# Needs espeak-ng and sox, and cargo for the list of names and texts.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

cargo run --quiet --package ivr-flows --example clips >"$work/clips"

wav() { # input, output, effects ...
    input=$1 output=$2
    shift 2
    # -D: no dither, so that the same text gives the same bytes.
    sox -D "$input" -r 8000 -c 1 -e a-law -b 8 "$output" "$@"
}

speak() { # language, name, text
    out="$1/$2.wav"
    mkdir -p "$(dirname "$out")"
    if [ -z "$3" ]; then
        sox -D -n -r 8000 -c 1 -e a-law -b 8 "$out" trim 0 0.25
        return
    fi
    case $1 in
    sw) voice=sw speed=150 ;;
    *) voice=en-gb speed=158 ;;
    esac
    espeak-ng -v "$voice" -s "$speed" -p 45 -a 160 -w "$work/raw.wav" "$3"
    # The silence espeak leaves at both ends would put gaps between the pieces of a number.
    wav "$work/raw.wav" "$out" gain -6 rate -h 8000 \
        silence 1 0.01 0.3% reverse silence 1 0.01 0.3% reverse \
        highpass 150 norm -4 pad 0.02 0.06
}

wanted() { # language/name
    [ "$all" = yes ] && return 0
    for one in $only; do
        [ "$one" = "$1" ] && return 0
    done
    return 1
}

only="$*"
all=$([ $# -eq 0 ] && echo yes || echo no)
tab=$(printf '\t')
while IFS="$tab" read -r language name text; do
    if wanted "$language/$name"; then
        speak "$language" "$name" "$text"
    fi
done <"$work/clips"

if [ "$all" = yes ]; then
    # Soft chords, each swelling and fading, twenty seconds; quiet, so that a voice over it is clear.
    i=0
    for chord in "220 277.18 329.63" "196 246.94 293.66" "174.61 220 261.63" "196 246.94 329.63"; do
        i=$((i + 1))
        # shellcheck disable=SC2086
        set -- $chord
        sox -D -n -r 8000 -c 1 "$work/chord$i.wav" \
            synth 5 sine "$1" synth 5 sine mix "$2" synth 5 sine mix "$3" fade q 1.2 5 1.6 gain -h
    done
    sox -D "$work/chord1.wav" "$work/chord2.wav" "$work/chord3.wav" "$work/chord4.wav" "$work/music.wav"
    wav "$work/music.wav" music.wav norm -18
    sox -D -n -r 8000 -c 1 "$work/beep.wav" synth 0.25 sine 880 fade q 0.02 0.25 0.05
    wav "$work/beep.wav" beep.wav norm -12
fi
