"""The analytic latency checked against packets: three regimes, and the knee.

One idea a file: what is run in each regime (``regimes``), the packets of all of them (``packets``), what is
compared and held to which limit (``idle``, ``loaded``, ``lossy``), which queue a step's messages meet
(``demand``), and where the latency leaves the formula (``sweep``).
"""
