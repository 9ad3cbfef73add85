"""Constants: one value, its unit in its name, its source beside it."""

SPEED_OF_LIGHT_M_S = 299_792_458.0  # in vacuum; exact, SI
EARTH_RADIUS_M = 6_378_135.0  # equatorial, WGS-72, as SGP4 uses it; Hoots & Roehrich, Spacetrack Report 3
NANOSECONDS_PER_SECOND = 1_000_000_000  # SI
SECONDS_PER_DAY = 86_400  # SI
SECONDS_PER_YEAR = 31_557_600  # Julian year; IAU
MINUTES_PER_DAY = 1_440  # SI
METRES_PER_KILOMETRE = 1_000.0  # SI
BITS_PER_BYTE = 8  # octets

PPP_HEADER_BYTES = 2  # protocol field alone, as ns-3's PppHeader writes it; RFC 1661
IPV4_HEADER_BYTES = 20  # without options; RFC 791
UDP_HEADER_BYTES = 8  # RFC 768
MOE_HEADER_BYTES = 36  # ours; docs/wire-format.md

FIRST_ADDRESS = 0x0A000001  # 10.0.0.1, satellite 0; ours; docs/wire-format.md
FIRST_GATEWAY_PORT = 10_000  # UDP, gateway of layer 0; ours; docs/wire-format.md
FIRST_EXPERT_PORT = 20_000  # UDP, expert 0 of layer 0; ours; docs/wire-format.md
NO_EXPERT = 0xFFFF  # in place of an expert; ours; docs/wire-format.md
NO_PORT = 255  # in a forwarding table: no path; ours; docs/wire-format.md
