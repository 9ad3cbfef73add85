"""How much light arrives, and what rate it carries: published budgets, closed forms, limits."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import constants

from spacemoe_ns3.errors import ScenarioError
from spacemoe_ns3.links.link_budget import ModemTable, OpticalLinkBudget, ShannonModem

TWO_DECIMALS_DB = 0.01  # half a hundredth for the power; as much for the efficiencies, -0.97 dB each
ROUNDING = 1e-12
RANGES_M = np.geomspace(1.0, 1e9, 400)
WAVELENGTH_M = 1550e-9
PHOTON_J = constants.h * constants.c / WAVELENGTH_M

TEN_GIGABIT = ModemTable(modes=((-35.5, 10e9),))
THREE_MODES = ModemTable(modes=((-35.5, 10e9), (-25.0, 100e9), (-45.0, 1.25e9)))
DIRECT = ShannonModem(bandwidth_hz=5e9)
COHERENT = ShannonModem(bandwidth_hz=30e9, detection="coherent")


def budget(**changes):
    settings = {
        "transmit_power_w": 1.0,
        "transmit_aperture_m": 0.08,
        "receive_aperture_m": 0.08,
        "pointing_error_urad": 1.0,
        "modem": TEN_GIGABIT,
    }
    return OpticalLinkBudget(**{**settings, **changes})


def decibel(ratio):
    return 10 * np.log10(ratio)


def dbm(power_w):
    return decibel(power_w / 1e-3)


def watts(power_dbm):
    return 1e-3 * 10 ** (power_dbm / 10)


def test_a_published_link_of_1000_km_has_its_margin_of_3_db():
    """Liang et al. 2022 (arXiv 2204.13177), tables 1 and 2: 15.32 dBm for 3 dB over a need of -35.5 dBm.

    As implementations of that budget quote the tables: efficiencies of 0.8, a beam of 15 microradians, a
    telescope of 80 mm, errors of a microradian at both ends, 1550 nm.
    """
    link = budget(
        transmit_power_w=watts(15.32),
        transmit_aperture_m=None,
        transmit_divergence_urad=15.0,
        transmit_efficiency=0.8,
        receive_efficiency=0.8,
    )

    assert dbm(link.received_power_w(1000e3)) == pytest.approx(-35.5 + 3.0, abs=TWO_DECIMALS_DB)


def test_the_published_link_carries_its_rate_until_the_margin_is_spent():
    """3 dB are a factor of 10^(3/20) in range, up to the rounding of the power."""
    link = budget(transmit_power_w=watts(15.32), transmit_aperture_m=None, transmit_divergence_urad=15.0)
    furthest_m = 1000e3 * 10 ** (3 / 20)
    slack = 10 ** (TWO_DECIMALS_DB / 20)

    assert link.rate_bps(np.array([furthest_m / slack, furthest_m * slack])).tolist() == [10**10, 0]


def test_twice_as_far_is_a_quarter_of_the_light():
    near_w, far_w = budget().received_power_w(np.array([1000e3, 2000e3]))

    assert decibel(near_w / far_w) == pytest.approx(20 * math.log10(2), abs=ROUNDING)


@pytest.mark.parametrize("changed", ["transmit_aperture_m", "receive_aperture_m"])
def test_twice_the_aperture_gains_6_db(changed):
    one, other = (
        budget(pointing_error_urad=0, **{changed: diameter_m}).received_power_w(2000e3)
        for diameter_m in (0.05, 0.1)
    )

    assert decibel(other / one) == pytest.approx(20 * math.log10(2), abs=ROUNDING)


def test_half_the_wavelength_gains_6_db():
    """Both gains grow by 6 dB, the free-space loss by as much as one of them."""
    one, other = (
        budget(pointing_error_urad=0, wavelength_nm=length_nm).received_power_w(2000e3)
        for length_nm in (1550, 775)
    )

    assert decibel(other / one) == pytest.approx(20 * math.log10(2), abs=ROUNDING)


def test_without_losses_the_share_of_light_is_the_product_of_the_areas():
    """Friis: A_T A_R / (wavelength range)^2 for apertures of area pi D^2 / 4."""
    link = budget(
        transmit_aperture_m=0.1,
        receive_aperture_m=0.3,
        pointing_error_urad=0,
        transmit_efficiency=1,
        receive_efficiency=1,
    )
    areas_m4 = math.pi / 4 * 0.1**2 * math.pi / 4 * 0.3**2

    share = areas_m4 / (WAVELENGTH_M * 3000e3) ** 2
    assert link.received_power_w(3000e3) == pytest.approx(share, rel=ROUNDING)


def test_a_beam_lights_evenly_the_circle_that_its_angle_spans():
    """16 / divergence^2: the telescope gets its share of the circle's area, (D / (divergence range))^2."""
    link = budget(
        transmit_aperture_m=None,
        transmit_divergence_urad=20.0,
        pointing_error_urad=0,
        transmit_efficiency=1,
        receive_efficiency=1,
    )

    share = (0.08 / (20e-6 * 4000e3)) ** 2
    assert link.received_power_w(4000e3) == pytest.approx(share, rel=ROUNDING)


@pytest.mark.parametrize(
    ("changes", "loss_db"),
    [
        ({"other_losses_db": 3.0}, 3.0),
        ({"transmit_efficiency": 0.4}, 10 * math.log10(2)),
        ({"receive_efficiency": 0.2}, 10 * math.log10(4)),
        ({"transmit_power_w": 0.1}, 10.0),
        # Of two gains of (pi 0.08 / 1.55e-6)^2 each, at errors of 3 instead of 1 microradian.
        (
            {"pointing_error_urad": 3.0},
            10 * math.log10(math.e) * 2 * (math.pi * 0.08 / WAVELENGTH_M) ** 2 * (9 - 1) * 1e-12,
        ),
    ],
)
def test_losses_add_up_in_decibels(changes, loss_db):
    good_w, bad_w = (budget(**some).received_power_w(1500e3) for some in ({}, changes))

    assert decibel(good_w / bad_w) == pytest.approx(loss_db, abs=1e3 * ROUNDING)


def test_no_more_light_arrives_than_left():
    link = budget(
        transmit_power_w=2.0, pointing_error_urad=0, transmit_efficiency=0.5, receive_efficiency=0.9
    )

    assert link.received_power_w(RANGES_M).max() == pytest.approx(2.0 * 0.5 * 0.9, rel=ROUNDING)
    assert link.received_power_w(1.0) == pytest.approx(2.0 * 0.5 * 0.9, rel=ROUNDING)


@pytest.mark.parametrize("modem", [TEN_GIGABIT, THREE_MODES, DIRECT, COHERENT])
def test_the_rate_never_grows_with_the_range_and_ends_at_none(modem):
    rates_bps = budget(modem=modem).rate_bps(RANGES_M)

    assert rates_bps.dtype == np.int64
    assert (np.diff(rates_bps) <= 0).all()
    assert rates_bps[0] > rates_bps[-1]
    assert budget(modem=modem, other_losses_db=400).rate_bps(1e9) == 0


def test_ranges_keep_their_shape():
    ranges_m = np.full((4, 7), 2000e3)

    assert budget().rate_bps(ranges_m).shape == budget().received_power_w(ranges_m).shape == (4, 7)
    assert budget().rate_bps(2000e3).shape == ()


@given(st.floats(-90, 20))
def test_a_table_gives_the_fastest_mode_that_the_light_allows(power_dbm):
    allowed = [rate for need, rate in THREE_MODES.modes if watts(power_dbm) >= watts(need)]

    rate_bps = THREE_MODES.rate_bps(np.array([watts(power_dbm)]), wavelength_m=WAVELENGTH_M)

    assert rate_bps.tolist() == [max(allowed, default=0)]


def test_exactly_the_required_power_is_enough():
    need_w = watts(-35.5)

    rates = TEN_GIGABIT.rate_bps(np.array([need_w, np.nextafter(need_w, 0)]), wavelength_m=WAVELENGTH_M)

    assert rates.tolist() == [10**10, 0]


def test_a_coherent_receiver_with_a_photoelectron_a_hertz_carries_a_bit_a_hertz():
    """B log2(1 + 1), with efficiency P / (h f B) = 1."""
    power_w = 30e9 * PHOTON_J / 0.8

    assert COHERENT.rate_bps(np.array([power_w * (1 + 1e-9)]), wavelength_m=WAVELENGTH_M)[0] == pytest.approx(
        30e9, rel=1e-8
    )


def test_shot_noise_limits_direct_detection_of_much_light():
    """SNR = efficiency P / (2 h f B) (Agrawal, section 4.4), here at a load without thermal noise."""
    modem = ShannonModem(bandwidth_hz=5e9, temperature_k=1e-9, load_ohm=1e6)

    ratio = modem.signal_to_noise(np.array([1e-6]), wavelength_m=WAVELENGTH_M)[0]

    assert ratio == pytest.approx(0.8 * 1e-6 / (2 * PHOTON_J * 5e9), rel=1e-9)


def test_thermal_noise_limits_direct_detection_of_little_light():
    """SNR = load (R P)^2 / (4 k T B), in the limit of no light; shot noise is a billionth of it here."""
    power_w = 1e-14
    responsivity_a_w = 0.8 * constants.e / PHOTON_J

    ratio = DIRECT.signal_to_noise(np.array([power_w]), wavelength_m=WAVELENGTH_M)[0]

    thermal_a2 = 4 * constants.k * 300 * 5e9 / 50
    assert ratio == pytest.approx((responsivity_a_w * power_w) ** 2 / thermal_a2, rel=1e-9)


def test_a_ratio_of_three_carries_two_bits_a_hertz():
    """B log2(1 + 3): the power at which it is three solves (R P)^2 = 3 (2 q R P B + thermal)."""
    thermal_a2 = 4 * constants.k * 300 * 5e9 / 50
    shot_a = 2 * constants.e * 5e9
    current_a = (3 * shot_a + math.sqrt(9 * shot_a**2 + 12 * thermal_a2)) / 2
    power_w = current_a * PHOTON_J / (0.8 * constants.e)

    rate_bps = DIRECT.rate_bps(np.array([power_w * (1 + 1e-9)]), wavelength_m=WAVELENGTH_M)[0]

    assert rate_bps == pytest.approx(2 * 5e9, rel=1e-8)


def test_the_electronics_bound_the_capacity():
    capped = ShannonModem(bandwidth_hz=5e9, max_rate_bps=8e9)
    powers_w = np.geomspace(1e-9, 1e-2, 50)

    free_bps, bounded_bps = (
        modem.rate_bps(powers_w, wavelength_m=WAVELENGTH_M) for modem in (DIRECT, capped)
    )

    assert np.array_equal(bounded_bps, np.minimum(free_bps, 8 * 10**9))
    assert free_bps.min() < 8e9 < free_bps.max()


@pytest.mark.parametrize("range_m", [0.0, -1.0, math.nan])
def test_a_range_that_is_not_above_zero_is_refused(range_m):
    with pytest.raises(ValueError, match="every range must be above 0 m"):
        budget().rate_bps(np.array([1e6, range_m]))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"transmit_power_w": 0}, "transmit_power_w: 0 given, must be above 0 and at most 1e+06"),
        ({"receive_aperture_m": -1}, "receive_aperture_m: -1 given, must be above 0 and at most 100"),
        (
            {"transmit_aperture_m": "8 cm"},
            "transmit_aperture_m: '8 cm' given, must be above 0 and at most 100",
        ),
        ({"wavelength_nm": 1.55}, "wavelength_nm: 1.55 given, must be at least 100 and at most 100000"),
        ({"transmit_efficiency": 1.1}, "transmit_efficiency: 1.1 given, must be above 0 and at most 1"),
        ({"receive_efficiency": 0}, "receive_efficiency: 0 given, must be above 0 and at most 1"),
        ({"pointing_error_urad": -1}, "pointing_error_urad: -1 given, must be at least 0 and at most 1e+06"),
        ({"other_losses_db": -3}, "other_losses_db: -3 given, must be at least 0 and at most 1000"),
        ({"modem": 10e9}, "modem: 10000000000.0 given, must be a ModemTable or a ShannonModem"),
        (
            {"transmit_aperture_m": None, "transmit_divergence_urad": 0},
            "transmit_divergence_urad: 0 given, must be at least 0.001 and at most 1e+06",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_path_and_rule(changes, sentence):
    with pytest.raises(ScenarioError) as caught:
        budget(**changes)

    assert str(caught.value) == f"links.rate_bps.{sentence}"


@pytest.mark.parametrize("both", [True, False])
def test_a_beam_is_given_by_its_aperture_or_by_its_divergence(both):
    given = (
        {"transmit_aperture_m": 0.08, "transmit_divergence_urad": 15.0}
        if both
        else {"transmit_aperture_m": None}
    )

    with pytest.raises(ScenarioError, match=r"^links\.rate_bps: a beam needs either transmit_aperture_m or"):
        budget(**given)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: ModemTable(modes=()), "modes: none given, must be at least one; name one"),
        (lambda: ModemTable(modes=3), "modes: 3 given, must be pairs of required_power_dbm and rate_bps"),
        (
            lambda: ModemTable(modes=((-35.5, 1e9, 1),)),
            "modes[0]: (-35.5, 1000000000.0, 1) given, must be required_power_dbm and rate_bps",
        ),
        (
            lambda: ModemTable(modes=((-35.5, 1e9), (-30, 0))),
            "modes[1].rate_bps: 0 given, must be at least 1 and at most 1e+15",
        ),
        (
            lambda: ModemTable(modes=((-500, 1e9),)),
            "modes[0].required_power_dbm: -500 given, must be at least -200 and at most 100",
        ),
        (
            lambda: ModemTable(modes=((-30, 1e9), (-40, 2e9))),
            "modes: 1e+09 bit/s at -30 dBm given beside 2e+09 bit/s at -40 dBm, a mode that needs more power "
            "must be faster; leave one out",
        ),
        (
            lambda: ShannonModem(bandwidth_hz=0),
            "bandwidth_hz: 0 given, must be at least 1 and at most 1e+13",
        ),
        (
            lambda: ShannonModem(bandwidth_hz=1e9, detection="homodyne"),
            "detection: 'homodyne' is not known; did you mean coherent or direct?",
        ),
        (
            lambda: ShannonModem(bandwidth_hz=1e9, quantum_efficiency=1.5),
            "quantum_efficiency: 1.5 given, must be above 0 and at most 1",
        ),
        (
            lambda: ShannonModem(bandwidth_hz=1e9, temperature_k=0),
            "temperature_k: 0 given, must be above 0 and at most 1e+06",
        ),
        (
            lambda: ShannonModem(bandwidth_hz=1e9, load_ohm=0),
            "load_ohm: 0 given, must be above 0 and at most 1e+12",
        ),
        (
            lambda: ShannonModem(bandwidth_hz=1e9, max_rate_bps=0),
            "max_rate_bps: 0 given, must be at least 1 and at most 1e+15",
        ),
    ],
)
def test_a_wrong_modem_is_refused_with_its_path_and_rule(make, sentence):
    with pytest.raises(ScenarioError) as caught:
        make()

    assert str(caught.value) == f"links.rate_bps.modem.{sentence}"
