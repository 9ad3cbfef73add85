"""How much light arrives over a laser link, and how many bits a second it carries."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np

from spacemoe_ns3.checks import check_kind, check_number, look_up
from spacemoe_ns3.constants import SPEED_OF_LIGHT_M_S
from spacemoe_ns3.errors import require

_PLANCK_J_S = 6.626_070_15e-34  # exact, SI
_BOLTZMANN_J_K = 1.380_649e-23  # exact, SI
_CHARGE_C = 1.602_176_634e-19  # of an electron; exact, SI
_METRES_PER_NANOMETRE = 1e-9  # SI
_RADIANS_PER_MICRORADIAN = 1e-6  # SI
_WATTS_PER_MILLIWATT = 1e-3  # SI; dBm are over a milliwatt

_HIGHEST_BPS = 1e15  # as for a fixed rate: beyond it, packets take no whole nanosecond
_WIDEST_HZ = 1e13
_LARGEST_M = 100.0
_MOST_W = 1e6
_LARGEST_DBM = 100.0
_PATH = "links.rate_bps"


class Modem(Protocol):
    """What turns received light into a rate."""

    def rate_bps(self, power_w: np.ndarray, *, wavelength_m: float) -> np.ndarray:
        """Return the rate at a received power.

        Parameters
        ----------
        power_w
            At the detector, in watts, shape (...).
        wavelength_m
            In metres.

        Returns
        -------
        Bits a second, shape (...), int64; 0 where the light does not carry a link. Never less at a higher
        power.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemTable:
    """A modem with a few modes, each with the power it needs; it uses the fastest that the light allows.

    Parameters
    ----------
    modes
        Pairs of required power at the detector in dBm and rate in bits a second, in any order; a mode that
        needs more power must be faster.

    Raises
    ------
    ScenarioError
        If there is no mode, or a value is out of its range, or a mode could never be of use.

    Examples
    --------
    >>> modem = ModemTable(modes=((-35.5, 10e9), (-45.0, 1.25e9)))
    >>> modem.rate_bps(np.array([1e-6, 1e-7, 1e-8]), wavelength_m=1.55e-6).tolist()
    [10000000000, 1250000000, 0]
    """

    modes: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        path = f"{_PATH}.modem.modes"
        check_kind(path, self.modes, (tuple, list), "pairs of required_power_dbm and rate_bps")
        require(len(self.modes) > 0, f"{path}: none given, must be at least one; name one")
        for number, mode in enumerate(self.modes):
            where = f"{path}[{number}]"
            is_pair = isinstance(mode, (tuple, list)) and len(mode) == 2
            require(is_pair, f"{where}: {mode!r} given, must be required_power_dbm and rate_bps")
            check_number(f"{where}.required_power_dbm", mode[0], least=-_LARGEST_DBM * 2, most=_LARGEST_DBM)
            check_number(f"{where}.rate_bps", mode[1], least=1, most=_HIGHEST_BPS)
        ordered = sorted(self.modes)
        for slow, fast in pairwise(ordered):
            require(
                fast[0] > slow[0] and fast[1] > slow[1],
                f"{path}: {fast[1]:g} bit/s at {fast[0]:g} dBm given beside {slow[1]:g} bit/s at "
                f"{slow[0]:g} dBm, a mode that needs more power must be faster; leave one out",
            )

    def rate_bps(self, power_w: np.ndarray, *, wavelength_m: float) -> np.ndarray:
        """Return the rate of the fastest mode that a power allows: see :meth:`Modem.rate_bps`."""
        ordered = sorted(self.modes)
        required_w = np.array([_WATTS_PER_MILLIWATT * 10 ** (dbm / 10) for dbm, _ in ordered])
        rates = np.array([0, *(round(rate) for _, rate in ordered)], np.int64)
        return rates[np.searchsorted(required_w, power_w, side="right")]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShannonModem:
    """The most that a receiver of given noise could carry: ``B log2(1 + SNR)`` (Shannon 1949).

    Two receivers, with the detector's responsivity ``R = efficiency q / (h f)``:

    ``"direct"``
        A p-i-n photodiode of electrical bandwidth B with the shot noise of the signal and the thermal
        noise of its load: ``SNR = (R P)^2 / (2 q R P B + 4 k T B / load)`` (Agrawal, Fiber-Optic
        Communication Systems, 4th ed., section 4.4). As a capacity it is a customary estimate: it
        neglects that light has no negative amplitudes.
    ``"coherent"``
        A heterodyne receiver of optical bandwidth B, limited by the shot noise of its local oscillator:
        ``SNR = efficiency P / (h f B)`` (the same, section 10.1; as a capacity: Gordon, Proc. IRE 50,
        1898, 1962).

    Neither sees background light; keep the Sun out of the telescope.

    Parameters
    ----------
    bandwidth_hz
        B, in hertz.
    detection
        ``"direct"`` or ``"coherent"``.
    quantum_efficiency
        Electrons a photon, above 0, at most 1.
    temperature_k, load_ohm
        Of the load, in kelvins and ohms; a coherent receiver does not use them.
    max_rate_bps
        What the electronics can do at most, in bits a second; None for no limit.

    Raises
    ------
    ScenarioError
        If a value is out of its range.
    """

    bandwidth_hz: float
    detection: str = "direct"
    quantum_efficiency: float = 0.8
    temperature_k: float = 300.0
    load_ohm: float = 50.0
    max_rate_bps: float | None = None

    def __post_init__(self) -> None:
        path = f"{_PATH}.modem"
        check_number(f"{path}.bandwidth_hz", self.bandwidth_hz, least=1, most=_WIDEST_HZ)
        check_kind(f"{path}.detection", self.detection, str, "'direct' or 'coherent'")
        look_up(f"{path}.detection", self.detection, {"direct": None, "coherent": None})
        check_number(f"{path}.quantum_efficiency", self.quantum_efficiency, above=0, most=1)
        check_number(f"{path}.temperature_k", self.temperature_k, above=0, most=1e6)
        check_number(f"{path}.load_ohm", self.load_ohm, above=0, most=1e12)
        if self.max_rate_bps is not None:
            check_number(f"{path}.max_rate_bps", self.max_rate_bps, least=1, most=_HIGHEST_BPS)

    def signal_to_noise(self, power_w: np.ndarray, *, wavelength_m: float) -> np.ndarray:
        """Return the ratio of signal to noise power after detection.

        Parameters
        ----------
        power_w
            At the detector, in watts, shape (...).
        wavelength_m
            In metres.

        Returns
        -------
        Shape (...), without unit.
        """
        photon_j = _PLANCK_J_S * SPEED_OF_LIGHT_M_S / wavelength_m
        electrons_hz: np.ndarray = self.quantum_efficiency * np.asarray(power_w, np.float64) / photon_j
        if self.detection == "coherent":
            return electrons_hz / self.bandwidth_hz
        current_a = _CHARGE_C * electrons_hz
        shot_a2 = 2 * _CHARGE_C * current_a * self.bandwidth_hz
        thermal_a2 = 4 * _BOLTZMANN_J_K * self.temperature_k * self.bandwidth_hz / self.load_ohm
        return current_a**2 / (shot_a2 + thermal_a2)

    def rate_bps(self, power_w: np.ndarray, *, wavelength_m: float) -> np.ndarray:
        """Return the capacity, rounded down: see :meth:`Modem.rate_bps`."""
        ratio = self.signal_to_noise(power_w, wavelength_m=wavelength_m)
        capacity = self.bandwidth_hz * np.log1p(ratio) / math.log(2)
        most = _HIGHEST_BPS if self.max_rate_bps is None else self.max_rate_bps
        whole: np.ndarray = np.floor(np.minimum(capacity, most)).astype(np.int64)
        return whole


@dataclass(frozen=True, slots=True, kw_only=True)
class OpticalLinkBudget:
    """Power of a laser link from terminal to terminal, and the rate that its modem makes of it.

    The received power is (Liang et al., Link budget analysis for free-space optical satellite networks,
    IEEE WoWMoM 2022, arXiv 2204.13177, after Arnon, J. Opt. Soc. Am. A 22, 708, 2005; Kaushal and Kaddoum,
    IEEE Commun. Surveys Tuts. 19, 57, 2017)::

        P_R = P_T e_T e_R G_T G_R (wavelength / (4 pi range))^2 exp(-G_T error^2) exp(-G_R error^2) / losses

    with the gain ``(pi D / wavelength)^2`` of an evenly lit aperture, or ``16 / divergence^2`` of a beam that
    is evenly bright over its full angle. This is the far field; in the near field, where it would have more
    light arrive than left, all of it arrives.

    Parameters
    ----------
    transmit_power_w
        Light out of the laser, in watts.
    receive_aperture_m
        Diameter of the receiving telescope in metres.
    modem
        :class:`ModemTable` or :class:`ShannonModem`.
    transmit_aperture_m
        Diameter of the transmitting telescope in metres. Give either this or the divergence.
    transmit_divergence_urad
        Full angle of the beam in microradians.
    wavelength_nm
        In nanometres.
    transmit_efficiency, receive_efficiency
        Of the optics at the two ends, above 0, at most 1.
    pointing_error_urad
        By how much each end points past the other, in microradians.
    other_losses_db
        All else, in decibels; a margin may be put here.

    Raises
    ------
    ScenarioError
        If a value is out of its range, or both or neither of aperture and divergence are given.

    Examples
    --------
    >>> budget = OpticalLinkBudget(
    ...     transmit_power_w=1.0, transmit_aperture_m=0.08, receive_aperture_m=0.08,
    ...     modem=ModemTable(modes=((-35.5, 10e9),)), pointing_error_urad=1.0,
    ... )
    >>> budget.rate_bps(np.array([1000e3, 4000e3, 8000e3])).tolist()
    [10000000000, 10000000000, 0]
    """

    transmit_power_w: float
    receive_aperture_m: float
    modem: Modem
    transmit_aperture_m: float | None = None
    transmit_divergence_urad: float | None = None
    wavelength_nm: float = 1550.0
    transmit_efficiency: float = 0.8
    receive_efficiency: float = 0.8
    pointing_error_urad: float = 0.0
    other_losses_db: float = 0.0

    def __post_init__(self) -> None:
        check_number(f"{_PATH}.transmit_power_w", self.transmit_power_w, above=0, most=_MOST_W)
        check_number(f"{_PATH}.receive_aperture_m", self.receive_aperture_m, above=0, most=_LARGEST_M)
        check_kind(f"{_PATH}.modem", self.modem, (ModemTable, ShannonModem), "a ModemTable or a ShannonModem")
        require(
            (self.transmit_aperture_m is None) != (self.transmit_divergence_urad is None),
            f"{_PATH}: a beam needs either transmit_aperture_m or transmit_divergence_urad; give one of the "
            "two",
        )
        if self.transmit_aperture_m is not None:
            check_number(f"{_PATH}.transmit_aperture_m", self.transmit_aperture_m, above=0, most=_LARGEST_M)
        if self.transmit_divergence_urad is not None:
            check_number(
                f"{_PATH}.transmit_divergence_urad", self.transmit_divergence_urad, least=1e-3, most=1e6
            )
        check_number(f"{_PATH}.wavelength_nm", self.wavelength_nm, least=100, most=100_000)
        check_number(f"{_PATH}.transmit_efficiency", self.transmit_efficiency, above=0, most=1)
        check_number(f"{_PATH}.receive_efficiency", self.receive_efficiency, above=0, most=1)
        check_number(f"{_PATH}.pointing_error_urad", self.pointing_error_urad, least=0, most=1e6)
        check_number(f"{_PATH}.other_losses_db", self.other_losses_db, least=0, most=1000)

    @property
    def wavelength_m(self) -> float:
        """Wavelength in metres."""
        return self.wavelength_nm * _METRES_PER_NANOMETRE

    @property
    def transmit_gain(self) -> float:
        """On-axis gain of the transmitter over an isotropic one, without unit."""
        if self.transmit_divergence_urad is None:
            return _aperture_gain(self.transmit_aperture_m or 0.0, self.wavelength_m)
        return 16 / (self.transmit_divergence_urad * _RADIANS_PER_MICRORADIAN) ** 2

    @property
    def receive_gain(self) -> float:
        """On-axis gain of the receiver over an isotropic one, without unit."""
        return _aperture_gain(self.receive_aperture_m, self.wavelength_m)

    def received_power_w(self, range_m: np.ndarray) -> np.ndarray:
        """Return how much light reaches the detector.

        Parameters
        ----------
        range_m
            Distance of the terminals in metres, above 0, shape (...).

        Returns
        -------
        Watts, shape (...).

        Raises
        ------
        ValueError
            If a range is not above 0.
        """
        range_m = np.asarray(range_m, np.float64)
        if not (range_m > 0).all():
            raise ValueError("range_m: every range must be above 0 m")
        gains = self.transmit_gain * self.receive_gain
        geometry = np.minimum(gains * (self.wavelength_m / (4 * math.pi * range_m)) ** 2, 1.0)
        error_rad = self.pointing_error_urad * _RADIANS_PER_MICRORADIAN
        pointing = math.exp(-(self.transmit_gain + self.receive_gain) * error_rad**2)
        optics = self.transmit_efficiency * self.receive_efficiency * 10 ** (-self.other_losses_db / 10)
        power: np.ndarray = self.transmit_power_w * optics * pointing * geometry
        return power

    def rate_bps(self, range_m: np.ndarray) -> np.ndarray:
        """Return the rate of the link.

        Parameters
        ----------
        range_m
            Distance of the terminals in metres, above 0, shape (...).

        Returns
        -------
        Bits a second, shape (...), int64; 0 where there is no link. Never more at a longer range.

        Raises
        ------
        ValueError
            If a range is not above 0.
        """
        return self.modem.rate_bps(self.received_power_w(range_m), wavelength_m=self.wavelength_m)


def _aperture_gain(diameter_m: float, wavelength_m: float) -> float:
    """Return the gain of a uniformly lit round aperture."""
    return (math.pi * diameter_m / wavelength_m) ** 2
