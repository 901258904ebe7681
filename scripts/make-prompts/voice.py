"""The Kokoro voice: text in, 24 kHz samples out. Model files are an argument; nothing is downloaded."""

import json

import numpy as np
import onnxruntime
from misaki import zh

LONGEST = 508  # the model takes 510 ids with the two zeros at the ends


class Voice:
    def __init__(self, model_dir):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        model = next(model_dir.glob("*.onnx"))
        self.session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        tokenizer = json.loads((model_dir / "tokenizer.json").read_text(encoding="utf-8"))
        self.ids = tokenizer["model"]["vocab"]
        self.styles_dir = model_dir / "voices"
        self.phonemes_of = zh.ZHG2P()

    def style(self, name, length):
        table = np.fromfile(self.styles_dir / f"{name}.bin", dtype=np.float32).reshape(-1, 1, 256)
        return table[min(length, len(table) - 1)]

    def speak(self, text, name, speed=1.0):
        phonemes = self.phonemes_of(text)
        phonemes = phonemes[0] if isinstance(phonemes, tuple) else phonemes
        ids = [self.ids[p] for p in phonemes if p in self.ids]
        if not ids or len(ids) > LONGEST:
            raise ValueError(f"text gives {len(ids)} phonemes: {text}")
        inputs = {
            "input_ids": np.array([[0, *ids, 0]], dtype=np.int64),
            "style": self.style(name, len(ids)),
            "speed": np.array([speed], dtype=np.float32),
        }
        return self.session.run(None, inputs)[0].reshape(-1).astype(np.float64)
