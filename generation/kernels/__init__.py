"""What PyTorch does slowly, or in no fixed order, on CUDA, as Triton kernels."""
