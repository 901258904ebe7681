#!/usr/bin/env python3
"""Makes the WAV files of provisioning/prompts, provisioning/demo/clips and provisioning/demo/answers from their texts. See README.md."""

import argparse
import csv
import fnmatch
import tomllib
import zlib
from pathlib import Path

import numpy as np
from scipy import signal

import level
import tones

PROMPT_VOICE = "zf_xiaoxiao"
PROMPT_SPEED = 0.95


def make_prompts(voice, provisioning, wanted):
    with open(provisioning / "prompts/prompts.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if wanted(row["name"])]
    for row in rows:
        name, text = row["name"], row["text"]
        path = provisioning / f"prompts/{name}.wav"
        if name in tones.ALL:
            level.write(path, tones.ALL[name]())
        elif name.startswith(("digits/", "dates/")):
            # Digits are joined in a row: short ends, and not as slow as a sentence. Where a lone syllable comes out
            # better as a sentence (零), its text ends in a full stop.
            wave = level.to_telephone(voice().speak(text, PROMPT_VOICE, 1.0))
            level.write(path, level.trimmed(level.levelled(wave), 50))
        else:
            wave = level.to_telephone(voice().speak(text, PROMPT_VOICE, PROMPT_SPEED))
            level.write(path, level.trimmed(level.levelled(wave)))
        print(path, flush=True)


def street(count, random):
    """Traffic: noise with the low frequencies in front, swelling slowly."""
    noise = signal.lfilter([1.0], [1.0, -0.9], random.standard_normal(count))
    swell = 1 + 0.5 * np.sin(2 * np.pi * np.arange(count) / level.RATE / 5.3 + random.uniform(0, 6))
    return noise * swell


def hiss(count, random):
    return random.standard_normal(count)


def wind(count, random):
    noise = signal.lfilter([1.0], [1.0, -0.97], random.standard_normal(count))
    gusts = np.abs(signal.lfilter([1.0], [1.0, -0.9996], random.standard_normal(count)))
    return noise * (0.3 + gusts / gusts.max())


NOISES = {"street": street, "hiss": hiss, "wind": wind}


def with_noise(wave, person, random):
    kind = person.get("noise", "")
    if not kind:
        return wave
    noise = NOISES[kind](len(wave), random)
    wanted = level.speech_rms(wave) * level.amplitude(-person.get("snr_db", 18))
    return level.limit(wave + noise * wanted / np.sqrt(np.mean(noise**2)), level.amplitude(level.PEAK_DB))


def spoken(person):
    pairs = list(zip(person["lines"], person["texts"], strict=True))
    survey = person.get("survey", {})
    if survey.get("remark"):
        pairs.append((survey["remark"], survey["remark_text"]))
    return pairs


def make_clips(voice, provisioning, wanted):
    demo = provisioning / "demo"
    with open(demo / "citizens.toml", "rb") as file:
        people = tomllib.load(file)
    for person in people["citizen"] + people["operator"]:
        for clip, text in spoken(person):
            if not wanted(clip):
                continue
            wave = level.to_telephone(voice().speak(text, person["voice"], person.get("speed", 1.0)))
            wave = level.trimmed(level.levelled(wave, level.TARGET_RMS_DB + person.get("level_db", 0)), 200)
            random = np.random.default_rng(zlib.crc32(clip.encode()))
            level.write(demo / clip, with_noise(wave, person, random))
            print(demo / clip, flush=True)


def make_answers(voice, provisioning, wanted):
    """Short answers to the survey's questions, and announcements of networks: what speech recognition is measured by, and what some of the demo's citizens say."""
    folder = provisioning / "demo/answers"
    with open(folder / "answers.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if wanted(row["file"])]
    for row in rows:
        wave = level.to_telephone(voice().speak(row["text"], row["voice"], float(row["speed"])))
        wave = level.trimmed(level.levelled(wave, level.TARGET_RMS_DB + float(row["level_db"])), 200)
        noisy = {"noise": row["noise"], "snr_db": float(row["snr_db"] or 0)}
        random = np.random.default_rng(zlib.crc32(row["file"].encode()))
        level.write(folder / row["file"], with_noise(wave, noisy, random))
        print(folder / row["file"], flush=True)


def lazy_voice(model_dir):
    """The model is loaded at its first use: the tones need none."""
    loaded = []

    def voice():
        if not loaded:
            if model_dir is None:
                raise SystemExit("speech needs --model DIR (see README.md)")
            from voice import Voice

            loaded.append(Voice(model_dir))
        return loaded[0]

    return voice


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--provisioning", type=Path, default=Path(__file__).parents[2] / "provisioning")
    parser.add_argument("--model", type=Path, help="folder with the ONNX file, tokenizer.json and voices/")
    parser.add_argument("--part", choices=["prompts", "demo", "answers", "all"], default="all")
    parser.add_argument("--only", default="*", help="make only names that match this pattern, such as survey-*")
    args = parser.parse_args()
    voice = lazy_voice(args.model)

    def wanted(name):
        return fnmatch.fnmatchcase(name, args.only)

    if args.part in ("prompts", "all"):
        make_prompts(voice, args.provisioning, wanted)
    if args.part in ("demo", "all"):
        make_clips(voice, args.provisioning, wanted)
    if args.part in ("answers", "all"):
        make_answers(voice, args.provisioning, wanted)


if __name__ == "__main__":
    main()
