"""The console's modules that need no browser, evaluated in Node."""

import json
import subprocess
from typing import Any

from mock_server.console.files import STATIC
from tests.node import NODE

# A program that reads `given` and writes the value of the expression.
MODULE = """
import {{ readFileSync }} from "node:fs";
import {{ clustered, radiusOf }} from "{static}/clusters.js";
import {{ madeUpName, nameOf }} from "{static}/names.js";
import {{ markOf, placeOf, readPlaces }} from "{static}/places.js";
import {{ pointsOf }} from "{static}/polyline.js";
import {{ HEIGHT, WIDTH, landPath, project }} from "{static}/projection.js";
import {{ boxOf, moved, WHOLE, zoomed }} from "{static}/view.js";

const given = JSON.parse(readFileSync(0, "utf-8"));
console.log(JSON.stringify({expression}));
"""


def evaluated(expression: str, given: Any = None) -> Any:
    """Returns the value of a JavaScript expression, evaluated in Node."""
    module = MODULE.format(static=STATIC.as_uri(), expression=expression)
    result = subprocess.run(
        [NODE, "--input-type=module", "--eval", module],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)
