import sys
from pathlib import Path

# The players of the vectors stand beside the tests; everything else is imported from the installed wheel.
sys.path.insert(0, str(Path(__file__).parent))
