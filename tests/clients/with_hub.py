"""Runs a command with a new hub and its addresses in the environment, see hub.py.

with_hub.py COMMAND…
"""

import subprocess
import sys

from hub import Hub
from run import binary

if __name__ == "__main__":
    with Hub(binary("otahub")) as hub:
        sys.exit(subprocess.run(sys.argv[1:], env=hub.environment(), check=False).returncode)
