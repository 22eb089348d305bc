"""Trains a convolutional network on images of handwritten digits. It knows nothing of any tuner."""

import argparse
import time

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset


class Network(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        )
        self.classifier = nn.Sequential(
            *(nn.Flatten(), nn.Dropout(dropout), nn.Linear(32 * 4 * 4, 64), nn.ReLU()),
            *(nn.Dropout(dropout), nn.Linear(64, 10)),
        )

    def forward(self, images):
        return self.classifier(self.features(images))


def data():
    images, digits = load_digits(return_X_y=True)
    images = torch.tensor(images / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
    digits = torch.tensor(digits)
    return TensorDataset(images[:797], digits[:797]), TensorDataset(images[797:], digits[797:])


def train(options, model, device, loader, optimizer, epoch):
    model.train()
    for number, (images, digits) in enumerate(loader):
        images, digits = images.to(device), digits.to(device)
        optimizer.zero_grad()
        loss = functional.cross_entropy(model(images), digits)
        loss.backward()
        optimizer.step()
        if number % options.log_interval == 0:
            done, total = number * options.batch_size, len(loader.dataset)
            print(f"Train Epoch: {epoch} [{done}/{total} ({done / total:.0%})]  Loss: {loss.item():.6f}")


@torch.no_grad()
def test(model, device, loader):
    model.eval()
    loss, correct = 0.0, 0
    for images, digits in loader:
        images, digits = images.to(device), digits.to(device)
        scores = model(images)
        loss += functional.cross_entropy(scores, digits, reduction="sum").item()
        correct += (scores.argmax(1) == digits).sum().item()
    total = len(loader.dataset)
    print(f"Test set: Average loss: {loss / total:.4f}, Accuracy: {correct}/{total} ({correct / total:.1%})")


def main():
    parser = argparse.ArgumentParser(description="Digits with PyTorch")
    parser.add_argument("--batch-size", type=int, default=64, help="images in a training batch (64)")
    parser.add_argument("--test-batch-size", type=int, default=1000, help="images in a test batch (1000)")
    parser.add_argument("--epochs", type=int, default=9, help="passes over the training images (9)")
    parser.add_argument("--lr", type=float, default=0.05, help="learning rate of the first epoch (0.05)")
    parser.add_argument("--gamma", type=float, default=0.9, help="factor of the learning rate after each epoch (0.9)")
    parser.add_argument("--dropout", type=float, default=0.25, help="probability that a feature is dropped (0.25)")
    parser.add_argument("--seed", type=int, default=1, help="seed of all randomness (1)")
    parser.add_argument("--log-interval", type=int, default=10, help="batches between two lines (10)")
    parser.add_argument("--no-accel", action="store_true", help="train on the CPU even where there is a GPU")
    parser.add_argument("--save-model", metavar="FILE", help="write the trained model here")
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    device = torch.device("cuda" if torch.cuda.is_available() and not options.no_accel else "cpu")
    training, testing = data()
    training = DataLoader(training, batch_size=options.batch_size, shuffle=True)
    testing = DataLoader(testing, batch_size=options.test_batch_size)

    model = Network(options.dropout).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=options.lr, momentum=0.9)
    scheduler = StepLR(optimizer, step_size=1, gamma=options.gamma)
    began = time.monotonic()
    for epoch in range(1, options.epochs + 1):
        train(options, model, device, training, optimizer, epoch)
        test(model, device, testing)
        scheduler.step()
    print(f"Trained for {time.monotonic() - began:.1f} s")

    if options.save_model:
        torch.save(model.state_dict(), options.save_model)


if __name__ == "__main__":
    main()
