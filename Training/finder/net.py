"""The finder's nets: small fully convolutional nets over grey pixels."""
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

    def __init__(self, outputs):
        super().__init__([
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

    def __init__(self):
        super().__init__(self.outputs)


class IdentityNet(WholeNet):
    """Numbers whose directions are alike for one person and unlike for two."""

    outputs = 64

    def __init__(self):
        super().__init__(self.outputs)


def folded(conv, norm):
    """A convolution and the normalisation after it, as one convolution's weights and biases."""
    factor = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    return conv.weight * factor.view(-1, 1, 1, 1), norm.bias - norm.running_mean * factor


def begin_from(net, layers, pixels):
    """Gives a net the weights of a file's layers (`weights.Finder`), whose normalisation is folded: it says what
    they say, and its normalisations have the spreads that `pixels` (N x 1 x H x W, 0..255) show, to train on."""
    def convolution(conv, norm, weight, bias):
        conv.weight.data = torch.from_numpy(weight).reshape(conv.weight.shape).clone()

        def measure(module, inputs):
            mean, spread = inputs[0].mean((0, 2, 3)), inputs[0].var((0, 2, 3), unbiased=False)
            module.running_mean, module.running_var = mean, spread
            module.weight.data = torch.sqrt(spread + module.eps)
            module.bias.data = torch.from_numpy(bias) + mean

        return norm.register_forward_pre_hook(measure)

    hooks = []
    for block, layer in zip(net.blocks, layers):
        a = layer.arrays
        if block.kind == First.kind:
            hooks.append(convolution(block.conv, block.norm, a[0], a[1]))
        else:
            hooks += [convolution(block.depth, block.norm1, a[0], a[1]), convolution(block.point, block.norm2, a[2], a[3])]
    net.head.weight.data = torch.from_numpy(layers[-1].arrays[0]).reshape(net.head.weight.shape).clone()
    net.head.bias.data = torch.from_numpy(layers[-1].arrays[1]).clone()
    net.eval()
    with torch.no_grad():
        net(pixels)
    for hook in hooks:
        hook.remove()


if __name__ == "__main__":
    for net in (Finder(), LandmarkNet(), IdentityNet()):
        print("%s: weights %d, multiply-adds a pixel %.0f" % (type(net).__name__, *net.cost()))
