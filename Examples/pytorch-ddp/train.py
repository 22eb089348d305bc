"""Trains a network on images of digits with DistributedDataParallel, on the CPU: one process a rank, over gloo.

Started by torchrun or by ash-mpi: both set RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.
"""

import argparse
import json
import os
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def data():
    images, digits = load_digits(return_X_y=True)
    images, digits = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(digits)
    return TensorDataset(images[:1297], digits[:1297]), (images[1297:], digits[1297:])


@torch.no_grad()
def evaluate(model, testing):
    images, digits = testing
    scores = model(images)
    return {
        "loss": nn.functional.cross_entropy(scores, digits).item(),
        "accuracy": (scores.argmax(1) == digits).float().mean().item(),
    }


def train(options, rank, size):
    torch.manual_seed(options.seed)
    training, testing = data()
    # Each rank sees a part of its own; which one depends on the seed and the epoch alone.
    sampler = DistributedSampler(training, size, rank, seed=options.seed)
    loader = DataLoader(training, batch_size=options.batch_size // size, sampler=sampler)
    network = nn.Sequential(nn.Linear(64, options.hidden), nn.ReLU(), nn.Linear(options.hidden, 10))
    optimizer = torch.optim.SGD(network.parameters(), lr=options.lr, momentum=0.9)

    # All ranks load the checkpoint, before the model is wrapped. Without a folder there is none.
    folder = os.environ.get("ASH_CHECKPOINT")
    checkpoint = Path(folder, "state.pt") if folder else None
    start = 0
    if checkpoint and checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        # Left behind further than this job by one that was killed: start again.
        if state["epoch"] <= options.epochs:
            start = state["epoch"]
            network.load_state_dict(state["network"])
            optimizer.load_state_dict(state["optimizer"])
    distributed.barrier()

    model = DistributedDataParallel(network)
    for epoch in range(start, options.epochs):
        sampler.set_epoch(epoch)
        for images, digits in loader:
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(images), digits).backward()
            optimizer.step()
        if rank == 0:
            if checkpoint:
                state = {"epoch": epoch + 1, "network": network.state_dict(), "optimizer": optimizer.state_dict()}
                torch.save(state, checkpoint.with_suffix(".new"))
                os.replace(checkpoint.with_suffix(".new"), checkpoint)
            print(json.dumps({"progress": {"resource": epoch + 1, **evaluate(network, testing)}}), flush=True)
    return evaluate(network, testing)


def main():
    parser = argparse.ArgumentParser(description="Digits with PyTorch on several processes")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--batch-size", type=int, default=64, help="of all processes together (64)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    distributed.init_process_group("gloo")
    rank, size = distributed.get_rank(), distributed.get_world_size()
    result = train(options, rank, size)
    distributed.barrier()
    distributed.destroy_process_group()
    if rank == 0:
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
