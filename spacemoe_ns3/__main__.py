"""``python -m spacemoe_ns3`` is ``spacemoe-ns3``."""

from spacemoe_ns3.cli import main

main()
