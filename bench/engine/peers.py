"""PyTorch and JAX as contestants: one line of JSON in, one line of JSON out (see protocol.ts). Usage: peers.py torch|torch-hooks|jax"""
import atexit
import json
import shutil
import sys
import tempfile
import time


def torch_contestant(network, samples, hooks):
    """Eager training with fused Adam; with hooks, the same counters as ours, and histograms of them every 10 steps."""
    import torch
    from torch import nn
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    sizes, batch, is_class = network['sizes'], network['batchSize'], network['task'] == 'classification'
    layers = []
    for i, (rows, columns) in enumerate(zip(sizes, sizes[1:])):
        layers.append(nn.Linear(rows, columns))
        if i < len(sizes) - 2:
            layers.append(nn.ReLU())
    model = nn.Sequential(*layers)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)
    loss_of = nn.CrossEntropyLoss() if is_class else nn.MSELoss()
    inputs = torch.rand(samples, sizes[0]) * 2 - 1
    targets = torch.randint(0, sizes[-1], (samples,)) if is_class else torch.rand(samples, sizes[-1])
    write = count_neurons(model) if hooks else None

    def train(steps):
        rows = torch.randint(0, samples, (steps, batch))
        for step in range(steps):
            loss = loss_of(model(inputs[rows[step]]), targets[rows[step]])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if hooks and step % 10 == 9:
                write(step)
    return train


def count_neurons(model):
    import torch
    from torch import nn
    from torch.utils.tensorboard import SummaryWriter
    counters = []
    for linear in [layer for layer in model if isinstance(layer, nn.Linear)][:-1]:
        counter = {name: torch.zeros(linear.out_features) for name in ('fired', 'sumAbs', 'sumAbsGradient')}
        counters.append(counter)

        def on_forward(_module, _inputs, z, counter=counter):
            with torch.no_grad():
                counter['fired'] += (z > 0).sum(0)
                counter['sumAbs'] += torch.relu(z).sum(0)

            def on_backward(gradient):
                counter['sumAbsGradient'] += gradient.abs().sum(0)
            z.register_hook(on_backward)
        linear.register_forward_hook(on_forward)
    folder = tempfile.mkdtemp(prefix='bench-tensorboard-')
    writer = SummaryWriter(folder)
    atexit.register(lambda: (writer.close(), shutil.rmtree(folder, ignore_errors=True)))

    def write(step):
        for layer, counter in enumerate(counters):
            for name, values in counter.items():
                writer.add_histogram(f'{layer}/{name}', values, step)
                values.zero_()
    return write


def jax_contestant(network, samples):
    """The whole training loop compiled: jit of a scan over steps."""
    import jax
    import jax.numpy as np
    sizes, batch, is_class = network['sizes'], network['batchSize'], network['task'] == 'classification'
    keys = jax.random.split(jax.random.PRNGKey(1), len(sizes) + 2)
    parameters = [(jax.random.normal(key, (rows, columns)) * (2 / rows) ** 0.5, np.zeros(columns)) for key, rows, columns in zip(keys, sizes, sizes[1:])]
    zeros = jax.tree.map(np.zeros_like, parameters)
    inputs = jax.random.uniform(keys[-1], (samples, sizes[0]), minval=-1)
    targets = jax.random.randint(keys[-2], (samples,), 0, sizes[-1]) if is_class else jax.random.uniform(keys[-2], (samples, sizes[-1]))

    def loss_of(parameters, rows):
        x = inputs[rows]
        for kernel, bias in parameters[:-1]:
            x = jax.nn.relu(x @ kernel + bias)
        kernel, bias = parameters[-1]
        outputs = x @ kernel + bias
        if is_class:
            return -np.take_along_axis(jax.nn.log_softmax(outputs), targets[rows][:, None], 1).mean()
        return ((outputs - targets[rows]) ** 2).mean()

    def one_step(state, rows):
        parameters, means, variances, step = state
        step = step + 1
        loss, gradients = jax.value_and_grad(loss_of)(parameters, rows)
        means = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, means, gradients)
        variances = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, variances, gradients)
        rate, root = 0.001 / (1 - 0.9 ** step), np.sqrt(1 - 0.999 ** step)
        parameters = jax.tree.map(lambda p, m, v: p - rate * m / (np.sqrt(v) / root + 1e-8), parameters, means, variances)
        return (parameters, means, variances, step), loss

    run = jax.jit(lambda state, rows: jax.lax.scan(one_step, state, rows), donate_argnums=0)
    state = (parameters, zeros, jax.tree.map(np.copy, zeros), np.float32(0))

    def train(steps):
        nonlocal state
        rows = jax.random.randint(jax.random.PRNGKey(steps), (steps, batch), 0, samples)
        state, losses = run(state, rows)
        losses.block_until_ready()
    return train


def main():
    train = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request['type'] == 'open':
                network, samples = request['network'], request['samples']
                train = jax_contestant(network, samples) if sys.argv[1] == 'jax' else torch_contestant(network, samples, sys.argv[1] == 'torch-hooks')
                reply = {'type': 'opened'}
            else:
                wall, cpu = time.perf_counter(), time.process_time()
                train(request['steps'])
                reply = {'type': 'trained', 'wallMs': 1000 * (time.perf_counter() - wall), 'cpuMs': 1000 * (time.process_time() - cpu)}
        except Exception as error:
            reply = {'type': 'missing', 'reason': f'{type(error).__name__}: {error}'.splitlines()[0]}
        print(json.dumps(reply), flush=True)


main()
