"""Trains a model of language, word by word, on Python's own reference. It knows nothing of any tuner."""

import argparse
import math
import pydoc_data.topics
import re
import time

import torch
from torch import nn
from torch.nn import functional


def corpus(words, rarest):
    """The text as numbers of words, and the vocabulary. Words that are rarer than `rarest` are all `<rare>`."""
    topics = sorted(pydoc_data.topics.topics.items())
    text = re.findall(r"\w+|[^\w\s]", "\n".join(body for _, body in topics).lower())[:words]
    counts = {}
    for word in text:
        counts[word] = counts.get(word, 0) + 1
    vocabulary = ["<rare>"] + sorted(word for word, count in counts.items() if count >= rarest)
    number = {word: index for index, word in enumerate(vocabulary)}
    return torch.tensor([number.get(word, 0) for word in text]), vocabulary


def columns(text, count):
    """The text in `count` columns, which are read side by side."""
    length = len(text) // count
    return text[: length * count].reshape(count, length).t().contiguous()


def windows(text, bptt):
    for start in range(0, len(text) - 1, bptt):
        length = min(bptt, len(text) - 1 - start)
        yield text[start : start + length], text[start + 1 : start + 1 + length].reshape(-1)


class Recurrent(nn.Module):
    def __init__(self, kind, words, options):
        super().__init__()
        self.dropout = nn.Dropout(options.dropout)
        self.encoder = nn.Embedding(words, options.emsize)
        between = options.dropout if options.nlayers > 1 else 0
        if kind == "RNN":
            self.layers = nn.RNN(options.emsize, options.nhid, options.nlayers, nonlinearity="tanh", dropout=between)
        else:
            self.layers = getattr(nn, kind)(options.emsize, options.nhid, options.nlayers, dropout=between)
        self.decoder = nn.Linear(options.nhid, words)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)
        if options.tied:
            if options.nhid != options.emsize:
                raise SystemExit("--tied needs --nhid and --emsize to be equal")
            self.decoder.weight = self.encoder.weight

    def forward(self, words, state):
        output, state = self.layers(self.dropout(self.encoder(words)), state)
        return self.decoder(self.dropout(output)), state


class Transformer(nn.Module):
    def __init__(self, words, options):
        super().__init__()
        self.scale = math.sqrt(options.emsize)
        self.encoder = nn.Embedding(words, options.emsize)
        self.position = nn.Embedding(options.bptt, options.emsize)
        layer = nn.TransformerEncoderLayer(options.emsize, options.nhead, options.nhid, options.dropout)
        self.layers = nn.TransformerEncoder(layer, options.nlayers, enable_nested_tensor=False)
        self.decoder = nn.Linear(options.emsize, words)
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        if options.tied:
            self.decoder.weight = self.encoder.weight

    def forward(self, words, state):
        length = len(words)
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        positions = self.position(torch.arange(length)).unsqueeze(1)
        output = self.layers(self.encoder(words) * self.scale + positions, mask=mask, is_causal=True)
        return self.decoder(output), None


def cut(state):
    """The state without the graph of the windows before."""
    if state is None:
        return None
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def train(model, text, optimizer, options):
    model.train()
    state = None
    for words, targets in windows(text, options.bptt):
        optimizer.zero_grad()
        scores, state = model(words, cut(state))
        functional.cross_entropy(scores.flatten(0, 1), targets).backward()
        nn.utils.clip_grad_norm_(model.parameters(), options.clip)
        optimizer.step()


@torch.no_grad()
def evaluate(model, text, options):
    model.eval()
    total, state = 0.0, None
    for words, targets in windows(text, options.bptt):
        scores, state = model(words, state)
        total += functional.cross_entropy(scores.flatten(0, 1), targets, reduction="sum").item()
    return total / (len(text) - 1) / text.shape[1]


def main():
    parser = argparse.ArgumentParser(description="A model of language in PyTorch")
    parser.add_argument("--model", default="LSTM", choices=["RNN", "LSTM", "GRU", "Transformer"])
    parser.add_argument("--emsize", type=int, default=64, help="size of a word's embedding (64)")
    parser.add_argument("--nhid", type=int, default=64, help="hidden units of a layer (64)")
    parser.add_argument("--nlayers", type=int, default=1, help="layers (1)")
    parser.add_argument("--nhead", type=int, default=2, help="heads of the Transformer (2)")
    parser.add_argument("--lr", type=float, default=5.0, help="learning rate at first (5)")
    parser.add_argument("--clip", type=float, default=0.25, help="largest norm of the gradient (0.25)")
    parser.add_argument("--epochs", type=int, default=9, help="passes over the text (9)")
    parser.add_argument("--batch_size", type=int, default=20, help="columns of text that are read side by side (20)")
    parser.add_argument("--bptt", type=int, default=35, help="words in a window (35)")
    parser.add_argument("--dropout", type=float, default=0.2, help="probability that a unit is dropped (0.2)")
    parser.add_argument("--tied", action="store_true", help="one matrix for the words that come in and go out")
    parser.add_argument("--seed", type=int, default=1, help="seed of all randomness (1)")
    parser.add_argument("--words", type=int, default=40_000, help="words of the text that are used (40000)")
    parser.add_argument("--save", metavar="FILE", help="write the best model here")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    text, vocabulary = corpus(options.words, rarest=3)
    edge = len(text) * 9 // 10
    training, validation = columns(text[:edge], options.batch_size), columns(text[edge:], 10)
    words = len(vocabulary)
    print(f"{len(text)} words, {words} of them different")
    model = Transformer(words, options) if options.model == "Transformer" else Recurrent(options.model, words, options)

    optimizer = torch.optim.SGD(model.parameters(), lr=options.lr)
    best = math.inf
    for epoch in range(1, options.epochs + 1):
        began = time.monotonic()
        train(model, training, optimizer, options)
        loss = evaluate(model, validation, options)
        print(
            f"| end of epoch {epoch:3d} | time: {time.monotonic() - began:5.2f}s "
            f"| valid loss {loss:5.2f} | valid ppl {math.exp(min(loss, 700)):8.2f}"
        )
        if loss < best:
            best = loss
            if options.save:
                torch.save(model.state_dict(), options.save)
        else:
            optimizer.param_groups[0]["lr"] /= 4


if __name__ == "__main__":
    main()
