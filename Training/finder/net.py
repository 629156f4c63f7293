"""The finder's net: a small fully convolutional net over grey pixels, one cell for 8 x 8 px."""
import torch
from torch import nn
from torch.nn import functional as F

STRIDE = 8
UNIT = 30.0  # px; a face's width is UNIT * exp(output 3).
OUTPUTS = 14


class First(nn.Module):
    kind = 1

    def __init__(self, outputs, kernel, stride):
        super().__init__()
        self.kernel, self.stride, self.inputs, self.outputs = kernel, stride, 1, outputs
        self.conv = nn.Conv2d(1, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


class Separable(nn.Module):
    kind = 2

    def __init__(self, inputs, outputs, kernel, stride=1):
        super().__init__()
        self.kernel, self.stride, self.inputs, self.outputs = kernel, stride, inputs, outputs
        self.residual = inputs == outputs and stride == 1
        self.depth = nn.Conv2d(inputs, inputs, kernel, stride, kernel // 2, groups=inputs, bias=False)
        self.norm1 = nn.BatchNorm2d(inputs)
        self.point = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        y = self.norm2(self.point(self.norm1(self.depth(x))))
        return F.relu(y + x if self.residual else y)


class Finder(nn.Module):
    def __init__(self, first=8, middle=24, width=48, kernels=(5, 3, 5, 5)):
        super().__init__()
        self.blocks = nn.ModuleList([
            First(first, 5, 2), Separable(first, middle, 3, 2), Separable(middle, middle, 3),
            Separable(middle, width, 3, 2), *[Separable(width, width, k) for k in kernels],
        ])
        self.head = nn.Conv2d(width, OUTPUTS, 1)
        nn.init.zeros_(self.head.bias)
        with torch.no_grad():
            self.head.bias[0] = -4

    def forward(self, pixels):
        """pixels: N x 1 x H x W, 0..255. Returns N x 14 x H/8 x W/8."""
        x = pixels / 128 - 1
        for block in self.blocks:
            x = block(x)
        return self.head(x)

    def cost(self):
        """Weights once exported, and multiply-adds a pixel of a level."""
        weights, operations, area = 0, 0.0, 1.0
        for block in self.blocks:
            area /= block.stride**2
            depth = block.kernel**2 * (block.outputs if block.kind == 1 else block.inputs)
            point = 0 if block.kind == 1 else block.inputs * block.outputs
            biases = block.outputs if block.kind == 1 else block.inputs + block.outputs
            weights += depth + point + biases
            operations += area * (depth + point)
        head = self.head.in_channels * OUTPUTS
        return weights + head + OUTPUTS, operations + head * area


def folded(conv, norm):
    """A convolution and the normalisation after it, as one convolution's weights and biases."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight * factor.view(-1, 1, 1, 1), norm.bias - norm.running_mean * factor


if __name__ == "__main__":
    print("weights %d, multiply-adds a pixel %.0f" % Finder().cost())
