from typing import Any

import pytest
import torch
from torch import nn

from training.muon import MuonAdamW, split


def make_network() -> Any:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.Conv2d(32, 16, 3), nn.Flatten(), nn.Linear(256, 4))


def test_matrices_and_kernels_are_told_from_other_weights() -> None:
    network = make_network()
    matrices, others = split(network)
    assert [tuple(matrix.shape) for matrix in matrices] == [(32, 3, 3, 3), (16, 32, 3, 3)]
    assert len(matrices) + len(others) == len(list(network.parameters()))
    network[2].weight.requires_grad_(False)
    assert split(network, [network[0].weight])[0] == []


@pytest.mark.parametrize("memory_format", [torch.contiguous_format, torch.channels_last])
def test_it_learns_in_either_memory_format_and_goes_on_from_its_state(memory_format: torch.memory_format) -> None:
    network = make_network().to(memory_format=memory_format)
    optimizer = MuonAdamW(*split(network), 0.01, 0.01, 0.01)
    x, y = torch.randn(64, 3, 8, 8), torch.arange(64) % 4

    def learn(network: nn.Module, optimizer: MuonAdamW) -> float:
        loss = nn.functional.cross_entropy(network(x), y)
        loss.backward()
        optimizer.step(1.0)
        return float(loss.detach())

    losses = [learn(network, optimizer) for _ in range(12)]
    assert losses[-1] < 0.7 * losses[0]
    assert all(parameter.grad is None for parameter in network.parameters())

    twin = make_network().to(memory_format=memory_format)
    twin.load_state_dict(network.state_dict())
    other = MuonAdamW(*split(twin), 0.01, 0.01, 0.01)
    other.load_state_dict(optimizer.state_dict())
    assert learn(network, optimizer) == pytest.approx(learn(twin, other), rel=1e-4)
    assert learn(network, optimizer) == pytest.approx(learn(twin, other), rel=1e-2)


def test_an_update_of_a_kernel_is_orthogonal() -> None:
    network = make_network()
    before = network[2].weight.detach().clone()
    optimizer = MuonAdamW(*split(network), 0.01, 0.01, 0.0)
    network(torch.randn(8, 3, 8, 8)).square().mean().backward()
    optimizer.step(1.0)
    change = (network[2].weight.detach() - before).flatten(1)
    lengths = torch.linalg.svdvals(change)
    assert lengths.max() < 2 * lengths.min()
