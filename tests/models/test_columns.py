"""Products over columns are plain matrix products, and so are their gradients."""

from typing import Any

import numpy as np
import pytest

from models.columns import product, transposed
from models.lazy_tensorflow import load_tensorflow


@pytest.mark.parametrize("compiled", [False, True])
def test_product_and_gradients_equal_einsum(compiled: bool) -> None:
    tf = load_tensorflow()
    random = np.random.default_rng(0)
    weights, columns, upstream = (
        tf.constant(random.normal(size=shape).astype(np.float32))
        for shape in ((3, 5, 2), (3, 5, 7), (3, 2, 7))
    )

    def both(weights: Any, columns: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch((weights, columns))
            output = product(tf, weights, columns)
            total = tf.reduce_sum(output * upstream)
        return output, *tape.gradient(total, (weights, columns))

    call = tf.function(both, jit_compile=True) if compiled else both
    output, by_weights, by_columns = (part.numpy() for part in call(weights, columns))
    w, c, u = weights.numpy(), columns.numpy(), upstream.numpy()
    np.testing.assert_allclose(output, np.einsum("gio,gib->gob", w, c), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(by_weights, np.einsum("gib,gob->gio", c, u), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(by_columns, np.einsum("gio,gob->gib", w, u), rtol=1e-5, atol=1e-5)


def test_transposed_swaps_the_last_two_axes() -> None:
    tf = load_tensorflow()
    matrices = tf.reshape(tf.range(6.0), (1, 2, 3))
    assert transposed(tf, matrices).numpy().tolist() == [[[0, 3], [1, 4], [2, 5]]]
