"""Trains a convolutional network on images of clothes (Fashion-MNIST), on the CPU."""

import gzip
import sys
from pathlib import Path

import ash_mpi

try:
    import torch
    from torch import nn
except ImportError:
    sys.exit("this example needs PyTorch: pip install torch")

DATA = Path("/usr/share/datasets/fashion-mnist")
if not DATA.is_dir():
    sys.exit(f"this example needs the data set in {DATA}: apt install dataset-fashion-mnist")

# The first images train and the next ones validate: enough to compare configurations in a minute.
TRAINING, VALIDATION = 4_000, 1_000


def read(name, header, shape):
    with gzip.open(DATA / name) as file:
        file.read(header)
        values = bytearray(file.read((TRAINING + VALIDATION) * shape.numel()))
    return torch.frombuffer(values, dtype=torch.uint8).reshape(-1, *shape)


images = read("train-images-idx3-ubyte.gz", 16, torch.Size([1, 28, 28])).float() / 255
labels = read("train-labels-idx1-ubyte.gz", 8, torch.Size([])).long()
torch.set_num_threads(1)


def network(channels, dropout):
    return nn.Sequential(
        *(nn.Conv2d(1, channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(channels, 2 * channels, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(dropout), nn.Linear(2 * channels * 49, 10)),
    )


@torch.no_grad()
def evaluate(model):
    model.eval()
    scores, truth = model(images[TRAINING:]), labels[TRAINING:]
    model.train()
    return {
        "loss": nn.functional.cross_entropy(scores, truth),
        "accuracy": (scores.argmax(1) == truth).float().mean(),
    }


@ash_mpi.trainer
def train(configuration, job):
    torch.manual_seed(job.seed)
    model = network(configuration["channels"], configuration["dropout"])
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=configuration["learning_rate"],
        momentum=configuration["momentum"],
        weight_decay=configuration["weight_decay"],
        nesterov=True,
    )
    start, saved = job.load()
    if saved:
        state = torch.load(saved, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    for epoch in range(start, job.resource):
        # Order and dropout of an epoch depend on its number alone, so that no generator has to be saved.
        torch.manual_seed(job.seed + epoch + 1)
        for batch in torch.randperm(TRAINING).split(configuration["batch_size"]):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
            optimizer.step()
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
        job.save(epoch + 1, lambda path, state=state: torch.save(state, path))
        job.report(epoch + 1, evaluate(model)["loss"])
    return evaluate(model)


if __name__ == "__main__":
    ash_mpi.serve(train)
