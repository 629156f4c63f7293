"""The finder's nets: small fully convolutional nets over grey pixels."""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

STRIDE = 8
UNIT = 30.0  # px; a face's width is UNIT * exp(output 3).
OUTPUTS = 14
LANDMARKS = 68
FACE_WIDTH = 62.0  # px; of a face, in the FACE_SIDE px that the landmark net sees.


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


class Net(nn.Module):
    """Blocks, and a head of pointwise sums."""

    def __init__(self, blocks, outputs):
        super().__init__()
        self.blocks = nn.ModuleList(blocks)
        self.head = nn.Conv2d(blocks[-1].outputs, outputs, 1)
        nn.init.zeros_(self.head.bias)

    def forward(self, pixels):
        """pixels: N x 1 x H x W, 0..255. Returns N x outputs x H/stride x W/stride."""
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
        head = self.head.in_channels * self.head.out_channels
        return weights + head + self.head.out_channels, operations + head * area


class Finder(Net):
    """Stride 8."""

    def __init__(self, first=8, middle=24, width=48, kernels=(5, 3, 5, 5)):
        super().__init__([
            First(first, 5, 2), Separable(first, middle, 3, 2), Separable(middle, middle, 3),
            Separable(middle, width, 3, 2), *[Separable(width, width, k) for k in kernels]], OUTPUTS)
        with torch.no_grad():
            self.head.bias[0] = -4


class WholeNet(Net):
    """Stride 16. What lies in the middle cell of FACE_SIDE x FACE_SIDE px has seen them all."""

    def __init__(self, outputs, blocks=None):
        super().__init__(blocks or [
            First(16, 5, 2), Separable(16, 32, 3, 2), Separable(32, 32, 3), Separable(32, 64, 3, 2),
            Separable(64, 64, 5), Separable(64, 64, 5), Separable(64, 128, 3, 2), Separable(128, 128, 3),
            Separable(128, 128, 3), Separable(128, 128, 7)], outputs)

    def forward(self, pixels):
        """Returns N x outputs: the middle cell's."""
        x = pixels / 128 - 1
        for block in self.blocks:
            x = block(x)
        middle = x.shape[-1] // 2
        return self.head(x[:, :, middle : middle + 1, middle : middle + 1])[:, :, 0, 0]


class LandmarkNet(WholeNet):
    """Where the landmarks are, and the logarithms of their spreads."""

    outputs = 3 * LANDMARKS
    face_width = FACE_WIDTH
    away = (1.0, 1.8)  # How far places are off in training, of landmarks.AWAY: most of them, and one in seven.

    def __init__(self):
        super().__init__(self.outputs)


class CloseLandmarkNet(WholeNet):
    """The same of faces whose landmarks are known about: a LandmarkNet saw them, or they are followed."""

    outputs = LandmarkNet.outputs
    face_width = 72.0
    away = (0.4, 1.0)
    # The layer of a LandmarkNet that each block grows from; None where it has none.
    parents = [0, 1, 2, None, 3, 4, 5, None, None, 6, 7, 8, None, None, None, None, 9]

    def __init__(self):
        super().__init__(self.outputs, [
            First(16, 5, 2), Separable(16, 32, 3, 2), *[Separable(32, 32, 3) for _ in range(2)], Separable(32, 64, 3, 2),
            *[Separable(64, 64, 5) for _ in range(4)], Separable(64, 128, 3, 2), *[Separable(128, 128, 3) for _ in range(5)],
            Separable(128, 256, 3), Separable(256, 256, 7)])


class IdentityNet(WholeNet):
    """Numbers whose directions are alike for one person and unlike for two."""

    outputs = 64
    face_width = FACE_WIDTH
    away = (0.5, 0.9)  # Places are those of fitted landmarks, which are off by less than the finder's.

    def __init__(self):
        super().__init__(self.outputs)


def folded(conv, norm):
    """A convolution and the normalisation after it, as one convolution's weights and biases."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight * factor.view(-1, 1, 1, 1), norm.bias - norm.running_mean * factor


def begin_from(net, layers, pixels):
    """Gives a net the weights of a file's layers (`weights.Finder`), whose normalisation is folded: it says what
    they say, and its normalisations have the spreads that `pixels` (N x 1 x H x W, 0..255) show, to train on.

    Blocks that a net has beyond the file's add nothing at first, channels beyond the file's are heard by nobody."""
    def convolution(conv, norm, weight, bias):
        if conv.weight.shape[0] == len(bias):
            conv.weight.data = torch.from_numpy(weight).reshape(conv.weight.shape).clone()
        else:
            outputs, inputs = len(bias), weight.size // len(bias) // conv.kernel_size[0] ** 2
            conv.weight.data[:outputs] = 0
            conv.weight.data[:outputs, :inputs] = torch.from_numpy(weight).reshape(outputs, inputs, *conv.kernel_size)

        def measure(module, inputs):
            mean, spread = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3), unbiased=False)
            module.running_mean, module.running_var = mean, spread
            module.weight.data[: len(bias)] = torch.sqrt(spread + module.eps)[: len(bias)]
            module.bias.data[: len(bias)] = torch.from_numpy(bias) + mean[: len(bias)]

        return norm.register_forward_pre_hook(measure)

    def passes_on(block):
        """The weights of a block that hands its input on, as the first of its outputs."""
        n, k = block.inputs, block.kernel
        alone = np.zeros((n, k, k), np.float32)
        alone[:, k // 2, k // 2] = 1
        return [alone, np.zeros(n, np.float32), np.eye(n, dtype=np.float32), np.zeros(n, np.float32)]

    hooks = []
    for block, parent in zip(net.blocks, range(len(net.blocks)) if len(layers) == len(net.blocks) + 1 else net.parents):
        if block.kind == First.kind:
            a = layers[parent].arrays
            hooks.append(convolution(block.conv, block.norm, a[0], a[1]))
            continue
        if parent is None and block.residual:
            nn.init.zeros_(block.norm2.weight)
            continue
        a = passes_on(block) if parent is None else layers[parent].arrays
        hooks += [convolution(block.depth, block.norm1, a[0], a[1]), convolution(block.point, block.norm2, a[2], a[3])]
        if block.residual:
            nn.init.zeros_(block.norm2.weight[len(a[3]):])
    weights = torch.from_numpy(layers[-1].arrays[0])
    nn.init.zeros_(net.head.weight)
    net.head.weight.data[:, : weights.shape[1]] = weights.reshape(*weights.shape[:2], 1, 1)
    net.head.bias.data = torch.from_numpy(layers[-1].arrays[1]).clone()
    net.eval()
    with torch.no_grad():
        net(pixels)
    for hook in hooks:
        hook.remove()


if __name__ == "__main__":
    for net in (Finder(), LandmarkNet(), CloseLandmarkNet(), IdentityNet()):
        print("%s: weights %d, multiply-adds a pixel %.0f" % (type(net).__name__, *net.cost()))
